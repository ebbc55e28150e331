// What a harness tells its session hooks, and of which tasks a session was reminded: files in the state directory.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProject } from '../cli/input/project.ts';
import type { Home } from '../src/config/home.ts';
import { isJsonObject } from '../src/text/json.ts';

export interface SessionNews {
  /** Null: none, or not one that can be part of a file name. */
  readonly session: string | null;
  readonly project: string;
  /** Claude Code: this stop comes after a stop hook has made it go on. */
  readonly isAgain: boolean;
}

const KEEP_MS = 7 * 24 * 3600 * 1000;
const SESSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export function readSessionNews(told: unknown): SessionNews {
  const { session_id: session, cwd, stop_hook_active: again } = isJsonObject(told) ? told : {};
  return {
    session: typeof session === 'string' && SESSION.test(session) ? session : null,
    project: findProject(typeof cwd === 'string' && cwd !== '' ? cwd : process.cwd()),
    isAgain: again === true,
  };
}

/** The ids of the tasks of which the session was reminded. */
export function remindedOf(home: Home, session: string): string[] {
  try {
    return readFileSync(reminderFile(home, session), 'utf8').split('\n');
  } catch {
    return [];
  }
}

export function noteReminder(home: Home, session: string, ids: readonly string[]): void {
  const dir = remindersDir(home);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(dir)) {
    const file = join(dir, name);
    const reminder = statSync(file, { throwIfNoEntry: false });
    // biome-ignore lint/plugin/no-wall-clock: a file's age; at a wrong time it costs one reminder more
    if (reminder !== undefined && reminder.mtimeMs < Date.now() - KEEP_MS) rmSync(file, { force: true });
  }
  writeFileSync(reminderFile(home, session), ids.join('\n'), { mode: 0o600 });
}

function reminderFile(home: Home, session: string): string {
  return join(remindersDir(home), session);
}

function remindersDir(home: Home): string {
  return join(home.dir, 'reminders');
}
