// Reads the input of the session hooks, and keeps in files which tasks a session was reminded of.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentProject, findProject } from '../../cli/input/project.ts';
import type { Home } from '../../src/config/home.ts';
import { isJsonObject } from '../../src/text/json.ts';

export interface SessionInput {
  /** Null without a session id, or when it is not safe in a file name. */
  readonly session: string | null;
  readonly project: string;
  /** Claude Code: a stop hook has already continued the session before this stop. */
  readonly isAgain: boolean;
}

const KEEP_MS = 7 * 24 * 3600 * 1000;
const SESSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export function readSessionInput(event: unknown): SessionInput {
  const { session_id: session, cwd, stop_hook_active: again } = isJsonObject(event) ? event : {};
  return {
    session: typeof session === 'string' && SESSION.test(session) ? session : null,
    project: typeof cwd === 'string' && cwd !== '' ? findProject(cwd) : currentProject(),
    isAgain: again === true,
  };
}

/** Returns the ids of the tasks that the session was reminded of. */
export function readReminded(home: Home, session: string): string[] {
  try {
    return readFileSync(reminderFile(home, session), 'utf8').split('\n');
  } catch {
    return [];
  }
}

export function writeReminded(home: Home, session: string, ids: readonly string[]): void {
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
