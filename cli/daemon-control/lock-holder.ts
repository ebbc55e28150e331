// Finds the daemon of a state directory by the lock that it holds, whether or not it answers.
import type { Home } from '../../src/config/home.ts';
import { readRegular } from '../../src/files/regular-file.ts';
import { hasOpen } from '../../src/procfs/process/daemons.ts';

/** The pid file may be stale: only a process that has the lock of this directory open is the daemon. Null without one, and without /proc. */
export function lockHolder({ pidFile, lock }: Home): number | null {
  const pid = Number(readPid(pidFile));
  return pid > 1 && hasOpen(pid, lock) ? pid : null;
}

function readPid(path: string): string {
  try {
    return readRegular(path, 'utf8').trim();
  } catch {
    return '';
  }
}
