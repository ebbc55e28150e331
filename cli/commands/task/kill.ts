// babysit kill: ends tasks with the kill ladder.
import type { KillBody } from '../../../src/api/schemas/task.ts';
import { BabysitError } from '../../../src/core/errors.ts';
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'kill NAME... [--force | --signal SIGNAL]',
  about: `Creates the stop file, sends SIGTERM to the whole group of the task, and sends SIGKILL after the grace time.
Returns when the daemon has recorded the request. babysit wait NAME returns when the task has ended.`,
  flags: {
    ...NAME_FLAG,
    force: { kind: 'switch', help: 'send SIGKILL at once' },
    signal: { kind: 'text', value: 'SIGNAL', help: 'send this signal instead of SIGTERM, such as SIGINT' },
  },
  examples: ['babysit kill build', 'babysit kill train-1 train-2 --force'],
  async run(context, parsed) {
    const { flags } = parsed;
    const refs = someRefs(parsed, 'kill');
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
  throw new BabysitError('usage', `--signal: "${text}" is not a signal name. Examples: SIGINT, TERM.`, {
    flag: '--signal',
  });
}
