// The rules that the bench compares: what a run is charged, from the runs of its command that ended before it.
import { memEstimate } from '../../src/estimates/estimator.ts';
import { type History, LEVELS, predict } from '../../src/estimates/predict.ts';
import type { RunSample } from '../../src/estimates/run-sample.ts';

/** Bytes, or null when the rule knows nothing of the command. */
export type Rule = (history: History) => number | null;

export const RULES: Readonly<Record<string, Rule>> = {
  /** Every run is charged the default. */
  default: () => null,
  'largest so far': (history) => largest(mostExact(history)),
  /** A rival's rule: completed runs of the exact command. */
  'exact, completed, largest x 1.5': ({ exact }) => {
    const most = largest(exact.filter(({ memKind }) => memKind === 'peak'));
    return most === null ? null : 1.5 * most;
  },
  'first allocation (Tovar)': (history) => firstAllocation(mostExact(history)),
  'p95 x 1.15': (history) => {
    const sorted = peaksOf(mostExact(history)).sort((a, b) => a - b);
    const peak = sorted[Math.ceil(0.95 * sorted.length) - 1];
    return peak === undefined ? null : 1.15 * peak;
  },
  learned: (history) => predict(history, { statedMs: 600_000, declaredCores: null }).mem?.value ?? null,
};

function mostExact(history: History): readonly RunSample[] {
  for (const level of LEVELS) if (memEstimate(history[level]) !== null) return history[level];
  return [];
}

function peaksOf(runs: readonly RunSample[]): number[] {
  return runs.flatMap(({ memBytes, memKind }) =>
    memBytes === null ? [] : [memKind === 'cap' ? 2 * memBytes : memBytes],
  );
}

function largest(runs: readonly RunSample[]): number | null {
  const peaks = peaksOf(runs);
  return peaks.length === 0 ? null : Math.max(...peaks);
}

/**
 * The allocation with the least expected waste, when a run that exceeds it is repeated with the largest peak seen (Tovar et
 * al., IEEE TPDS 29(2), 2018).
 */
function firstAllocation(runs: readonly RunSample[]): number | null {
  const known = runs.flatMap(({ memBytes, timeMs }) => (memBytes === null ? [] : [{ memBytes, timeMs }]));
  const most = largest(runs);
  if (most === null) return null;
  const waste = (first: number) =>
    known.reduce(
      (sum, { memBytes, timeMs }) =>
        sum + timeMs * (memBytes <= first ? first - memBytes : first + most - memBytes),
      0,
    );
  const candidates = known.map(({ memBytes }) => ({ memBytes, waste: waste(memBytes) }));
  return candidates.reduce((best, one) => (one.waste < best.waste ? one : best)).memBytes;
}
