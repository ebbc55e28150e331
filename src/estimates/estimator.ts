// Estimates the use of the next run from earlier ones: weighted quantiles, and Kaplan-Meier for times that were cut short.
// The weight of a run depends on its place in the order of ends, never on a clock.
import type { RunSample } from './run-sample.ts';

/** The most runs kept for a key, and the half-life of their weight in runs. */
export const RUNS_MAX = 50;
const HALF_LIFE_RUNS = 15;

/** Memory is charged at this quantile x (MEM_MARGIN + MEM_MARGIN_OF_FEW / n). */
const MEM_QUANTILE = 0.95;
const MEM_MARGIN = 1.1;
const MEM_MARGIN_OF_FEW = 0.5;
/** A run killed at its cap would have used more: it counts as this multiple of the cap. */
const CUT_MEM_FACTOR = 2;
export const MEM_LEAST_BYTES = 256 * 1024 ** 2;

/** Times use fewer runs than memory: they drift with the machine and the work. */
const TIME_RUNS = 20;
const TIME_HALF_LIFE_RUNS = 5;
const EXPECTED_QUANTILE = 0.5;
const SAFE_QUANTILE = 0.8;

const CPU_QUANTILE = 0.75;
const CPU_LEAST_CORES = 0.1;

export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** The smallest value whose share of the weight up to and including it is at least `q`. Null without values. */
export function weightedQuantile(values: readonly Weighted[], q: number): number | null {
  const sorted = values.toSorted((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let reached = 0;
  for (const { value, weight } of sorted) {
    reached += weight;
    // The sum of the weights carries rounding errors.
    if (reached >= q * total * (1 - 1e-12)) return value;
  }
  return sorted.at(-1)?.value ?? null;
}

/** 0.5^(age / halfLife), age in runs: 0 for the newest. */
function recency(age: number, halfLife: number): number {
  return 0.5 ** (age / halfLife);
}

export interface MemEstimate {
  readonly bytes: number;
  /** The runs that it rests on. */
  readonly n: number;
}

/**
 * Bytes to charge: the recency-weighted 95th percentile x (1.1 + 0.5 / n), at least 256 MiB. `runs`: oldest first. A run
 * killed for its memory counts as 2 x its cap, and the result is no less: the percentile of many runs leaves a single kill
 * out after the next run, and then kills again at the same size. The peak of a run killed for another reason counts only above the
 * percentile. Null when no run was measured.
 */
export function memEstimate(runs: readonly RunSample[]): MemEstimate | null {
  const values: Weighted[] = [];
  const bounds: Weighted[] = [];
  let needOfKilled = 0;
  for (const [age, { memBytes, memKind }] of runs.slice(-RUNS_MAX).reverse().entries()) {
    if (memBytes === null) continue;
    const weight = recency(age, HALF_LIFE_RUNS);
    const value = memKind === 'cap' ? CUT_MEM_FACTOR * memBytes : memBytes;
    if (memKind === 'cap') needOfKilled = Math.max(needOfKilled, value);
    (memKind === 'bound' ? bounds : values).push({ value, weight });
  }
  const known = weightedQuantile(values, MEM_QUANTILE) ?? Number.NEGATIVE_INFINITY;
  const counted = [...values, ...bounds.filter(({ value }) => value > known)];
  const quantile = weightedQuantile(counted, MEM_QUANTILE);
  if (quantile === null) return null;
  const n = counted.length;
  const usual = Math.ceil(quantile * (MEM_MARGIN + MEM_MARGIN_OF_FEW / n));
  return { bytes: Math.max(MEM_LEAST_BYTES, usual, needOfKilled), n };
}

export interface TimeSample {
  readonly timeMs: number;
  /** Right-censored: the run would have taken longer. */
  readonly isCut: boolean;
  readonly weight: number;
}

/**
 * The time by which the share `q` of the runs ends, from the product-limit estimator of Kaplan and Meier (JASA 53, 1958)
 * with weights: S(t) is the product over the times of ends of 1 - ended / at risk. Null where the curve does not fall to 1 - q.
 */
export function kaplanMeierQuantile(samples: readonly TimeSample[], q: number): number | null {
  // An end comes before a cut at the same time: the cut run was still at risk.
  const sorted = samples.toSorted((a, b) => a.timeMs - b.timeMs || Number(a.isCut) - Number(b.isCut));
  let atRisk = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let survival = 1;
  for (const { timeMs, isCut, weight } of sorted) {
    if (!isCut) survival *= Math.max(0, 1 - weight / atRisk);
    atRisk -= weight;
    if (!isCut && survival <= 1 - q + 1e-9) return timeMs;
  }
  return null;
}

export interface TimeEstimate {
  /** Half of the runs end by then. */
  readonly expectedMs: number;
  /** Four of five runs end by then. */
  readonly safeMs: number;
  readonly n: number;
}

/**
 * `runs`: oldest first; `statedMs`: the declared or default time. Where the curve does not fall to a quantile, it is the longest
 * time seen, at least `statedMs`. `weight` rates how much a run resembles the next one, 0 to 1.
 */
export function timeEstimate<R extends Pick<RunSample, 'timeMs' | 'isTimeCut'>>(
  runs: readonly R[],
  statedMs: number,
  weight: (run: R) => number = () => 1,
): TimeEstimate | null {
  const samples = runs
    .slice(-TIME_RUNS)
    .reverse()
    .map((run, age) => ({
      timeMs: run.timeMs,
      isCut: run.isTimeCut,
      weight: recency(age, TIME_HALF_LIFE_RUNS) * weight(run),
    }));
  if (samples.length === 0) return null;
  const longestMs = samples.reduce((most, { timeMs }) => Math.max(most, timeMs), statedMs);
  const expectedMs = kaplanMeierQuantile(samples, EXPECTED_QUANTILE) ?? longestMs;
  const safeMs = kaplanMeierQuantile(samples, SAFE_QUANTILE) ?? longestMs;
  return { expectedMs, safeMs: Math.max(expectedMs, safeMs), n: samples.length };
}

/** Cores to charge: the recency-weighted 75th percentile of CPU time / running time, at least 0.1. `runs`: oldest first. */
export function cpuEstimate(
  runs: readonly RunSample[],
): { readonly cores: number; readonly n: number } | null {
  const values = runs
    .slice(-RUNS_MAX)
    .reverse()
    .flatMap(({ cpuCores }, age) =>
      cpuCores === null ? [] : [{ value: cpuCores, weight: recency(age, HALF_LIFE_RUNS) }],
    );
  const quantile = weightedQuantile(values, CPU_QUANTILE);
  if (quantile === null) return null;
  return { cores: Math.max(CPU_LEAST_CORES, Math.ceil(quantile * 100) / 100), n: values.length };
}
