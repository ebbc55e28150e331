// Tells samples before which a group has done nothing, so that less need be read, from all others.
import { hasRested } from '../../cgroups/usage.ts';

/** In case a process of the group was moved out of the hierarchy that counts its CPU time (cgroup v1). */
const MAX_IDLE_SAMPLES = 4;

export class Idleness {
  #cpuUsec = 0;
  #idleSamples = 0;

  /** Once a sample. `cpuUsec`: used so far; 0 where it is not counted. */
  note(cpuUsec: number): void {
    const isIdle = hasRested(this.#cpuUsec, cpuUsec);
    this.#idleSamples = isIdle && this.#idleSamples < MAX_IDLE_SAMPLES ? this.#idleSamples + 1 : 0;
    this.#cpuUsec = cpuUsec;
  }

  /** At the last sample. False for at least every fifth. */
  get isIdle(): boolean {
    return this.#idleSamples > 0;
  }
}
