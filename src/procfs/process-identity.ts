// Identifies a process, also when its pid is reused in this boot or the next.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { isDead, parseStat, readStat, TICK_MS } from './stat.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Process group; null if unknown. */
  readonly groupId: number | null;
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat); null without /proc. */
  readonly startTicks: number | null;
}

/** Parses a line of /proc/PID/stat, or `PID PGID` as ps prints it on a host without /proc. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const stat = parseStat(text);
  const [pid, groupId] = stat === null ? text.trim().split(/\s+/) : [stat.pid, stat.groupId];
  const id = positive(Number(pid));
  if (id === null || (stat === null && text.includes(')'))) return null;
  return {
    pid: id,
    groupId: positive(Number(groupId)),
    startTicks: stat === null ? null : positive(stat.startTicks),
  };
}

function positive(value: number): number | null {
  return Number.isInteger(value) && value > 0 ? value : null;
}

export const OUT_OF_DESCRIPTORS: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** A zombie is not alive. */
export function isAlive({ pid, startTicks }: Pick<ProcessIdentity, 'pid' | 'startTicks'>): boolean {
  if (startTicks === null) return answersSignal(pid);
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
  const stat = readStat(pid);
  // Without /proc (macOS) the signal decides.
  return stat === null ? process.platform !== 'linux' : !isDead(stat);
}

/** Age in ms by the kernel's clock since boot; Infinity if the start time is unknown. */
export function processAgeMs(identity: ProcessIdentity | null): number {
  if (identity === null || identity.startTicks === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, uptime() * 1000 - identity.startTicks * TICK_MS);
}

/** Identifies this boot, which start times count from. */
export function readBootId(): string {
  if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return execFileSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' }).trim();
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
