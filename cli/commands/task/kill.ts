// babysit kill: ends tasks with the kill ladder.

import { constants } from 'node:os';
import type { KillBody } from '../../../src/api/schemas/change/kill.ts';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { BabysitError } from '../../../src/core/errors.ts';
import { type ChangeOptions, changeEach } from '../../change-each.ts';
import { inboxScope, reportSeen } from '../../client/inbox.ts';
import { graceMsOf, untilKilled } from '../../client/killed.ts';
import { SELECT_FLAGS, selectTasks } from '../../client/select.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { taskPath } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'kill (NAME... | --tag=TAG) [--force | --signal SIGNAL] [--no_wait]',
  about: `Creates the stop file, sends SIGTERM to the whole group of the task, and sends SIGKILL after the grace time.
A task with --stop=file first gets the time watchdog.stop_grace (60s) with the stop file alone.
Returns the end of the task when it comes within the configured times and 2 s, else, and with --no_wait, when the daemon has
recorded the request. babysit wait NAME returns when the task has ended.`,
  flags: {
    ...SELECT_FLAGS,
    force: { kind: 'switch', help: 'send SIGKILL at once' },
    no_wait: { kind: 'switch', help: 'return at once, not at the end of the task' },
    signal: {
      kind: 'text',
      short: 's',
      value: 'SIGNAL',
      help: 'send this signal instead of SIGTERM, such as SIGINT',
    },
  },
  examples: ['babysit kill build', 'babysit kill train-1 train-2 --force', "babysit kill 'item-*'"],
  async run(context, parsed) {
    const { flags } = parsed;
    // biome-ignore lint/plugin/no-wall-clock: compared with the times of ends, which the daemon takes from the wall clock
    const sinceMs = Date.now();
    if (flags.force && flags.signal !== undefined)
      throw new BabysitError('usage', '--force and --signal exclude each other');
    const body: KillBody = {
      ...inboxScope(context.env),
      ...(flags.force ? { force: true } : {}),
      ...(flags.signal === undefined ? {} : { signal: readSignal(flags.signal) }),
    };
    const settle = flags.no_wait ? {} : { settle: await settleIn(context) };
    const selection = await selectTasks(context.session, parsed, 'kill');
    const forgive = endedSince(context, sinceMs);
    return changeEach(context, selection, 'kill', body, doneWith, { ...settle, forgive });
  },
});

/** The inbox does not repeat an end that was shown. */
async function settleIn({ session, env }: Context): Promise<(task: TaskView) => Promise<TaskView>> {
  const graceMs = await graceMsOf(session);
  return async (asked) => {
    const { task, seq } = await untilKilled(session, asked, graceMs);
    if (seq > 0) await reportSeen(session, inboxScope(env), new Map([[task.id, seq]]));
    return task;
  };
}

/** The kill of one task may end others, such as those that come after it: what ended since is as asked. */
function endedSince({ session }: Context, sinceMs: number): NonNullable<ChangeOptions['forgive']> {
  return async ({ code }, ref) => {
    if (code !== 'already_ended') return null;
    const task = await call<TaskView>(session, 'GET', taskPath(ref));
    return task.ended_at !== null && Date.parse(task.ended_at) >= sinceMs ? task : null;
  };
}

function doneWith({ status, ended_at, stopped_gracefully }: TaskView): string {
  if (ended_at === null) return 'kill requested';
  if (status !== 'killed') return status;
  return stopped_gracefully === true ? 'stopped gracefully' : 'killed';
}

/** As kill(1): a name with or without SIG, or a number. */
function readSignal(text: string): string {
  const byNumber = Object.entries(constants.signals).find(([, number]) => String(number) === text);
  if (byNumber !== undefined) return byNumber[0];
  const name = text.toUpperCase().replace(/^(SIG)?/, 'SIG');
  if (/^SIG[A-Z][A-Z0-9]+$/.test(name)) return name;
  throw new BabysitError('usage', `--signal: "${text}" is not a signal name. Examples: SIGINT, TERM.`, {
    flag: '--signal',
  });
}
