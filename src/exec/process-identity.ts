// Tells a process from another one that was given the same pid later.
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Its process group; null when it was not told. */
  readonly groupId: number | null;
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat); null where there is no /proc. */
  readonly startTicks: number | null;
}

/**
 * `"41 (sh) S 1 40 …"` -> pid, group and field 22. The command name may hold spaces and parentheses: fields count from
 * the last one. `"41 40"`, what ps prints where there is no /proc -> pid and group.
 */
export function parseIdentity(text: string): ProcessIdentity | null {
  const pid = positive(Number.parseInt(text, 10));
  if (pid === null) return null;
  if (!text.includes(')'))
    return { pid, groupId: positive(Number(text.trim().split(/\s+/)[1])), startTicks: null };
  const fields = fieldsAfterName(text);
  return { pid, groupId: positive(Number(fields[2])), startTicks: positive(Number(fields[19])) };
}

function positive(value: number): number | null {
  return Number.isInteger(value) && value > 0 ? value : null;
}

const OUT_OF_DESCRIPTORS: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** True while the very process lives; a zombie does not. */
export function isAlive(identity: Pick<ProcessIdentity, 'pid' | 'startTicks'>): boolean {
  if (identity.startTicks === null) return answersSignal(identity.pid);
  let stat: string;
  try {
    stat = readFileSync(`/proc/${identity.pid}/stat`, 'utf8');
  } catch (error) {
    // Whether it lives is not known when the descriptors have run out; taken for dead, a task would be lost.
    return OUT_OF_DESCRIPTORS.has((error as NodeJS.ErrnoException).code);
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
