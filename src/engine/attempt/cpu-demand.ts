// How many cores a task wants and gets, from two counts of its threads.
import type { CpuCount } from '../../procfs/process/member-counters.ts';
import type { Demand } from '../../watchdog/starvation.ts';

/** The kernel counts a wait when it ends, so a shorter time is noise. */
const MIN_INTERVAL_MS = 2_000;
/** Timers and keep-alives. */
const IDLE_CORES = 0.02;

export class CpuDemand {
  #last: { readonly cpu: CpuCount; readonly monoMs: number } | null = null;
  #now: Demand | null = null;

  /** Between the last two counts; null until then, and when it was idle. */
  get now(): Demand | null {
    return this.#now;
  }

  /** `cpu`: all threads so far. */
  count(cpu: CpuCount, monoMs: number): void {
    const last = this.#last;
    const intervalMs = last === null ? 0 : monoMs - last.monoMs;
    if (last !== null && intervalMs < MIN_INTERVAL_MS) return;
    if (last !== null) {
      const gotCores = Math.max(0, cpu.ranMs - last.cpu.ranMs) / intervalMs;
      const readyCores = gotCores + Math.max(0, cpu.waitedMs - last.cpu.waitedMs) / intervalMs;
      this.#now = readyCores < IDLE_CORES ? null : { readyCores, gotCores };
    }
    this.#last = { cpu, monoMs };
  }
}
