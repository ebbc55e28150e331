// Prepares the state directory, which is accessible only to its user.
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import type { Home } from '../config/home.ts';
import { openRegular, readRegular } from '../files/regular-file.ts';
import { shellWord } from '../text/shell.ts';

/** Throws with a hint when the directory cannot be used. */
export function prepareHome(paths: Home): void {
  makeTasks(paths);
  const { uid, mode } = statSync(paths.dir);
  if (process.geteuid !== undefined && uid !== process.geteuid())
    throw new Error(`${paths.dir}: belongs to user ${uid}. Set BABYSIT_HOME to a directory of your own`);
  if ((mode & 0o077) !== 0) chmodSync(paths.dir, 0o700);
  for (const path of filesOf(paths)) checkRegular(path, 'r+');
  checkRegular(paths.config, 'r');
  for (const path of [paths.socket, paths.observeSocket, paths.relaySocket])
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) throw inTheWay(path, 'it is a directory');
}

function makeTasks({ tasks }: Home): void {
  try {
    mkdirSync(tasks, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (lstatSync(tasks, { throwIfNoEntry: false }) === undefined) throw error;
    throw inTheWay(tasks, 'it is not a directory');
  }
}

/** SQLite opens some of them: it would wait at a FIFO, and its lock of a device excludes no other daemon. */
function filesOf({ lock, pidFile, identity, database }: Home): string[] {
  return [lock, pidFile, identity, database, `${database}-wal`, `${database}-shm`];
}

function checkRegular(path: string, flags: 'r' | 'r+'): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch (error) {
    throw inTheWay(path, `it is a link that leads to no file (${(error as NodeJS.ErrnoException).code})`);
  }
  if (!stat.isFile()) throw inTheWay(path, 'it is not a regular file');
  try {
    closeSync(openSync(path, flags));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw noAccess(path, stat);
    throw error;
  }
}

/** Commands of root leave such files. */
function noAccess(path: string, { uid, mode }: Stats): Error {
  const user = process.geteuid?.();
  const [what, command] =
    uid === user
      ? [`its mode is ${(mode & 0o777).toString(8).padStart(3, '0')}`, 'chmod u+rw']
      : [`it belongs to user ${uid}`, `sudo chown ${user}`];
  return new Error(`${path}: cannot be used: ${what}. Run: ${command} ${shellWord(path)}`);
}

function inTheWay(path: string, what: string): Error {
  return new Error(`${path}: cannot be used: ${what}. Move it away, then start the daemon again`);
}

/** The directory holds files of tasks. */
export function hasTasks({ tasks }: Home): boolean {
  return readdirSync(tasks).length > 0;
}

/** See 0006-identity.sql. */
const IDENTITY = /^[0-9a-f]{32}$/;

/** Writes the identity of the database next to tasks/. Throws when tasks/ belongs to another database. */
export function checkIdentity(home: Home, identity: string): void {
  const before = readLine(home.identity);
  if (before === identity) return;
  // A damaged file says as little as none.
  if (before !== null && IDENTITY.test(before) && hasTasks(home))
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
  const fd = openRegular(path, 'create');
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
    return readRegular(path, 'utf8').trim() || null;
  } catch {
    return null;
  }
}
