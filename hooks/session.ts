// The summary at the start of a session, and the reminder at its stop.
import { existsSync } from 'node:fs';
import { reportSeen, takeInbox } from '../cli/client/inbox.ts';
import { call, type Session } from '../cli/client/session.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import { findHome } from '../src/config/home.ts';
import type { Reply } from './harness.ts';
import { noteReminder, readSessionNews, remindedOf } from './session-input.ts';
import { remindText, summaryText } from './summary.ts';

/** All there is, since the summary counts what it has no room for. */
const INBOX_LIMIT = 10_000;
const LIVE = 'pending,running,paused';
const SILENT: Reply = { exitCode: 0, stdout: '', stderr: '' };

/** Tasks of the project that live, and what nobody in it was told of: warnings of these, and those that ended. */
export async function answerSessionStart(told: unknown, env: NodeJS.ProcessEnv): Promise<Reply> {
  const daemon = sessionOf(env);
  const { session, project } = readSessionNews(told);
  const whose = { project, ...(session === null ? {} : { owner: session }) };
  const live = await list(daemon, new URLSearchParams({ project, status: LIVE }));
  const { events } = await takeInbox(daemon, whose, { others: true, limit: INBOX_LIMIT });
  const isLive = new Set(live.map(({ id }) => id));
  const ended = events.flatMap(({ task }) => (task === undefined || isLive.has(task.id) ? [] : [task]));
  // biome-ignore lint/plugin/no-wall-clock: the summary shows ages
  const text = summaryText([...live, ...ended], events, Date.now());
  if (text === '') return SILENT;
  const shown = new Map(events.map(({ id, seq }) => [id, seq]));
  return {
    ...json({ hookSpecificOutput: { hookEventName: 'SessionStart', additionalContext: text } }),
    told: () => reportSeen(daemon, whose, shown),
  };
}

/** Reminds once of each task that the session started and that nobody waits for. */
export async function answerStop(told: unknown, env: NodeJS.ProcessEnv): Promise<Reply> {
  const daemon = sessionOf(env);
  const { session, isAgain } = readSessionNews(told);
  if (session === null || isAgain) return SILENT;
  const reminded = remindedOf(daemon.home, session);
  const tasks = await list(daemon, new URLSearchParams({ owner: session, status: LIVE }));
  const forgotten = tasks.filter(({ id, waiters }) => !reminded.includes(id) && (waiters ?? 0) === 0);
  if (forgotten.length === 0) return SILENT;
  noteReminder(daemon.home, session, [...reminded, ...forgotten.map(({ id }) => id)]);
  return json({ decision: 'block', reason: remindText(forgotten) });
}

/** A daemon that was told to stop stays so; one that died is started again, because it knows how its tasks ended. */
function sessionOf(env: NodeJS.ProcessEnv): Session {
  const home = findHome(env);
  const autostart = existsSync(home.pidFile) && !/^(1|true|yes)$/i.test(env.BABYSIT_NO_AUTOSTART ?? '');
  return { home, env, autostart, onStarted: () => {} };
}

async function list(session: Session, query: URLSearchParams): Promise<ListedTask[]> {
  const { tasks } = await call<{ tasks: ListedTask[] }>(session, 'GET', `/v1/tasks?${query}`);
  return tasks;
}

type ListedTask = TaskView & { readonly waiters?: number };

function json(answer: object): Reply {
  return { exitCode: 0, stdout: `${JSON.stringify(answer)}\n`, stderr: '' };
}
