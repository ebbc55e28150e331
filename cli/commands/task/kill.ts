// babysit kill: ends tasks by the kill ladder.
import type { KillBody } from '../../../src/api/schemas/task.ts';
import { BabysitError } from '../../../src/core/errors.ts';
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

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
  async run(context, { flags, positionals }) {
    const refs = someRefs(positionals, flags.name, 'kill');
    if (flags.force && flags.signal !== undefined)
      throw new BabysitError('usage', '--force and --signal exclude each other');
    const body: KillBody = {
      ...(flags.force ? { force: true } : {}),
      ...(flags.signal === undefined ? {} : { signal: readSignal(flags.signal) }),
    };
    return changeEach(context, refs, 'kill', body, 'kill requested');
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
