// What an attempt used in all, from the counters of its group and of its processes.
import type { GroupUsage } from '../../cgroups/port.ts';
import type { Usage } from '../../core/task.ts';
import type { IoCount } from '../../procfs/process/member-counters.ts';
import type { WatchState } from '../../watchdog/state.ts';

/** With fewer samples, or after an OOM kill, the kernel's high-water mark is more exact than the sampled peak. */
const ENOUGH_SAMPLES = 2;

export function toUsage(
  usage: GroupUsage,
  state: WatchState | null,
  samples: number,
  io: IoCount | null,
  waitPerCpuSecond: number | null,
  oom: Usage['oom'],
): Usage {
  const { oomKills } = usage;
  const isKernelBetter = samples < ENOUGH_SAMPLES || oom !== null;
  const sampledBytes = samples > 0 ? (state?.peakMemBytes ?? 0) : null;
  const kernelBytes = isKernelBetter ? usage.memPeakBytes : null;
  const cpuSeconds = usage.cpuUsec / 1e6;
  return {
    peakMemBytes: kernelBytes === null ? sampledBytes : Math.max(kernelBytes, sampledBytes ?? 0),
    peakMemCachedBytes: usage.memPeakCachedBytes,
    cpuSeconds,
    cpuWaitSeconds: waitPerCpuSecond === null ? null : cpuSeconds * waitPerCpuSecond,
    ioReadBytes: io?.readBytes ?? null,
    ioWriteBytes: io?.writtenBytes ?? null,
    oomKills,
    oom,
    peakCpuCores: state?.peakCpuCores ?? null,
  };
}

/** No source counts too much: a group misses buffered writes (v1), a process those of children it did not wait for. */
export function mostIo(usage: GroupUsage, ...counts: readonly (IoCount | null)[]): IoCount | null {
  const { ioReadBytes, ioWriteBytes } = usage;
  const all = counts.filter((count) => count !== null);
  if (ioReadBytes !== null || ioWriteBytes !== null)
    all.push({ readBytes: ioReadBytes ?? 0, writtenBytes: ioWriteBytes ?? 0 });
  if (all.length === 0) return null;
  return {
    readBytes: Math.max(...all.map(({ readBytes }) => readBytes)),
    writtenBytes: Math.max(...all.map(({ writtenBytes }) => writtenBytes)),
  };
}
