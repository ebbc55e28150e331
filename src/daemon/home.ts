// Prepares the state directory: it and all in it belong to the user alone.
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { HomePaths } from '../config/home.ts';

/** The kernel's limit for the path of a unix socket, without the ending zero (sun_path is 108 bytes, 104 on macOS). */
const MAX_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107;

/** Throws with the mend when the directory cannot serve. */
export function prepareHome(paths: HomePaths): void {
  if (Buffer.byteLength(paths.socket) > MAX_SOCKET_PATH)
    throw new Error(
      `${paths.socket}: longer than a socket's path may be; set BABYSIT_HOME to a shorter directory.`,
    );
  mkdirSync(paths.tasks, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(paths.home);
  if (process.getuid !== undefined && uid !== process.getuid())
    throw new Error(`${paths.home}: belongs to user ${uid}; set BABYSIT_HOME to a directory of your own.`);
  if ((mode & 0o077) !== 0) chmodSync(paths.home, 0o700);
}

/** Only the holder of the lock may call this: what is there was left by a daemon that is gone. */
export function claimHome(paths: HomePaths): void {
  rmSync(paths.socket, { force: true });
  writeFileSync(paths.pidFile, `${process.pid}\n`, { mode: 0o600 });
}

export function leaveHome(paths: HomePaths): void {
  rmSync(paths.socket, { force: true });
  rmSync(paths.pidFile, { force: true });
}
