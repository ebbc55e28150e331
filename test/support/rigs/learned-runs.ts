// Runs as the estimator sees them.
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

export const NO_RUNS: History = { exact: [], shape: [], subcommand: [], elsewhere: [] };
