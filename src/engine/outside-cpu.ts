// Measures the CPU that programs outside of all tasks use: the mean of 15 s of the busy time less that of the tasks.
import type { Clock } from '../core/clock.ts';
import { type CpuTrail, extendCpuTrail, newCpuTrail } from '../watchdog/cpu-trail.ts';

/** An idle daemon takes no samples: one read so often keeps the mean ready for the next submission. */
const IDLE_LOOK_MS = 5000;

export interface OutsideCpuDeps {
  readonly clock: Clock;
  /** CPU time of all programs on the cores that tasks may use. It gives null while the setting does not count it. */
  readonly readBusyUsec: (() => number | null) | null;
}

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

  constructor(deps: OutsideCpuDeps, tasks: TasksCpu) {
    this.#deps = deps;
    this.#tasks = tasks;
    const lookIfIdle = () => {
      if (tasks.count === 0) this.look();
    };
    this.#timer = deps.readBusyUsec === null ? null : setInterval(lookIfIdle, IDLE_LOOK_MS).unref();
    this.look();
  }

  /** The time before the first reading counts as idle, so the mean of a new daemon rises over 15 s. */
  get meanCores(): number {
    return this.#trail?.meanCores ?? 0;
  }

  /** While attempts are live, call it after they were sampled: both counters must be of the same moment. */
  look(): void {
    const busyUsec = this.#deps.readBusyUsec?.() ?? null;
    if (busyUsec === null) {
      this.#trail = null;
      return;
    }
    const reading = { usec: busyUsec - this.#tasks.cpuUsec, monoMs: this.#deps.clock.now().monoMs };
    this.#trail = this.#trail === null ? newCpuTrail(reading) : extendCpuTrail(this.#trail, reading);
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
