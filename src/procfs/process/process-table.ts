// Lists the processes of the host, with the marker of their task. Groups that ask at about the same time share one scan.
import { listPids, readProcFile } from '../proc-files.ts';
import { type Footprints, footprints } from './footprints.ts';
import { ProcessIndex } from './process-index.ts';
import { psProcesses } from './ps.ts';
import { isDead, type ProcessStat, readStat, TICK_MS } from './stat.ts';

/** Variable in the command's environment with the name of the group. */
export const GROUP_MARKER = 'BABYSIT_GROUP';

export interface ProcessInfo {
  readonly pid: number;
  readonly ppid: number;
  /** Process group. The supervisor gives each command its own. */
  readonly groupId: number;
  /** See `ProcessIdentity`. */
  readonly startTicks: number;
  /** Includes the children it has waited for. */
  readonly cpuUsec: number;
  readonly rssBytes: number;
  /** Value of GROUP_MARKER in the initial environment of the process. */
  readonly marker: string | null;
}

export interface ProcessTable {
  /** Processes without zombies. The scan is at most `maxAgeMs` old. */
  scan(maxAgeMs: number): ProcessIndex;
  /** Anonymous and shared memory of the process, without page cache. On macOS its physical footprint. */
  memBytes(process: ProcessInfo): number;
}

/** `ofTop`: where the process table comes from ps. */
export function processTable(
  procRoot: string,
  platform: NodeJS.Platform = process.platform,
  ofTop: Footprints | null = platform === 'darwin' ? footprints() : null,
): ProcessTable {
  let last = new ProcessIndex([]);
  let takenAt = Number.NEGATIVE_INFINITY;
  let markers = new Map<string, string | null>();
  const onLinux = platform === 'linux';

  function scanProc(): ProcessInfo[] {
    // environ does not change after exec, so it is read once per process. A process seen between fork and exec keeps its
    // parent's marker, which is the same for each descendant of a command. The command itself is known by its pid.
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
        last = new ProcessIndex(onLinux ? scanProc() : scanPs());
        takenAt = performance.now();
        ofTop?.refresh();
      }
      return last;
    },
    memBytes(info) {
      if (!onLinux) return ofTop?.bytesOf(info) ?? info.rssBytes;
      const status = readProcFile(info.pid, 'status', procRoot);
      const parts = status?.match(/^Rss(?:Anon|Shmem):\s+\d+/gm);
      if (!parts) return info.rssBytes;
      return parts.reduce((sum, part) => sum + 1024 * Number(part.split(':')[1]), 0);
    },
  };
}

/** Unique also when a pid is reused. */
export function identityKey(process: { readonly pid: number; readonly startTicks: number }): string {
  return `${process.pid}:${process.startTicks}`;
}

const PAGE_BYTES = 4096;

/** proc_pid_stat(5), fields 14 to 17: user and system time of the process and its waited-for children; 24: resident pages. */
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
    .map(({ pid, ppid, groupId, startTicks, cpuUsec, rssBytes }) => ({
      ...{ pid, ppid, groupId, startTicks, cpuUsec, rssBytes },
      marker: null,
    }));
}

export function markerIn(environ: string): string | null {
  const assignment = environ.split('\0').find((entry) => entry.startsWith(`${GROUP_MARKER}=`));
  return assignment === undefined ? null : assignment.slice(GROUP_MARKER.length + 1);
}
