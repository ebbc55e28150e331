// Finds the daemon of a state directory by the lock that it holds, whether or not it answers.
import type { Home } from '../../src/config/home.ts';
import { readRegular } from '../../src/files/regular-file.ts';
import { hasOpen } from '../../src/procfs/process/daemons.ts';

/** The pid file may be stale: only a process that has the lock of this directory open is the daemon. Null without one, and without /proc. */
export function lockHolder(home: Home): number | null {
  const pid = writtenPid(home);
  return pid !== null && hasOpen(pid, home.lock) ? pid : null;
}

/** The pid in the pid file, which may be stale; null without one. */
export function writtenPid({ pidFile }: Home): number | null {
  try {
    const pid = Number(readRegular(pidFile, 'utf8').trim());
    return pid > 1 ? pid : null;
  } catch {
    return null;
  }
}
