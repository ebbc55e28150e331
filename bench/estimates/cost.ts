// Measures the cost of one prediction: the key of a command, and the estimates from full histories.
import { RUNS_MAX } from '../../src/estimates/estimator.ts';
import { commandKey } from '../../src/estimates/key.ts';
import { predict } from '../../src/estimates/predict.ts';
import type { RunSample } from '../../src/estimates/run-sample.ts';
import { median } from '../support/statistics.ts';

const LINE =
  'cd /w/p && PYTHONPATH=. timeout 600 python3 -m pytest tests/unit -x -q -k "a or b" 2>&1 | tail -n 20';
const ROUNDS = 200;
const BATCH = 50;

export function predictionCostUs(): { readonly key: number; readonly predict: number } {
  const runs = Array.from(
    { length: RUNS_MAX },
    (_, index): RunSample => ({
      timeMs: 30_000 + ((index * 7919) % 20_000),
      isTimeCut: index % 9 === 0,
      memBytes: 2 ** 30 + ((index * 104_729) % 2 ** 28),
      memKind: index % 11 === 0 ? 'cap' : index % 9 === 0 ? 'bound' : 'peak',
      cpuCores: 1 + (index % 4),
      declaredCores: index % 2 === 0 ? 2 : null,
    }),
  );
  const history = { exact: [], shape: runs, subcommand: runs, elsewhere: runs };
  return {
    key: microseconds((round) => commandKey({ kind: 'shell', line: `${LINE} ${round}` })),
    predict: microseconds(() => predict(history, { statedMs: 600_000, declaredCores: 2 })),
  };
}

/** The median over batches, after a warm-up. */
function microseconds(work: (round: number) => unknown): number {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    for (let i = 0; i < BATCH; i++) work(round * BATCH + i);
    times.push((1000 * (performance.now() - begin)) / BATCH);
  }
  return median(times.slice(ROUNDS / 4));
}
