// Identifies a process, also when its pid is reused in this boot or the next.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { parseStartTime, psProcesses } from './ps.ts';
import { isDead, parseStat, readStat, TICK_MS } from './stat.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Process group; null if unknown. */
  readonly groupId: number | null;
  /**
   * Start time in clock ticks since boot (field 22 of /proc/PID/stat). Without /proc the time that ps prints, in seconds
   * since the epoch. Null if unknown.
   */
  readonly startTicks: number | null;
}

/** Parses a line of /proc/PID/stat, or `pid pgid lstart` as ps prints them on a host without /proc. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const stat = parseStat(text);
  const [pid, groupId, ...start] =
    stat === null ? text.trim().split(/\s+/) : [stat.pid, stat.groupId, String(stat.startTicks)];
  const id = positive(Number(pid));
  if (id === null || (stat === null && text.includes(')'))) return null;
  return {
    pid: id,
    groupId: positive(Number(groupId)),
    startTicks: positive(stat?.startTicks ?? parseStartTime(start.join(' ')) ?? 0),
  };
}

function positive(value: number): number | null {
  return Number.isInteger(value) && value > 0 ? value : null;
}

/** macOS has no /proc. */
const HAS_PROC = process.platform === 'linux';

export const OUT_OF_DESCRIPTORS: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** A zombie is not alive. */
export function isAlive({ pid, startTicks }: Pick<ProcessIdentity, 'pid' | 'startTicks'>): boolean {
  if (startTicks === null) return answersSignal(pid);
  if (!HAS_PROC) return psProcesses(pid).some((found) => found.startTicks === startTicks && !isDead(found));
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    // Without a free file descriptor the state is unknown. Answer true: a false answer would lose a running task.
    return OUT_OF_DESCRIPTORS.has((error as NodeJS.ErrnoException).code);
  }
  const stat = parseStat(text);
  return stat !== null && stat.startTicks === startTicks && !isDead(stat);
}

/** True if any process has this pid. A zombie does not count: in a container it may stay until the container ends. */
export function isPidAlive(pid: number): boolean {
  if (!answersSignal(pid)) return false;
  const found = HAS_PROC ? readStat(pid) : psProcesses(pid)[0];
  return found != null && !isDead(found);
}

/** Age in ms by the kernel's clock since boot; Infinity if the start time is unknown. */
export function processAgeMs(identity: ProcessIdentity | null): number {
  if (!HAS_PROC || identity === null || identity.startTicks === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, uptime() * 1000 - identity.startTicks * TICK_MS);
}

/** Identifies this boot, which start times count from. */
export function readBootId(): string {
  if (HAS_PROC) return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  // Not kern.boottime, which changes when the clock is set.
  return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim();
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
