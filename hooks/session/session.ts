// Answers the session hooks: a summary at the start of a session, a reminder at its stop.
import { existsSync } from 'node:fs';
import { reportSeen, takeInbox } from '../../cli/client/inbox.ts';
import { call, type Session } from '../../cli/client/session.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { findHome } from '../../src/config/home.ts';
import { json, type Reply, SILENT } from '../harness.ts';
import { readReminded, readSessionInput, writeReminded } from './input.ts';
import { remindText, summaryText } from './summary.ts';

/** The whole inbox: the summary also counts the tasks that it does not list. */
const INBOX_LIMIT = 10_000;
const LIVE = 'pending,running,paused';

/** Summarizes the live tasks of the project with their warnings, and the ended tasks that no session has seen. */
export async function answerSessionStart(event: unknown, env: NodeJS.ProcessEnv): Promise<Reply> {
  const daemon = sessionOf(env);
  const { session, project } = readSessionInput(event);
  const scope = { project, ...(session === null ? {} : { owner: session }) };
  const live = await list(daemon, new URLSearchParams({ project, status: LIVE }));
  const { events } = await takeInbox(daemon, scope, { others: true, limit: INBOX_LIMIT });
  const isLive = new Set(live.map(({ id }) => id));
  const ended = events.flatMap(({ task }) => (task === undefined || isLive.has(task.id) ? [] : [task]));
  // biome-ignore lint/plugin/no-wall-clock: the summary shows ages
  const text = summaryText([...live, ...ended], events, Date.now());
  if (text === '') return SILENT;
  const shown = new Map(events.map(({ id, seq }) => [id, seq]));
  return {
    ...json({ hookSpecificOutput: { hookEventName: 'SessionStart', additionalContext: text } }),
    onSent: () => reportSeen(daemon, scope, shown),
  };
}

/** Reminds once of each live task that the session has started and no client waits for. */
export async function answerStop(event: unknown, env: NodeJS.ProcessEnv): Promise<Reply> {
  const daemon = sessionOf(env);
  const { session, isAgain } = readSessionInput(event);
  if (session === null || isAgain) return SILENT;
  const reminded = readReminded(daemon.home, session);
  const tasks = await list(daemon, new URLSearchParams({ owner: session, status: LIVE }));
  const forgotten = tasks.filter(({ id, waiters }) => !reminded.includes(id) && (waiters ?? 0) === 0);
  if (forgotten.length === 0) return SILENT;
  writeReminded(daemon.home, session, [...reminded, ...forgotten.map(({ id }) => id)]);
  return json({ decision: 'block', reason: remindText(forgotten) });
}

/** Starts a daemon that has died, because it knows how its tasks ended, but not a daemon that a user has stopped. */
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
