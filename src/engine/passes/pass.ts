// What one sampling pass measured, for its listeners: the time series, the live frames and the metrics.
import type { TaskId } from '../../core/task.ts';
import type { IoBytesPerS } from '../attempt/io-rate.ts';
import type { CpuUse } from './outside-cpu.ts';

export interface HostUse {
  readonly memTotalBytes: number;
  readonly memReserveBytes: number;
  readonly memOursBytes: number;
  readonly memOutsideBytes: number;
  /** Null until two readings exist, and where the host has no /proc/stat. */
  readonly cpu: CpuUse | null;
  /** Percent of the last ten seconds; null without PSI. CPU: some tasks stalled, else all. */
  readonly psi: {
    readonly cpuPct: number | null;
    readonly memPct: number | null;
    readonly ioPct: number | null;
  };
  /** On the disk of the state directory; null where it is not known. */
  readonly diskFreeBytes: number | null;
  readonly running: number;
  readonly pending: number;
}

export interface TaskPass {
  readonly id: TaskId;
  readonly memBytes: number;
  /** Null after only one sample. */
  readonly cpuCores: number | null;
  /** Counted every five seconds: the mean between two counts. Null until then. */
  readonly io: IoBytesPerS | null;
}

export interface Pass {
  /** Epoch ms. */
  readonly at: number;
  /** What the pass cost; null for a look at the host while no task runs. */
  readonly tookMs: number | null;
  readonly host: HostUse;
  readonly tasks: readonly TaskPass[];
}

type Listener = (pass: Pass) => void;

export class PassFeed {
  readonly #listeners = new Set<Listener>();
  readonly #onWatched: () => void;
  #watchers = 0;

  /** `onWatched`: called when passes are wanted although no task may run. */
  constructor(onWatched: () => void) {
    this.#onWatched = onWatched;
  }

  /** Passes are wanted while no task runs, too. */
  get isWatched(): boolean {
    return this.#watchers > 0;
  }

  /** Calls back after each committed pass. Returns the stop function. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Like `listen`, and keeps the passes coming while no task runs. */
  watch(listener: Listener): () => void {
    const stop = this.listen(listener);
    this.#watchers += 1;
    this.#onWatched();
    return () => {
      stop();
      this.#watchers -= 1;
    };
  }

  publish(pass: Pass): void {
    for (const listener of [...this.#listeners]) listener(pass);
  }
}
