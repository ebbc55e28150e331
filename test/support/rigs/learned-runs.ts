// Runs as the estimator sees them.
import fc from 'fast-check';
import type { History } from '../../../src/estimates/predict.ts';
import type { RunSample } from '../../../src/estimates/run-sample.ts';

/** By default 30 s, 1 GiB, one core, ended by itself. */
export function aRun(changes: Partial<RunSample> = {}): RunSample {
  return {
    timeMs: 30_000,
    isTimeCut: false,
    memBytes: 1024 ** 3,
    memKind: 'peak',
    cpuCores: 1,
    declaredCores: null,
    ...changes,
  };
}

export const anyRun = fc.record({
  timeMs: fc.integer({ min: 1, max: 1e9 }),
  isTimeCut: fc.boolean(),
  memBytes: fc.option(fc.integer({ min: 0, max: 2 ** 45 })),
  memKind: fc.constantFrom('peak' as const, 'cap' as const, 'bound' as const),
  cpuCores: fc.option(fc.float({ min: 0, max: 256, noNaN: true })),
  declaredCores: fc.option(fc.integer({ min: 1, max: 64 })),
});

export const NO_RUNS: History = { exact: [], shape: [], subcommand: [], elsewhere: [] };
