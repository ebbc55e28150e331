// Predicts the use of a command from the runs of its key: the most exact level with enough runs decides.
import { LEARNED_LEVELS, type LearnedLevel } from '../core/estimate.ts';
import { cpuEstimate, memEstimate, type TimeEstimate, timeEstimate } from './estimator.ts';
import type { RunSample } from './run-sample.ts';

/** Never the project alone: the error of the median is then a factor of 4.7. */
export const LEVELS = LEARNED_LEVELS;

/** The least number of runs at a level. The margin for few runs protects the estimate from a single one. */
const LEAST_RUNS: Readonly<Record<LearnedLevel, number>> = {
  exact: 1,
  shape: 1,
  subcommand: 1,
  elsewhere: 3,
};

/**
 * Fewer runs of the exact command give way to so many of its shape: the next run is above the largest of n with a
 * probability of 1 / (n + 1), while the medians of the two levels are wrong by 1.6 and 1.8.
 */
const ENOUGH_RUNS = 3;

/**
 * The times that a forecast assumes. `statedMs`: what the caller declared, else the default. Fewer than ENOUGH_RUNS runs are
 * averaged with it, on a logarithmic scale, because times differ by factors: n of 3 parts are learned. Until then the slow
 * end of the range is no less than the stated time, because one run shows no spread.
 */
export function forecastTimes(
  { expectedMs, safeMs, n }: TimeEstimate,
  statedMs: number,
): { readonly p50Ms: number; readonly p90Ms: number } {
  if (n >= ENOUGH_RUNS) return { p50Ms: expectedMs, p90Ms: safeMs };
  const share = n / ENOUGH_RUNS;
  return {
    p50Ms: Math.round(expectedMs ** share * statedMs ** (1 - share)),
    p90Ms: Math.max(safeMs, statedMs),
  };
}

/** The ended runs of a command at each level, oldest first. */
export type History = Readonly<Record<LearnedLevel, readonly RunSample[]>>;

/** One dimension: what was learned, at which level, from how many runs. */
export interface Learned<T> {
  readonly value: T;
  readonly level: LearnedLevel;
  readonly n: number;
}

export interface Prediction {
  /** Bytes to charge. */
  readonly mem: Learned<number> | null;
  readonly time: Learned<{ readonly expectedMs: number; readonly safeMs: number }> | null;
  /** Cores to charge. */
  readonly cpu: Learned<number> | null;
}

export interface Asked {
  /** The declared or default time, in ms. */
  readonly statedMs: number;
  /** Null when the caller omitted them. */
  readonly declaredCores: number | null;
}

/** A declared number of cores that differs by this factor makes another command: `make -j8`, `make -j1`. */
const OTHER_CORES = 2;

/** Null in a dimension without enough measured runs at any level. */
export function predict(history: History, { statedMs, declaredCores }: Asked): Prediction {
  const first = <T extends { readonly n: number }>(
    estimate: (runs: readonly RunSample[]) => T | null,
  ): (T & { readonly level: LearnedLevel }) | null => {
    const at = (level: LearnedLevel) => {
      const found = estimate(alike(history[level], declaredCores));
      return found !== null && found.n >= LEAST_RUNS[level] ? { ...found, level } : null;
    };
    for (const level of LEVELS) {
      const found = at(level);
      if (found === null) continue;
      const shape = level === 'exact' && found.n < ENOUGH_RUNS ? at('shape') : null;
      return shape !== null && shape.n >= ENOUGH_RUNS ? shape : found;
    }
    return null;
  };
  const mem = first(memEstimate);
  const time = first((runs) => timeEstimate(runs, statedMs));
  const cpu = first(cpuEstimate);
  return {
    mem: mem && { value: mem.bytes, level: mem.level, n: mem.n },
    time: time && {
      value: { expectedMs: time.expectedMs, safeMs: time.safeMs },
      level: time.level,
      n: time.n,
    },
    cpu: cpu && { value: cpu.cores, level: cpu.level, n: cpu.n },
  };
}

/** The runs with a comparable number of declared cores, or with none declared. All runs when none is left. */
function alike(runs: readonly RunSample[], cores: number | null): readonly RunSample[] {
  if (cores === null) return runs;
  const kept = runs.filter(
    ({ declaredCores }) =>
      declaredCores === null || Math.max(declaredCores / cores, cores / declaredCores) < OTHER_CORES,
  );
  return kept.length === 0 ? runs : kept;
}
