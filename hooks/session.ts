// The summary at the start of a session, and the reminder at its stop.
import { existsSync } from 'node:fs';
import { call } from '../cli/session.ts';
import type { TaskView } from '../src/api/shapes.ts';
import { findHome, type Home } from '../src/config/home.ts';
import type { Reply } from './harness.ts';
import { remindText, summaryText } from './summary.ts';
import { lastLookMs, noteLook, noteReminder, readSessionNews, remindedOf } from './told.ts';

const FIRST_LOOK_MS = 24 * 3600 * 1000;
const SILENT: Reply = { exitCode: 0, stdout: '', stderr: '' };

/** Tasks of the project that live, and those that ended since the session last looked. */
export async function answerSessionStart(told: unknown, env: NodeJS.ProcessEnv): Promise<Reply> {
  const home = findHome(env);
  const news = readSessionNews(told);
  const nowMs = Date.now();
  const sinceMs = Math.max(1, Math.ceil(nowMs - (lastLookMs(home, news) ?? nowMs - FIRST_LOOK_MS)));
  const query = new URLSearchParams({ project: news.project, since_ms: String(sinceMs) });
  const text = summaryText(await list(home, env, query), nowMs);
  noteLook(home, news, nowMs);
  if (text === '') return SILENT;
  return json({ hookSpecificOutput: { hookEventName: 'SessionStart', additionalContext: text } });
}

/** Reminds once of each task that the session started and that nobody waits for. */
export async function answerStop(told: unknown, env: NodeJS.ProcessEnv): Promise<Reply> {
  const home = findHome(env);
  const { session, isAgain } = readSessionNews(told);
  if (session === null || isAgain) return SILENT;
  const query = new URLSearchParams({ owner: session, status: 'pending,running,paused' });
  const reminded = remindedOf(home, session);
  const tasks = await list(home, env, query);
  const forgotten = tasks.filter(({ id, waiters }) => !reminded.includes(id) && (waiters ?? 0) === 0);
  if (forgotten.length === 0) return SILENT;
  noteReminder(home, session, [...reminded, ...forgotten.map(({ id }) => id)]);
  return json({ decision: 'block', reason: remindText(forgotten) });
}

/** A daemon that was told to stop stays so; one that died is started again, because it knows how its tasks ended. */
async function list(home: Home, env: NodeJS.ProcessEnv, query: URLSearchParams): Promise<ListedTask[]> {
  const autostart = existsSync(home.pidFile) && !/^(1|true|yes)$/i.test(env.BABYSIT_NO_AUTOSTART ?? '');
  const session = { home, env, autostart, onStarted: () => {} };
  const { tasks } = await call<{ tasks: ListedTask[] }>(session, 'GET', `/v1/tasks?${query}`);
  return tasks;
}

type ListedTask = TaskView & { readonly waiters?: number };

function json(answer: object): Reply {
  return { exitCode: 0, stdout: `${JSON.stringify(answer)}\n`, stderr: '' };
}
