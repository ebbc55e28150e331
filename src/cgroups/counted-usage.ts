// One reading of a group, v1 or v2: what the rules look at every second is read at once, the rest when somebody asks.
import type { Counter } from './cgroupfs.ts';
import type { GroupUsage } from './driver.ts';
import { type IoBytes, keyed, single } from './usage.ts';

/** The counters that differ between the versions of cgroups in their place only. */
export interface SharedCounters {
  /** The file with the line `oom_kill`. */
  readonly oomEvents: Counter;
  readonly memoryPeak: Counter;
  readonly io: Counter;
  readonly pids: Counter;
  readonly pidsEvents: Counter;
}

export class CountedUsage implements GroupUsage {
  readonly memBytes: number;
  readonly cpuUsec: number;
  readonly oomKills: number;
  readonly pidsMaxHits: number;
  readonly #counters: SharedCounters;
  readonly #parseIo: (text: string | null) => IoBytes | null;
  readonly #pids: () => number[];
  #io: { readonly bytes: IoBytes | null } | null = null;

  /** `pids` lists them where the kernel does not count them. */
  constructor(
    counters: SharedCounters,
    parseIo: (text: string | null) => IoBytes | null,
    pids: () => number[],
    memBytes: number,
    cpuUsec: number,
  ) {
    this.#counters = counters;
    this.#parseIo = parseIo;
    this.#pids = pids;
    this.memBytes = memBytes;
    this.cpuUsec = cpuUsec;
    this.oomKills = keyed(counters.oomEvents.read() ?? '', 'oom_kill');
    this.pidsMaxHits = keyed(counters.pidsEvents.read() ?? '', 'max');
  }

  get memPeakCachedBytes(): number | null {
    return single(this.#counters.memoryPeak.read());
  }

  get ioReadBytes(): number | null {
    return this.#readIo()?.readBytes ?? null;
  }

  get ioWriteBytes(): number | null {
    return this.#readIo()?.writeBytes ?? null;
  }

  get pids(): number {
    return single(this.#counters.pids.read()) ?? this.#pids().length;
  }

  #readIo(): IoBytes | null {
    this.#io ??= { bytes: this.#parseIo(this.#counters.io.read()) };
    return this.#io.bytes;
  }
}
