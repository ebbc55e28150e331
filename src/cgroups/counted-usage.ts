// One reading of a v1 or v2 group. A counter is read only when it is accessed, because each read is a system call.
import type { Counter } from './cgroupfs.ts';
import type { GroupUsage } from './port.ts';
import { type CacheReading, type IoBytes, keyed, WorkingSet } from './usage.ts';

export interface Counters {
  readonly memoryPeak: Counter;
  /** The file with the line `oom_kill`, which counts the OOM kills of every cause. */
  readonly oomEvents: Counter;
  isOomAtOwnCap(): boolean;
  readonly pids: Counter;
  readonly pidsEvents: Counter;
  /** Reclaimable memory in bytes, read now. */
  cacheBytes(): number;
  /** The working set; null as in GroupUsage. `cpuUsec`: CPU time of the group. */
  memBytes(cpuUsec: number): number | null;
  io(): IoBytes | null;
  /** For kernels that do not count processes. */
  listPids(): readonly number[];
}

export class CountedUsage implements GroupUsage {
  readonly cpuUsec: number;
  readonly strays = [];
  readonly #counters: Counters;
  #io: { readonly bytes: IoBytes | null } | null = null;

  constructor(counters: Counters, cpuUsec: number) {
    this.#counters = counters;
    this.cpuUsec = cpuUsec;
  }

  get memBytes(): number | null {
    return this.#counters.memBytes(this.cpuUsec);
  }

  get memPeakCachedBytes(): number | null {
    return this.#counters.memoryPeak.number();
  }

  get memPeakBytes(): number | null {
    const peakBytes = this.memPeakCachedBytes;
    return peakBytes === null ? null : Math.max(0, peakBytes - this.#counters.cacheBytes());
  }

  get isOomAtOwnCap(): boolean {
    return this.#counters.isOomAtOwnCap();
  }

  get oomKills(): number {
    return keyed(this.#counters.oomEvents.read() ?? '', 'oom_kill');
  }

  get pidsMaxHits(): number {
    return keyed(this.#counters.pidsEvents.read() ?? '', 'max');
  }

  get ioReadBytes(): number | null {
    return this.#readIo()?.readBytes ?? null;
  }

  get ioWriteBytes(): number | null {
    return this.#readIo()?.writeBytes ?? null;
  }

  get pids(): number {
    return this.#counters.pids.number() ?? this.#counters.listPids().length;
  }

  #readIo(): IoBytes | null {
    this.#io ??= { bytes: this.#counters.io() };
    return this.#io.bytes;
  }
}

/** `total`: all memory charged to the group. */
export function workingSetOf(total: Counter, readCache: () => CacheReading): Counters['memBytes'] {
  const workingSet = new WorkingSet();
  return (cpuUsec) => {
    const totalBytes = total.number();
    return totalBytes === null ? null : workingSet.bytes(totalBytes, cpuUsec, readCache);
  };
}
