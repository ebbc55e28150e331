// Tells a process from another one that was given the same pid later, in this boot of the host or in the next.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { isDead, parseStat, readStat, TICK_MS } from './stat.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** The process group; null when it is unknown. */
  readonly groupId: number | null;
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat); null where there is no /proc. */
  readonly startTicks: number | null;
}

/** A line of /proc/PID/stat -> pid, group and start time. `41 40`, which ps prints where there is no /proc -> pid and group. */
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

const OUT_OF_DESCRIPTORS: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** True while exactly this process lives. A zombie does not. */
export function isAlive({ pid, startTicks }: Pick<ProcessIdentity, 'pid' | 'startTicks'>): boolean {
  if (startTicks === null) return answersSignal(pid);
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    // Without a free descriptor the answer is unknown. If it were taken for dead, a running task would be lost.
    return OUT_OF_DESCRIPTORS.has((error as NodeJS.ErrnoException).code);
  }
  const stat = parseStat(text);
  return stat !== null && stat.startTicks === startTicks && !isDead(stat);
}

/** True while any process has this pid. A zombie does not count: in a container it may stay until the container ends. */
export function isPidAlive(pid: number): boolean {
  if (!answersSignal(pid)) return false;
  const stat = readStat(pid);
  // Without /proc (macOS) the signal is the answer.
  return stat === null ? process.platform !== 'linux' : !isDead(stat);
}

/** Age in ms by the kernel's clock, which cannot be set; Infinity where the start time is unknown. */
export function processAgeMs(identity: ProcessIdentity | null): number {
  if (identity === null || identity.startTicks === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, uptime() * 1000 - identity.startTicks * TICK_MS);
}

/** Names this boot: a start time counts from it. */
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
