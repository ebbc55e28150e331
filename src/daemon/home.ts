// Prepares the state directory: it and all in it belong to the user alone.
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

/** Throws with the mend when the directory cannot serve. */
export function prepareHome(paths: Home): void {
  mkdirSync(paths.tasks, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(paths.dir);
  if (process.getuid !== undefined && uid !== process.getuid())
    throw new Error(`${paths.dir}: belongs to user ${uid}; set BABYSIT_HOME to a directory of your own.`);
  if ((mode & 0o077) !== 0) chmodSync(paths.dir, 0o700);
}

/** Throws when files of tasks are here and their database is gone: the daemon never begins empty. */
export function assertDatabase({ database, tasks }: Home): void {
  const size = statSync(database, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0 || readdirSync(tasks).length === 0) return;
  throw new Error(
    `${database}: the database is gone, but ${tasks} holds files of its tasks. Nothing was changed. Restore it from a backup, or move ${tasks} away to begin with an empty database`,
  );
}

/** Only the holder of the lock may call this: what is there was left by a daemon that is gone. */
export function claimHome(paths: Home): void {
  for (const socket of [paths.socket, paths.observeSocket]) rmSync(socket, { force: true });
  writePid(paths.pidFile);
}

/** Over what an earlier daemon wrote, so that a full disk has room for it; where it has none, the daemon lives without. */
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

/** For messages: `unknown` when the file cannot be read. */
export function readPid(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
