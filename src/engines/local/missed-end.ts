// Finds a supervisor that has missed the end of its command, see supervisor.sh.
import { recordsNow } from '../../exec/records.ts';
import type { ProcessIdentity } from '../../procfs/process/process-identity.ts';
import { readStat } from '../../procfs/process/stat.ts';

export interface Watched {
  readonly supervisor: ProcessIdentity;
  readonly main: ProcessIdentity;
}

/**
 * True when the supervisor has reaped its command, sleeps, and has recorded no exit. A signal to a supervisor that runs may
 * come between the system call that reaps a child and the line of bash that stores its status, which is then lost.
 */
export function hasMissedTheEnd(dir: string, { supervisor, main }: Watched): boolean {
  if (readStat(main.pid)?.startTicks === main.startTicks) return false;
  const stat = readStat(supervisor.pid);
  const sleeps = stat?.startTicks === supervisor.startTicks && stat.state === 'S';
  return sleeps && recordsNow(dir)?.exit === null;
}
