// The one parser of /proc/<pid>/stat.
import { readProcFile } from './proc-files.ts';

/** See proc_pid_stat(5). A field that is missing, because the line was cut off, is NaN. */
export interface ProcessStat {
  readonly pid: number;
  /** comm: the kernel's name of the main thread, at most 15 bytes of any kind. */
  readonly name: string;
  /** R running, S sleeping, D uninterruptible, T stopped, Z zombie, X dead. */
  readonly state: string;
  readonly ppid: number;
  /** The process group. */
  readonly groupId: number;
  /** Start time in clock ticks since boot: with the pid, the identity of a process. */
  readonly startTicks: number;
  /** Any field from the third on, numbered as in the manual page. */
  field(number: number): number;
}

/** Linux counts process times in 1/100 s (USER_HZ) on every architecture that Node runs on. */
export const TICK_MS = 10;

/** `41 (sh) S 1 40 …`. Null when it is no such line. */
export function parseStat(text: string): ProcessStat | null {
  // The name stands in parentheses and may hold spaces and parentheses itself: fields count from the last one.
  const nameEnd = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  if (nameEnd < 0 || !(pid > 0)) return null;
  const [state = '', ...numbers] = text.slice(nameEnd + 2).split(' ');
  const field = (number: number) => Number(numbers[number - 4] ?? Number.NaN);
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    state,
    ppid: field(4),
    groupId: field(5),
    startTicks: field(22),
    field,
  };
}

/** Null when there is no such process, or no /proc. */
export function readStat(pid: number, procRoot = '/proc'): ProcessStat | null {
  const text = readProcFile(pid, 'stat', procRoot);
  return text === null ? null : parseStat(text);
}

/** A zombie, or a process in the last moment before its entry goes: it runs no more and holds nothing. */
export function isDead({ state }: Pick<ProcessStat, 'state'>): boolean {
  return state === 'Z' || state === 'X';
}
