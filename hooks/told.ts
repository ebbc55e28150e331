// What a harness tells its session hooks, and what was already told to the session: looks kept as files in the state directory.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProject } from '../cli/project.ts';
import type { Home } from '../src/config/home.ts';
import { isObject } from './harness.ts';

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
  const { session_id: session, cwd, stop_hook_active: again } = isObject(told) ? told : {};
  return {
    session: typeof session === 'string' && SESSION.test(session) ? session : null,
    project: findProject(typeof cwd === 'string' && cwd !== '' ? cwd : process.cwd()),
    isAgain: again === true,
  };
}

/** When the session, or else any session of the project, looked last, in ms of the epoch; null: never. */
export function lastLookMs(home: Home, { session, project }: SessionNews): number | null {
  for (const file of lookFiles(home, session, project)) {
    const look = statSync(file, { throwIfNoEntry: false });
    if (look !== undefined) return look.mtimeMs;
  }
  return null;
}

export function noteLook(home: Home, { session, project }: SessionNews, nowMs: number): void {
  for (const file of lookFiles(home, session, project)) {
    write(file, '');
    utimesSync(file, nowMs / 1000, nowMs / 1000);
  }
  const dir = looksDir(home);
  for (const name of readdirSync(dir)) {
    const file = join(dir, name);
    const look = statSync(file, { throwIfNoEntry: false });
    if (look !== undefined && look.mtimeMs < nowMs - KEEP_MS) rmSync(file, { force: true });
  }
}

/** The ids of the tasks of which the session was reminded. */
export function remindedOf(home: Home, session: string): string[] {
  try {
    return readFileSync(stopFile(home, session), 'utf8').split('\n');
  } catch {
    return [];
  }
}

export function noteReminder(home: Home, session: string, ids: readonly string[]): void {
  write(stopFile(home, session), ids.join('\n'));
}

function lookFiles(home: Home, session: string | null, project: string): string[] {
  const byProject = `project-${createHash('sha256').update(project).digest('hex').slice(0, 24)}`;
  const names = session === null ? [byProject] : [`session-${session}`, byProject];
  return names.map((name) => join(looksDir(home), name));
}

function stopFile(home: Home, session: string): string {
  return join(looksDir(home), `stop-${session}`);
}

function looksDir(home: Home): string {
  return join(home.dir, 'looks');
}

function write(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(file, text, { mode: 0o600 });
}
