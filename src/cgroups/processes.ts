// The host's processes as the `none` driver sees them: one scan, shared by every group that asks within a moment.
import { readdirSync } from 'node:fs';
import { read } from './cgroupfs.ts';
import { psProcesses } from './ps.ts';

/** The variable the launcher sets in the command's environment; its value is the name of the group. */
export const GROUP_MARKER = 'BABYSIT_GROUP';

export interface ProcessInfo {
  readonly pid: number;
  readonly ppid: number;
  /** The process group: the supervisor gives the command one of its own, everywhere. */
  readonly processGroup: number;
  /** Start time in clock ticks since boot: with the pid, the identity of a process. 0 on macOS. */
  readonly startTicks: number;
  /** CPU time of the process and of the children it has waited for. */
  readonly cpuUsec: number;
  readonly rssBytes: number;
  /** The group named in the environment the process was executed with. */
  readonly marker: string | null;
}

export interface ProcessTable {
  /** Living processes (no zombies), at most `maxAgeMs` old. */
  scan(maxAgeMs: number): readonly ProcessInfo[];
  /** Memory of one process without page cache: anonymous and shared-memory pages. */
  memBytes(process: ProcessInfo): number;
}

export function processTable(procRoot: string): ProcessTable {
  let last: readonly ProcessInfo[] = [];
  let takenAt = Number.NEGATIVE_INFINITY;
  let markers = new Map<string, string | null>();
  const onLinux = process.platform === 'linux';

  function scanProc(): ProcessInfo[] {
    // A process keeps the environ it was executed with, so it is read once. A pid seen between fork and exec keeps the
    // parent's answer: right for every descendant of the command, and the command itself is known by its pid.
    const seen = new Map<string, string | null>();
    const found: ProcessInfo[] = [];
    for (const entry of readdirSync(procRoot)) {
      const pid = Number(entry);
      if (!Number.isInteger(pid)) continue;
      const stat = parseStat(read(`${procRoot}/${pid}/stat`) ?? '');
      if (stat === null) continue;
      const identity = identityOf(stat);
      const marker = markers.get(identity) ?? markerIn(read(`${procRoot}/${pid}/environ`) ?? '');
      seen.set(identity, marker);
      found.push({ ...stat, marker });
    }
    markers = seen;
    return found;
  }

  return {
    scan(maxAgeMs) {
      if (performance.now() - takenAt > maxAgeMs) {
        last = onLinux ? scanProc() : psProcesses();
        takenAt = performance.now();
      }
      return last;
    },
    memBytes({ pid, rssBytes }) {
      const status = onLinux ? read(`${procRoot}/${pid}/status`) : null;
      const parts = status?.match(/^Rss(?:Anon|Shmem):\s+\d+/gm);
      if (!parts) return rssBytes;
      return parts.reduce((sum, part) => sum + 1024 * Number(part.split(':')[1]), 0);
    },
  };
}

export function identityOf(process: { readonly pid: number; readonly startTicks: number }): string {
  return `${process.pid}:${process.startTicks}`;
}

/** Linux counts process times in 1/100 s (USER_HZ) on every architecture node runs on. */
const USEC_PER_TICK = 10_000;
const PAGE_BYTES = 4096;

/** /proc/<pid>/stat, see proc(5). Null for a zombie: it holds nothing any more. */
export function parseStat(text: string): Omit<ProcessInfo, 'marker'> | null {
  // The command name is in parentheses and may hold anything, also parentheses and spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, ...numbers] = fields;
  if (state === undefined || numbers.length < 21 || state === 'Z' || state === 'X') return null;
  const at = (field: number): number => Number(numbers[field - 4]);
  return {
    pid: Number.parseInt(text, 10),
    ppid: at(4),
    processGroup: at(5),
    startTicks: at(22),
    cpuUsec: (at(14) + at(15) + at(16) + at(17)) * USEC_PER_TICK,
    rssBytes: at(24) * PAGE_BYTES,
  };
}

export function markerIn(environ: string): string | null {
  const assignment = environ.split('\0').find((entry) => entry.startsWith(`${GROUP_MARKER}=`));
  return assignment === undefined ? null : assignment.slice(GROUP_MARKER.length + 1);
}
