// One reading of a group, v1 or v2: a counter is read when somebody asks what it says, for each costs a system call.
import type { Counter } from './cgroupfs.ts';
import type { GroupUsage } from './port.ts';
import { type CacheReading, type IoBytes, keyed, WorkingSet } from './usage.ts';

/** What both versions of cgroups have, each in files of its own. */
export interface Counters {
  readonly memoryPeak: Counter;
  /** The file with the line `oom_kill`. */
  readonly oomEvents: Counter;
  readonly pids: Counter;
  readonly pidsEvents: Counter;
  /** The working set; null as in GroupUsage. `cpuUsec`: what the group has used so far. */
  memBytes(cpuUsec: number): number | null;
  io(): IoBytes | null;
  /** For kernels that do not count them. */
  listPids(): readonly number[];
}

export class CountedUsage implements GroupUsage {
  readonly cpuUsec: number;
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

/** `total`: all that is charged to the group. */
export function workingSetOf(total: Counter, readCache: () => CacheReading): Counters['memBytes'] {
  const workingSet = new WorkingSet();
  return (cpuUsec) => {
    const totalBytes = total.number();
    return totalBytes === null ? null : workingSet.bytes(totalBytes, cpuUsec, readCache);
  };
}
