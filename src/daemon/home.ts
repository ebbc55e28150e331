// Prepares the state directory: it and all in it belong to the user alone.
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Home } from '../config/home.ts';

/** Throws with the mend when the directory cannot serve. */
export function prepareHome(paths: Home): void {
  mkdirSync(paths.tasks, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(paths.dir);
  if (process.getuid !== undefined && uid !== process.getuid())
    throw new Error(`${paths.dir}: belongs to user ${uid}; set BABYSIT_HOME to a directory of your own.`);
  if ((mode & 0o077) !== 0) chmodSync(paths.dir, 0o700);
}

/** Only the holder of the lock may call this: what is there was left by a daemon that is gone. */
export function claimHome(paths: Home): void {
  rmSync(paths.socket, { force: true });
  writeFileSync(paths.pidFile, `${process.pid}\n`, { mode: 0o600 });
}

export function leaveHome(paths: Home): void {
  rmSync(paths.socket, { force: true });
  rmSync(paths.pidFile, { force: true });
}
