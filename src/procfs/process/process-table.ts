// Lists the processes of the host, with the marker of their task. Groups that ask at about the same time share one scan.
import { listPids, readKernelFile, readProcFile } from '../proc-files.ts';
import { type Footprints, footprints } from './footprints.ts';
import { isAlive } from './process-identity.ts';
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
  /**
   * Processes without zombies. The list is at most `maxAgeMs` old; what is known of a process may be as old as its first
   * look: see `latest`.
   */
  scan(maxAgeMs: number): ProcessIndex;
  /** The process as it was at most `maxAgeMs` ago; null when it has ended. */
  latest(process: ProcessInfo, maxAgeMs: number): ProcessInfo | null;
  /** Anonymous and shared memory of the process, without page cache. On macOS its physical footprint. */
  memBytes(process: ProcessInfo): number;
}

interface Entry {
  readonly info: ProcessInfo;
  readonly seenAt: number;
  readonly readAt: number;
  /** Forks of the host until it was read. */
  readonly forks: number;
}

/** A process seen between fork and exec gets its process group and its marker later. */
const YOUNG_MS = 2000;

const EXEC_MS = 2;

/** `ofTop`: where the process table comes from ps. */
export function processTable(
  procRoot: string,
  platform: NodeJS.Platform = process.platform,
  ofTop: Footprints | null = platform === 'darwin' ? footprints() : null,
): ProcessTable {
  let last = new ProcessIndex([]);
  let takenAt = Number.NEGATIVE_INFINITY;
  let entries = new Map<number, Entry>();
  const onLinux = platform === 'linux';

  /** The pid may belong to another process: the kernel hands pids out in turn. */
  const mayBeReused = (entry: Entry, { forks, lap }: Forks) => forks - entry.forks > lap;

  /** Reads only the processes that it does not know: a host has thousands, and reading one takes 20 to 40 us. */
  function scanProc(): ProcessInfo[] {
    const now = performance.now();
    const pids = pidsNow();
    const forks = readForks(procRoot);
    const seen = new Map<number, Entry>();
    for (const pid of pids) {
      const before = entries.get(pid);
      const isKnown =
        before !== undefined && before.readAt - before.seenAt > YOUNG_MS && !mayBeReused(before, forks);
      const entry = isKnown ? before : readEntry(pid, before, now, forks.forks);
      if (entry !== null) seen.set(pid, entry);
    }
    entries = seen;
    return [...seen.values()].map(({ info }) => info);
  }

  /** Those of the last scan when no descriptor is left to list them. */
  function pidsNow(): Iterable<number> {
    try {
      return listPids(procRoot);
    } catch (error) {
      if (entries.size === 0) throw error;
      return entries.keys();
    }
  }

  function readEntry(pid: number, before: Entry | undefined, now: number, forks: number): Entry | null {
    const stat = readStat(pid, procRoot);
    if (stat === null && before !== undefined && isAlive(before.info)) return before;
    if (stat === null || isDead(stat)) return null;
    // environ does not change after exec, so it is read once per process. A process seen between fork and exec keeps its
    // parent's marker, which is the same for each descendant of a command. The command itself is known by its pid.
    const known = before?.info.startTicks === stat.startTicks ? before : null;
    const marker = known?.info.marker ?? markerIn(environOf(pid, known === null && hasMemory(stat)));
    return { info: infoOf(stat, marker), seenAt: known?.seenAt ?? now, readAt: now, forks };
  }

  /** Empty for a moment in the middle of execve(2), also for a member of a group. */
  function environOf(pid: number, mayExec: boolean): string {
    const deadline = performance.now() + (mayExec ? EXEC_MS : 0);
    for (;;) {
      const text = readProcFile(pid, 'environ', procRoot);
      if (text !== '' || performance.now() >= deadline) return text ?? '';
    }
  }

  return {
    scan(maxAgeMs) {
      const now = performance.now();
      if (now - takenAt > maxAgeMs) {
        last = new ProcessIndex(onLinux ? scanProc() : scanPs());
        takenAt = now;
        ofTop?.refresh();
      }
      return last;
    },
    latest(process, maxAgeMs) {
      const entry = entries.get(process.pid);
      // Without /proc each scan reads every process.
      if (!onLinux) return process;
      if (entry?.info.startTicks !== process.startTicks) return null;
      const now = performance.now();
      if (now - entry.readAt <= maxAgeMs) return entry.info;
      const stat = readStat(process.pid, procRoot);
      if (stat === null && isAlive(process)) return entry.info;
      if (stat === null || isDead(stat) || stat.startTicks !== process.startTicks) return null;
      const info = infoOf(stat, entry.info.marker);
      entries.set(process.pid, { ...entry, info, readAt: now });
      return info;
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

interface Forks {
  /** Since boot, of processes and threads. */
  readonly forks: number;
  /** A pid is not used again within so many forks: half of the range, because some pids are skipped. */
  readonly lap: number;
}

/** Without the counts every pid may be reused. */
function readForks(procRoot: string): Forks {
  const forks = Number(/^processes (\d+)/m.exec(readKernelFile(`${procRoot}/stat`) ?? '')?.[1] ?? Number.NaN);
  const pidMax = Number(readKernelFile(`${procRoot}/sys/kernel/pid_max`) ?? Number.NaN);
  if (Number.isNaN(forks + pidMax)) return { forks: 0, lap: -1 };
  return { forks, lap: pidMax / 2 };
}

/** Unique also when a pid is reused. */
export function identityKey(process: { readonly pid: number; readonly startTicks: number }): string {
  return `${process.pid}:${process.startTicks}`;
}

const PAGE_BYTES = 4096;

/** A kernel thread has none. */
const hasMemory = (stat: ProcessStat) => stat.field(23) > 0;

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
