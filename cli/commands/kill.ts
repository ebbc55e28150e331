// babysit kill: ends tasks by the kill ladder.
import type { KillBody, TaskView } from '../../src/api/shapes.ts';
import { BabysitError, ERRORS, EXIT } from '../../src/core/errors.ts';
import { defineCommand } from '../command.ts';
import { printError } from '../output.ts';
import { NAME_FLAG, someRefs, taskPath } from '../refs.ts';
import { call } from '../session.ts';
import { taskView } from '../task-view.ts';

export const command = defineCommand({
  usage: 'kill NAME... [--force | --signal SIGNAL]',
  about: `Asks the whole group of the task to stop (stop file and SIGTERM), and ends it with SIGKILL after the grace.
Returns as soon as the kill is recorded; babysit wait NAME tells when the task is gone.`,
  flags: {
    ...NAME_FLAG,
    force: { kind: 'switch', help: 'straight to SIGKILL' },
    signal: { kind: 'text', value: 'SIGNAL', help: 'first signal instead of SIGTERM, such as SIGINT' },
  },
  examples: ['babysit kill build', 'babysit kill train-1 train-2 --force'],
  async run({ output, session, full }, { flags, positionals }) {
    const refs = someRefs(positionals, flags.name, 'kill');
    if (flags.force && flags.signal !== undefined)
      throw new BabysitError('usage', '--force and --signal exclude each other');
    const body: KillBody = {
      ...(flags.force ? { force: true } : {}),
      ...(flags.signal === undefined ? {} : { signal: readSignal(flags.signal) }),
    };
    let worst: number = EXIT.ok;
    for (const ref of refs) {
      try {
        const task = await call<TaskView>(session, 'POST', taskPath(ref, '/kill'), body);
        output.data(
          output.json ? `${JSON.stringify(taskView(task, full))}\n` : `kill requested: ${task.name}\n`,
        );
      } catch (error) {
        // One that is gone already must not keep the others alive.
        if (!(error instanceof BabysitError)) throw error;
        printError(output, error);
        worst = Math.max(worst, ERRORS[error.code].exit);
      }
    }
    return worst;
  },
});

function readSignal(text: string): string {
  const name = text.toUpperCase().replace(/^(SIG)?/, 'SIG');
  if (/^SIG[A-Z][A-Z0-9]+$/.test(name)) return name;
  throw new BabysitError(
    'usage',
    `--signal: "${text}" is not the name of a signal. Examples: SIGINT, TERM.`,
    { flag: '--signal' },
  );
}
