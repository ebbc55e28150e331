// Parses /proc/<pid>/stat.
import { readProcFile } from '../proc-files.ts';

/** See proc_pid_stat(5). A missing field is NaN. */
export interface ProcessStat {
  readonly pid: number;
  /** comm: the name of the main thread, at most 15 arbitrary bytes. */
  readonly name: string;
  /** R running, S sleeping, D uninterruptible, T stopped, Z zombie, X dead. */
  readonly state: string;
  readonly ppid: number;
  readonly groupId: number;
  /** tpgid: the foreground group of its terminal; -1 without one. */
  readonly terminalGroup: number;
  /** Start time in clock ticks since boot. Identifies a process together with the pid. */
  readonly startTicks: number;
  /** A field from the fourth on, numbered as in the manual page. */
  field(number: number): number;
}

/** The longest is an unsigned 64-bit number. */
const FIELD_CHARS = 20;

/** USER_HZ is 100 on every architecture that Node supports. */
export const TICK_MS = 10;

/** Parses `41 (sh) S 1 40 …`. Returns null for an invalid line. */
export function parseStat(text: string): ProcessStat | null {
  // The name may contain spaces and parentheses: count fields from the last parenthesis.
  const nameEnd = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  if (nameEnd < 0 || !(pid > 0)) return null;
  // A scan of the host reads a few fields of each process: it creates no string for the others.
  const field = (number: number) => {
    let at = nameEnd + 3;
    for (let left = number - 4; left > 0 && at > 0; left -= 1) at = text.indexOf(' ', at + 1);
    return at < 0 ? Number.NaN : Number.parseInt(text.slice(at + 1, at + 1 + FIELD_CHARS), 10);
  };
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    state: text.slice(nameEnd + 2, nameEnd + 3),
    ppid: field(4),
    groupId: field(5),
    terminalGroup: field(8),
    startTicks: field(22),
    field,
  };
}

/** Returns null when the process or /proc does not exist. */
export function readStat(pid: number, procRoot = '/proc'): ProcessStat | null {
  const text = readProcFile(pid, 'stat', procRoot);
  return text === null ? null : parseStat(text);
}

/** PF_EXITING in field 9 of proc_pid_stat(5), from include/linux/sched.h: it runs no more code of its program. */
const EXITING = 0x4;

/** A dead process, or one that the kernel is taking apart, which may take long for a large one. */
export function isExiting(stat: ProcessStat): boolean {
  return isDead(stat) || (stat.field(9) & EXITING) !== 0;
}

/** A zombie, or a process that the kernel is removing. */
export function isDead({ state }: Pick<ProcessStat, 'state'>): boolean {
  return state === 'Z' || state === 'X';
}
