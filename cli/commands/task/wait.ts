// babysit wait: waits until tasks end.
import { BabysitError } from '../../../src/core/errors.ts';
import { WAIT_EVENTS } from '../../../src/core/events.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { parseCount } from '../../../src/units/number.ts';
import { TAIL_MAX } from '../../client/log/log-tail.ts';
import { SELECT_FLAGS, selectTasks } from '../../client/select.ts';
import { defineCommand } from '../../command.ts';
import { readChoice } from '../../input/choice.ts';
import { waitForTasks } from '../../wait-for-tasks.ts';
import type { Wake } from '../../wake.ts';

export const command = defineCommand({
  usage:
    'wait (NAME... | --tag=TAG) [--summary] [--all | --any] [--until end|risk] [--event NAME | --log RE | --port N] [--progress] [--timeout DURATION] [flags]',
  about: `Prints one event a line to stderr and one result a task to stdout, both as JSON unless they go to a terminal.
Exits 0 when all tasks completed (--any: the first one), 1 otherwise, 124 after --timeout; the tasks then keep running.
A task that stopped gracefully because the task of its --while ended counts as completed here.
With --until=risk it also returns at the first warning, with exit 3 and the warning on stdout: what exceeds which estimate, the
time of the kill, and the command that prevents it. Wait again after you have acted: it returns only at a new warning.
With --event, --log or --port it returns at that, with exit 0, and with exit 1 when the task ends without it.
It keeps waiting when the daemon restarts or dies. One call is enough: do not poll.`,
  flags: {
    ...SELECT_FLAGS,
    all: { kind: 'switch', help: 'return when every task has ended (the default)' },
    any: { kind: 'switch', help: 'return when the first task has ended' },
    until: {
      kind: 'text',
      value: 'end|risk',
      help: 'return at the end, or already at the first warning (default: end)',
    },
    event: {
      kind: 'text',
      value: 'NAME',
      help: 'return at this event of the current attempt, such as ready or started, with the event on stdout',
    },
    log: {
      kind: 'text',
      value: 'RE',
      help: 'return at the first line of the output that matches this regular expression, with the line on stdout',
    },
    port: {
      kind: 'text',
      value: 'N',
      help: 'return when a process of the task listens on this TCP port',
    },
    progress: { kind: 'switch', help: 'also print progress, at most every 10 s' },
    killed_ok: {
      kind: 'switch',
      help: 'exit 0 also for a task that its own owner killed on request, or that --while ended without grace',
    },
    exit_code: {
      kind: 'switch',
      help: "end with the task's own exit code; of several tasks, that of the first failure",
    },
    tail: {
      kind: 'text',
      value: 'N',
      help: 'lines of the log with the end of a task that did not complete (default: 10)',
    },
    summary: {
      kind: 'switch',
      help: 'print one line for all completed tasks, for those that one owner killed, and for those that wait; the result of each other one, and the first warning of each kind',
    },
    owner: {
      kind: 'text',
      value: 'NAME',
      help: 'owner whose inbox then leaves out what was printed (default: CLAUDE_CODE_SESSION_ID)',
    },
    timeout: { kind: 'text', value: 'DURATION', help: 'stop waiting after this time, with exit 124' },
  },
  examples: [
    'babysit wait build',
    'babysit wait train-1 train-2 --any --timeout=30m',
    'babysit wait train --until=risk',
    'babysit wait server --event=ready --timeout=1m',
    "babysit wait server --log='listening on' --timeout=1m",
    'babysit wait --tag=sweep --summary',
  ],
  async run(context, parsed) {
    const { flags } = parsed;
    if (flags.all && flags.any) throw new BabysitError('usage', '--all and --any exclude each other');
    const timeoutMs = flags.timeout === undefined ? null : parseDuration(flags.timeout, '--timeout');
    const tail = flags.tail === undefined ? undefined : parseCount(flags.tail, '--tail', 0, TAIL_MAX);
    const until = readChoice(flags.until ?? 'end', ['end', 'risk'], '--until');
    const { tasks, isGroup, words } = await selectTasks(context.session, parsed, 'wait');
    const { any, progress, summary, killed_ok: killedOk, exit_code: exitCode } = flags;
    const wake = readWake(flags);
    return waitForTasks(context, tasks, {
      any,
      timeoutMs,
      until,
      wake,
      killedOk,
      tail,
      progress,
      summary,
      exitCode,
      owner: flags.owner,
      ...(isGroup ? { again: words } : {}),
    });
  },
});

interface WakeFlags {
  readonly event?: string | undefined;
  readonly log?: string | undefined;
  readonly port?: string | undefined;
}

function readWake({ event, log, port }: WakeFlags): Wake | null {
  if ([event, log, port].filter((value) => value !== undefined).length > 1)
    throw new BabysitError('usage', '--event, --log and --port exclude each other');
  if (event !== undefined) return { kind: 'event', name: readChoice(event, [...WAIT_EVENTS], '--event') };
  if (log !== undefined) return { kind: 'log', pattern: log };
  return port === undefined ? null : { kind: 'port', port: parseCount(port, '--port', 1, 65_535) };
}
