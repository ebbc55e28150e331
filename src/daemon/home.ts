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

/** Throws when the database is missing although files of tasks exist: the daemon never starts empty over them. */
export function assertDatabase({ database, tasks }: Home): void {
  const size = statSync(database, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0 || readdirSync(tasks).length === 0) return;
  throw new Error(
    `${database}: the database is missing, but ${tasks} holds files of its tasks. Nothing was changed. Restore it from a backup, or move ${tasks} away to start with an empty database`,
  );
}

/** Call only with the lock held: existing sockets and the pid file belong to a daemon that ended. */
export function claimHome(paths: Home): void {
  for (const socket of [paths.socket, paths.observeSocket]) rmSync(socket, { force: true });
  writePid(paths.pidFile);
}

/** Overwrites the old file in place, which works on a full disk. The daemon also runs without the file. */
function writePid(path: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    writeSync(fd, `${process.pid}\n`);
    ftruncateSync(fd, `${process.pid}\n`.length);
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
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
