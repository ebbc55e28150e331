// Tells a process from another one that was given the same pid later.
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat); null where there is no /proc. */
  readonly startTicks: number | null;
}

/** `"41 (sh) S 1 …"` -> pid and field 22. The command name may hold spaces and parentheses: fields count from the last one. */
export function parseIdentity(stat: string): ProcessIdentity | null {
  const pid = Number.parseInt(stat, 10);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const ticks = Number(fieldsAfterName(stat)[19]);
  return { pid, startTicks: Number.isInteger(ticks) && ticks > 0 ? ticks : null };
}

/** True while the very process lives; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.startTicks === null) return answersSignal(identity.pid);
  let stat: string;
  try {
    stat = readFileSync(`/proc/${identity.pid}/stat`, 'utf8');
  } catch {
    return false;
  }
  return parseIdentity(stat)?.startTicks === identity.startTicks && fieldsAfterName(stat)[0] !== 'Z';
}

function fieldsAfterName(stat: string): string[] {
  return stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
