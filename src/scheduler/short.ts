// What counts as a short task: only it starts express, and only it is charged no cores then.
import type { Demand } from './items.ts';

const MAX_TIME_MS = 30_000;
const MAX_KILL_TIMEOUT_MS = 60_000;
const MAX_CORES = 1;

/** Short enough for an express start, memory aside. */
export function isShort({ need, timeMs, killTimeoutMs }: Demand): boolean {
  return timeMs <= MAX_TIME_MS && killTimeoutMs <= MAX_KILL_TIMEOUT_MS && need.cpuCores <= MAX_CORES;
}
