// Predicts the run times of a trace from the last runs of the same user, with the estimator of the daemon.
import { timeEstimate } from '../../src/estimates/estimator.ts';
import type { Job } from './swf.ts';

/** The quantile that a candidate for backfill is tested with: the median, or the time by which four of five runs end. */
export type Quantile = 'q50' | 'q80';

export interface LearnedTimes {
  readonly expectedMs: number;
  readonly safeMs: number;
}

interface Run {
  readonly timeMs: number;
  readonly isTimeCut: boolean;
  readonly statedMs: number;
  readonly processors: number;
}

const RUNS_MAX = 50;
/** A trace names no commands: another stated time or another size makes a run less alike. */
const OTHER_TIME = 0.1;
const OTHER_PROCESSORS = 0.3;

export class Learner {
  readonly #runs = new Map<string, Run[]>();
  readonly #quantile: Quantile;

  constructor(quantile: Quantile) {
    this.#quantile = quantile;
  }

  /** `statedMs`: what the caller stated, or what is assumed where it stated nothing. Null for the first job of a user. */
  predict({ user, processors }: Job, statedMs: number): LearnedTimes | null {
    const weight = (run: Run) =>
      (run.statedMs === statedMs ? 1 : OTHER_TIME) * (run.processors === processors ? 1 : OTHER_PROCESSORS);
    const found = timeEstimate(this.#runs.get(user) ?? [], statedMs, weight);
    if (found === null) return null;
    const { expectedMs, safeMs } = found;
    return { expectedMs, safeMs: this.#quantile === 'q50' ? expectedMs : safeMs };
  }

  /** A job that ran as long as it had asked for was cut short. */
  ended({ user, runMs, requestedMs, processors }: Job, statedMs: number): void {
    const runs = this.#runs.get(user) ?? [];
    runs.push({ timeMs: Math.max(1, runMs), isTimeCut: runMs >= requestedMs, statedMs, processors });
    if (runs.length > RUNS_MAX) runs.shift();
    this.#runs.set(user, runs);
  }
}
