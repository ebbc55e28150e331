// Counts simulated submissions whose caps would be below what was declared or is the default, because of what was learned.
import { boundEstimate, perDimension } from '../../src/core/estimate.ts';
import { fillEstimate } from '../../src/estimates/fill.ts';
import { predict } from '../../src/estimates/predict.ts';
import type { RunSample } from '../../src/estimates/run-sample.ts';

const GIB = 1024 ** 3;
const DEFAULTS = { timeMs: 600_000, memBytes: 4 * GIB, cpuCores: 4 };
const KINDS = ['peak', 'cap', 'bound'] as const;
const RUNS_MAX = 8;

/** `count` random histories and requests. The result must be 0. */
export function narrowedCaps(count: number, random: () => number): number {
  const spread = (least: number, factor: number) => least * factor ** random();
  const run = (): RunSample => ({
    timeMs: spread(1, 1e8),
    isTimeCut: random() < 0.2,
    memBytes: random() < 0.1 ? null : spread(2 ** 20, 2 ** 18),
    memKind: KINDS[Math.floor(random() * KINDS.length)] ?? 'peak',
    cpuCores: random() < 0.3 ? null : spread(0.01, 10_000),
    declaredCores: random() < 0.5 ? null : spread(0.5, 64),
  });
  const runs = () => Array.from({ length: Math.floor(random() * RUNS_MAX) }, run);
  const given = (least: number, factor: number) => (random() < 0.5 ? null : spread(least, factor));
  let narrowed = 0;
  for (let i = 0; i < count; i++) {
    const declared = { timeMs: given(1, 1e8), memBytes: given(2 ** 20, 2 ** 18), cpuCores: given(0.1, 640) };
    const history = { exact: runs(), shape: runs(), subcommand: runs(), elsewhere: runs() };
    const asked = { statedMs: declared.timeMs ?? DEFAULTS.timeMs, declaredCores: declared.cpuCores };
    const bound = boundEstimate(
      fillEstimate({
        declared,
        defaults: DEFAULTS,
        prediction: predict(history, asked),
        ofKind: null,
        mode: random() < 0.5 ? 'declared' : 'learned',
        most: { memBytes: spread(GIB, 256), cpuCores: spread(1, 64) },
        advice: [],
      }),
    );
    const isNarrowed = perDimension((dim) => bound[dim] < (declared[dim] ?? DEFAULTS[dim]));
    if (isNarrowed.timeMs || isNarrowed.memBytes || isNarrowed.cpuCores) narrowed += 1;
  }
  return narrowed;
}
