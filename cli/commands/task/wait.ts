// babysit wait: blocks until tasks have ended.
import { BabysitError } from '../../../src/core/errors.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { defineCommand } from '../../command.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';
import { waitForTasks } from '../../wait-for-tasks.ts';

export const command = defineCommand({
  usage: 'wait NAME... [--all | --any] [--progress] [--timeout DURATION]',
  about: `What happens is told on stderr, one JSON line an event; how a task ended on stdout, one JSON object a task.
Exit 0 when all completed (--any: the first), 1 otherwise, 124 when --timeout is over; the tasks go on then.
A daemon that is restarted or dies meanwhile does not matter. Never poll: this is the one call that is needed.`,
  flags: {
    ...NAME_FLAG,
    all: { kind: 'switch', help: 'until every task has ended (this is the default)' },
    any: { kind: 'switch', help: 'until the first has ended' },
    progress: { kind: 'switch', help: 'also tell how far they are, at most every 10 s' },
    timeout: { kind: 'text', value: 'DURATION', help: 'stop waiting after it' },
  },
  examples: ['babysit wait build', 'babysit wait train-1 train-2 --any --timeout=30m'],
  async run(context, { flags, positionals }) {
    const refs = someRefs(positionals, flags.name, 'wait');
    if (flags.all && flags.any) throw new BabysitError('usage', '--all and --any exclude each other');
    const timeoutMs = flags.timeout === undefined ? null : parseDuration(flags.timeout, '--timeout');
    return waitForTasks(context, refs, { any: flags.any, timeoutMs, progress: flags.progress });
  },
});
