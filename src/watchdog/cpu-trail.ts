// The mean CPU use of the last 15 seconds, from readings of the group's counter.

interface Reading {
  readonly usec: number;
  readonly monoMs: number;
}

export interface CpuTrail {
  /** Of the last 15 s, and the one before them. Of a time without any use the first and the last. */
  readonly readings: readonly Reading[];
  /** Counts the time before the first reading as idle: a busy start of a second is no sign of what follows. */
  readonly meanCores: number;
  /** The mean of the readings alone; null until they cover 15 s. */
  readonly coveredCores: number | null;
}

export const CPU_WINDOW_MS = 15_000;

export function newCpuTrail(reading: Reading): CpuTrail {
  return { readings: [reading], meanCores: 0, coveredCores: null };
}

export function extendCpuTrail({ readings }: CpuTrail, reading: Reading): CpuTrail {
  const sinceMs = reading.monoMs - CPU_WINDOW_MS;
  let first = readings.length - 1;
  while (first > 0 && (readings[first]?.monoMs ?? 0) > sinceMs) first -= 1;
  const isFlat = readings.at(-1)?.usec === reading.usec && readings.at(-2)?.usec === reading.usec;
  const kept = readings.slice(first, isFlat ? Math.max(first + 1, readings.length - 1) : readings.length);
  kept.push(reading);
  const oldest = kept[0] ?? reading;
  const isCovered = oldest.monoMs <= sinceMs;
  // While nothing is used, the counter has the same value at each moment between two readings.
  const isOldestFlat = isCovered && oldest.usec === kept[1]?.usec;
  const windowMs = isOldestFlat ? CPU_WINDOW_MS : Math.max(CPU_WINDOW_MS, reading.monoMs - oldest.monoMs);
  const meanCores = Math.max(0, reading.usec - oldest.usec) / 1000 / windowMs;
  return { readings: kept, meanCores, coveredCores: isCovered ? meanCores : null };
}
