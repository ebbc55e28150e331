// Detects samples at which a group was idle, so that fewer files are read for them.
import { wasIdle } from '../../cgroups/usage.ts';

/** A task may move a process out of the hierarchy that counts its CPU time (cgroup v1). */
const MAX_IDLE_SAMPLES = 4;

export class Idleness {
  /** Of the last sample. */
  cpuUsec = 0;
  /** At the first sample of this daemon; 0 when that saw the start. */
  #beforeUsec: number | null = 0;
  #idleSamples = 0;
  /** It has used CPU time between the last two samples. True where that is not counted exactly. */
  hasRun = true;

  /** Call before the first sample of an attempt that an earlier daemon started. */
  adopt(): void {
    this.#beforeUsec = null;
  }

  /** CPU time since the start or the adoption, in µs. */
  get seenUsec(): number {
    return this.cpuUsec - (this.#beforeUsec ?? 0);
  }

  /** Call once per sample. `cpuUsec` is the total CPU time in µs; 0 where it is not counted. */
  update(cpuUsec: number): void {
    this.#beforeUsec ??= cpuUsec;
    this.hasRun = !wasIdle(this.cpuUsec, cpuUsec);
    this.#idleSamples = !this.hasRun && this.#idleSamples < MAX_IDLE_SAMPLES ? this.#idleSamples + 1 : 0;
    this.cpuUsec = cpuUsec;
  }

  /** The group was idle before the last sample. False for at least every fifth sample. */
  get isIdle(): boolean {
    return this.#idleSamples > 0;
  }
}
