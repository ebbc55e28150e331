// Warns that systemd ends the daemon and its tasks when the user logs out.
import { statSync, writeFileSync } from 'node:fs';
import type { Home } from '../../src/config/home.ts';
import { readProcFile } from '../../src/procfs/proc-files.ts';
import { endsAtLogout, type Host, lingerFix, readHost } from '../../src/systemd/host.ts';

const DAY_MS = 86_400_000;

/** Null when the daemon outlives the login. */
export function logoutWarning(pid: number): string | null {
  return warningFor(readHost(), readProcFile(pid, 'cgroup') ?? '');
}

/** Null also when a start within the last day gave the warning. */
export function dailyLogoutWarning(home: Home, pid: number): string | null {
  const warning = logoutWarning(pid);
  return warning !== null && isDue(home) ? warning : null;
}

export function warningFor(host: Host, cgroup: string): string | null {
  if (!endsAtLogout(host, cgroup)) return null;
  return `the daemon and its tasks end about ten seconds after you log out. To keep them running: ${lingerFix(host)}`;
}

/** The daemon has just written its pid file, so the file has the time of now. */
export function isDue(home: Pick<Home, 'pidFile' | 'logoutWarned'>): boolean {
  if (Math.abs(changedAt(home.pidFile) - changedAt(home.logoutWarned)) < DAY_MS) return false;
  try {
    writeFileSync(home.logoutWarned, '', { mode: 0o600 });
  } catch {
    // A full disk: the next start warns again.
  }
  return true;
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}
