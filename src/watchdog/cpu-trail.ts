// The mean CPU use of the last 15 seconds, from readings of the group's counter.

interface Reading {
  readonly usec: number;
  readonly monoMs: number;
}

export interface CpuTrail {
  /** Of the last 15 s, and the one before them. */
  readonly readings: readonly Reading[];
  /** Counts the time before the first reading as idle: a busy start of a second is no sign of what follows. */
  readonly meanCores: number;
}

export const CPU_WINDOW_MS = 15_000;

export function newCpuTrail(reading: Reading): CpuTrail {
  return { readings: [reading], meanCores: 0 };
}

export function extendCpuTrail({ readings }: CpuTrail, reading: Reading): CpuTrail {
  const before = readings.findLastIndex(({ monoMs }) => reading.monoMs - monoMs >= CPU_WINDOW_MS);
  const kept = [...readings.slice(Math.max(0, before)), reading];
  const [oldest = reading] = kept;
  const windowMs = Math.max(CPU_WINDOW_MS, reading.monoMs - oldest.monoMs);
  return { readings: kept, meanCores: Math.max(0, reading.usec - oldest.usec) / 1000 / windowMs };
}
