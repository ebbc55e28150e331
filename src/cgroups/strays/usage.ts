// Adds the use of processes outside of a group to the counters of the group.
import type { GroupUsage, Stray } from '../port.ts';

export interface StrayUse {
  /** Without page cache, which belongs to no process. */
  readonly memBytes: number;
  /** CPU time in µs since the processes left. */
  readonly cpuUsec: number;
  readonly strays: readonly Stray[];
}

/** `usage` is null when the group was removed. Its counters are still read only when they are accessed. */
export function usageWith(usage: GroupUsage | null, use: StrayUse): GroupUsage {
  return {
    get memBytes() {
      return (usage?.memBytes ?? 0) + use.memBytes;
    },
    get memPeakCachedBytes() {
      return usage?.memPeakCachedBytes ?? null;
    },
    get memPeakBytes() {
      return usage?.memPeakBytes ?? null;
    },
    cpuUsec: (usage?.cpuUsec ?? 0) + use.cpuUsec,
    get ioReadBytes() {
      return usage?.ioReadBytes ?? null;
    },
    get ioWriteBytes() {
      return usage?.ioWriteBytes ?? null;
    },
    get pids() {
      return (usage?.pids ?? 0) + use.strays.length;
    },
    get oomKills() {
      return usage?.oomKills ?? 0;
    },
    get isOomAtOwnCap() {
      return usage?.isOomAtOwnCap ?? false;
    },
    get pidsMaxHits() {
      return usage?.pidsMaxHits ?? 0;
    },
    strays: use.strays,
  };
}
