// How much of a task's time the host did not run it, although it was ready. Pure.

/** Means over the last few seconds. */
export interface Demand {
  /** Threads that ran or were ready to. */
  readonly readyCores: number;
  /** CPU time that they got. */
  readonly gotCores: number;
}

/** Silence always counts at this rate or faster, so a task that spins on a busy host is found too. */
const LEAST_RATE = 0.1;

/**
 * The part of the time, 0 to 0.9, in which the task was ready and got no CPU. Threads above the estimate have no claim: a
 * task that gets its estimate is not starved.
 */
export function starvedPart(demand: Demand | null, claimedCores: number): number {
  if (demand === null) return 0;
  const wantedCores = Math.min(demand.readyCores, claimedCores);
  if (!(wantedCores > 0) || demand.gotCores >= wantedCores) return 0;
  const readyPart = Math.min(1, demand.readyCores);
  return Math.min(1 - LEAST_RATE, readyPart * (1 - demand.gotCores / wantedCores));
}

/** What a task has used and waited for since its start. */
export interface Served {
  readonly cpuUsec: number;
  /** Seconds ready without CPU for each second of CPU time; null: not measured. */
  readonly waitPerCpuSecond: number | null;
}

/** The share of the CPU time that it wanted over its running time, in percent; null when it got most of it, or not measured. */
export function lowOverallSharePct(
  { cpuUsec, waitPerCpuSecond }: Served,
  elapsedMs: number,
  claimedCores: number,
): number | null {
  if (waitPerCpuSecond === null || elapsedMs <= 0) return null;
  const gotCores = cpuUsec / 1000 / elapsedMs;
  const demand = { gotCores, readyCores: gotCores * (1 + waitPerCpuSecond) };
  return lowSharePct(starvedPart(demand, claimedCores), 1);
}

/** A smaller share is worth a word: below it a healthy task looks slow or silent. */
const STARVED_BELOW_PCT = 75;

/** The share of the CPU time that it wanted over `ms`, in percent; null when it got most of it. */
export function lowSharePct(starvedMs: number, ms: number): number | null {
  const pct = ms > 0 ? Math.round(100 * (1 - starvedMs / ms)) : 100;
  return pct < STARVED_BELOW_PCT ? pct : null;
}
