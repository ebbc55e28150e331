// Measures the CPU that programs outside of all tasks use: the mean of 15 s of the busy time less that of the tasks.
import type { Clock } from '../../core/clock.ts';
import { type CpuTrail, extendCpuTrail, newCpuTrail } from '../../watchdog/cpu-trail.ts';

/** An idle daemon takes no samples: one read so often keeps the mean ready for the next submission. */
const IDLE_LOOK_MS = 5000;

export interface OutsideCpuDeps {
  readonly clock: Clock;
  /** CPU time of all programs on the cores that tasks may use. */
  readonly readBusyUsec: (() => number | null) | null;
  /** The setting; it may change. False: the mean is 0. */
  readonly countsOutsideCpu: boolean;
}

/** Cores in use between the last two looks. */
export interface CpuUse {
  readonly cores: number;
  readonly oursCores: number;
  readonly outsideCores: number;
}

/** A clock with ticks of 10 ms measures a shorter time too coarsely. */
const LEAST_MS = 200;

export interface TasksCpu {
  /** CPU time of all attempts that this daemon has sampled, those that ended included. */
  readonly cpuUsec: number;
  readonly count: number;
}

export class OutsideCpu {
  readonly #deps: OutsideCpuDeps;
  readonly #tasks: TasksCpu;
  readonly #timer: NodeJS.Timeout | null;
  #trail: CpuTrail | null = null;
  #last: { readonly busyUsec: number; readonly oursUsec: number; readonly monoMs: number } | null = null;
  #use: CpuUse | null = null;

  /** `looked`: called after a look while no attempt is live. */
  constructor(deps: OutsideCpuDeps, tasks: TasksCpu, looked: () => void) {
    this.#deps = deps;
    this.#tasks = tasks;
    const lookIfIdle = () => {
      if (tasks.count > 0) return;
      this.look();
      looked();
    };
    this.#timer = deps.readBusyUsec === null ? null : setInterval(lookIfIdle, IDLE_LOOK_MS).unref();
    this.look();
  }

  /** The time before the first reading counts as idle, so the mean of a new daemon rises over 15 s. */
  get meanCores(): number {
    return this.#deps.countsOutsideCpu ? (this.#trail?.meanCores ?? 0) : 0;
  }

  /** Null before the second look and where the host does not count it. */
  get use(): CpuUse | null {
    return this.#use;
  }

  /** While attempts are live, call it after they were sampled: both counters must be of the same moment. */
  look(): void {
    const busyUsec = this.#deps.readBusyUsec?.() ?? null;
    if (busyUsec === null) {
      [this.#trail, this.#last, this.#use] = [null, null, null];
      return;
    }
    const [oursUsec, { monoMs }] = [this.#tasks.cpuUsec, this.#deps.clock.now()];
    const reading = { usec: busyUsec - oursUsec, monoMs };
    this.#trail = this.#trail === null ? newCpuTrail(reading) : extendCpuTrail(this.#trail, reading);
    const sinceMs = this.#last === null ? null : monoMs - this.#last.monoMs;
    if (this.#last !== null && sinceMs !== null && sinceMs < LEAST_MS) return;
    if (this.#last !== null && sinceMs !== null) {
      const cores = Math.max(0, busyUsec - this.#last.busyUsec) / 1000 / sinceMs;
      const oursCores = Math.max(0, oursUsec - this.#last.oursUsec) / 1000 / sinceMs;
      this.#use = { cores, oursCores, outsideCores: Math.max(0, cores - oursCores) };
    }
    this.#last = { busyUsec, oursUsec, monoMs };
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
