// The processes of the host with what places each in a task: one scan, shared by every group that asks within a moment.
import { listPids, readProcFile } from './proc-files.ts';
import { psProcesses } from './ps.ts';
import { isDead, type ProcessStat, readStat, TICK_MS } from './stat.ts';

/** The variable the launcher sets in the command's environment; its value is the name of the group. */
export const GROUP_MARKER = 'BABYSIT_GROUP';

export interface ProcessInfo {
  readonly pid: number;
  readonly ppid: number;
  /** The process group: the supervisor gives the command one of its own, everywhere. */
  readonly groupId: number;
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
    for (const pid of listPids(procRoot)) {
      const stat = readStat(pid, procRoot);
      if (stat === null || isDead(stat)) continue;
      const key = identityKey(stat);
      const marker = markers.get(key) ?? markerIn(readProcFile(pid, 'environ', procRoot) ?? '');
      seen.set(key, marker);
      found.push(infoOf(stat, marker));
    }
    markers = seen;
    return found;
  }

  return {
    scan(maxAgeMs) {
      if (performance.now() - takenAt > maxAgeMs) {
        last = onLinux ? scanProc() : scanPs();
        takenAt = performance.now();
      }
      return last;
    },
    memBytes({ pid, rssBytes }) {
      const status = onLinux ? readProcFile(pid, 'status', procRoot) : null;
      const parts = status?.match(/^Rss(?:Anon|Shmem):\s+\d+/gm);
      if (!parts) return rssBytes;
      return parts.reduce((sum, part) => sum + 1024 * Number(part.split(':')[1]), 0);
    },
  };
}

/** The same for one process only, also when its pid is used again. */
export function identityKey(process: { readonly pid: number; readonly startTicks: number }): string {
  return `${process.pid}:${process.startTicks}`;
}

/** The roots and every process below them, each once. */
export function withDescendants(table: readonly ProcessInfo[], roots: readonly ProcessInfo[]): ProcessInfo[] {
  const children = Map.groupBy(table, ({ ppid }) => ppid);
  const found = new Map<number, ProcessInfo>();
  const pending = [...roots];
  for (let process = pending.pop(); process; process = pending.pop()) {
    if (found.has(process.pid)) continue;
    found.set(process.pid, process);
    pending.push(...(children.get(process.pid) ?? []));
  }
  return [...found.values()];
}

const PAGE_BYTES = 4096;

/** Fields 14 to 17: user and system time, of the process and of the children it has waited for; 24: resident pages. */
export function infoOf(stat: ProcessStat, marker: string | null): ProcessInfo {
  const { pid, ppid, groupId, startTicks, field } = stat;
  const cpuTicks = field(14) + field(15) + field(16) + field(17);
  return {
    pid,
    ppid,
    groupId,
    startTicks,
    cpuUsec: cpuTicks * TICK_MS * 1000,
    rssBytes: field(24) * PAGE_BYTES,
    marker,
  };
}

function scanPs(): ProcessInfo[] {
  return psProcesses()
    .filter((process) => !isDead(process))
    .map(({ pid, ppid, groupId, cpuUsec, rssBytes }) => ({
      ...{ pid, ppid, groupId, cpuUsec, rssBytes },
      startTicks: 0,
      marker: null,
    }));
}

export function markerIn(environ: string): string | null {
  const assignment = environ.split('\0').find((entry) => entry.startsWith(`${GROUP_MARKER}=`));
  return assignment === undefined ? null : assignment.slice(GROUP_MARKER.length + 1);
}
