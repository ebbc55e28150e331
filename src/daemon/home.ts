// Prepares the state directory, which is accessible only to its user.
import {
  chmodSync,
  closeSync,
  constants,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { Home } from '../config/home.ts';

/** Throws with a hint when the directory cannot be used. */
export function prepareHome(paths: Home): void {
  mkdirSync(paths.tasks, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(paths.dir);
  if (process.getuid !== undefined && uid !== process.getuid())
    throw new Error(`${paths.dir}: belongs to user ${uid}. Set BABYSIT_HOME to a directory of your own`);
  if ((mode & 0o077) !== 0) chmodSync(paths.dir, 0o700);
}

/** The directory holds files of tasks. */
export function hasTasks({ tasks }: Home): boolean {
  return readdirSync(tasks).length > 0;
}

/** Writes the identity of the database next to tasks/. Throws when tasks/ belongs to another database. */
export function checkIdentity(home: Home, identity: string): void {
  const before = readLine(home.identity);
  if (before === identity) return;
  if (before !== null && hasTasks(home))
    throw new Error(
      `${home.database}: this database does not belong to ${home.tasks}, which holds files of tasks of another one. Nothing was changed. Restore the database of this directory from a backup, or move ${home.tasks} away`,
    );
  writeLine(home.identity, identity);
}

/** Call only with the lock held: existing sockets and the pid file belong to a daemon that ended. */
export function claimHome(paths: Home): void {
  for (const socket of [paths.socket, paths.observeSocket]) rmSync(socket, { force: true });
  writeLine(paths.pidFile, String(process.pid));
}

/** Overwrites the old file in place, which works on a full disk. The daemon also runs without the file. */
function writeLine(path: string, line: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    writeSync(fd, `${line}\n`);
    ftruncateSync(fd, line.length + 1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(fd);
  }
}

export function leaveHome(paths: Home): void {
  for (const socket of [paths.socket, paths.observeSocket]) rmSync(socket, { force: true });
  rmSync(paths.pidFile, { force: true });
}

/** Returns `unknown` when the file cannot be read. */
export function readPid(path: string): string {
  return readLine(path) ?? 'unknown';
}

/** Returns null for a file that is empty or cannot be read. */
function readLine(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || null;
  } catch {
    return null;
  }
}
