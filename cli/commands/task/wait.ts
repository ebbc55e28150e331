// babysit wait: waits until tasks end.
import { BabysitError } from '../../../src/core/errors.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';
import { waitForTasks } from '../../wait-for-tasks.ts';

export const command = defineCommand({
  usage: 'wait NAME... [--all | --any] [--progress] [--timeout DURATION]',
  about: `Prints one event a line to stderr and one result a task to stdout, both as JSON unless they go to a terminal.
Exits 0 when all tasks completed (--any: the first one), 1 otherwise, 124 after --timeout; the tasks then keep running.
It keeps waiting when the daemon restarts or dies. One call is enough: do not poll.`,
  flags: {
    ...NAME_FLAG,
    all: { kind: 'switch', help: 'return when every task has ended (the default)' },
    any: { kind: 'switch', help: 'return when the first task has ended' },
    progress: { kind: 'switch', help: 'also print progress, at most every 10 s' },
    timeout: { kind: 'text', value: 'DURATION', help: 'stop waiting after this time, with exit 124' },
  },
  examples: ['babysit wait build', 'babysit wait train-1 train-2 --any --timeout=30m'],
  async run(context, parsed) {
    const { flags } = parsed;
    const refs = someRefs(parsed, 'wait');
    if (flags.all && flags.any) throw new BabysitError('usage', '--all and --any exclude each other');
    const timeoutMs = flags.timeout === undefined ? null : parseDuration(flags.timeout, '--timeout');
    return waitForTasks(context, refs, { any: flags.any, timeoutMs, progress: flags.progress });
  },
});
