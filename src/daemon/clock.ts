// The real clock.
import type { Clock } from '../core/clock.ts';

/** `performance.now()` is CLOCK_MONOTONIC on Linux: it does not jump and does not run while the machine sleeps. */
export const realClock: Clock = {
  // biome-ignore lint/plugin/no-wall-clock: this is the clock
  now: () => ({ wallMs: Date.now(), monoMs: performance.now() }),
};
