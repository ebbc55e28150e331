// Fills in what a request leaves out: from earlier runs, else by the kind of command, else from the defaults.

import { roundUpMem } from '../core/answers/suggest.ts';
import {
  type Advice,
  type Dimension,
  type Estimate,
  type EstimateBasis,
  type EstimateSource,
  type LearnedValue,
  type PerDimension,
  perDimension,
} from '../core/estimate.ts';
import type { Prediction } from './predict.ts';

export interface Filling {
  /** Null: omitted. */
  readonly declared: PerDimension<number | null>;
  readonly defaults: Estimate;
  /** Null: what was learned is not used. */
  readonly prediction: Prediction | null;
  /** The first estimate for this kind of command; null: none. */
  readonly ofKind: Estimate | null;
  /** What is charged where a value was declared and one was learned. */
  readonly mode: 'declared' | 'learned';
  /** The largest memory and CPU that the host and the limits of the task admit. */
  readonly most: Pick<Estimate, 'memBytes' | 'cpuCores'>;
  readonly advice: readonly Advice[];
}

export interface Filled {
  readonly estimate: Estimate;
  readonly basis: EstimateBasis;
}

const SECOND_MS = 1000;

/** `boundEstimate` of the result is at least the declared or default value in each dimension. */
export function fillEstimate(filling: Filling): Filled {
  const { declared, defaults, ofKind, mode, advice } = filling;
  const learned = learnedValues(filling);
  // A small host, or a task around this one, has lower defaults.
  const kind = ofKind && perDimension((dim) => Math.min(ofKind[dim], defaults[dim]));
  const choose = (dim: Dimension): readonly [EstimateSource, number] => {
    const own = declared[dim];
    const known = learned[dim];
    if (known !== null && (own === null || mode === 'learned')) return ['learned', known.value];
    if (own !== null) return ['declared', own];
    return kind === null ? ['default', defaults[dim]] : ['rule', kind[dim]];
  };
  return {
    estimate: perDimension((dim) => choose(dim)[1]),
    basis: {
      stated: perDimension((dim) => declared[dim] ?? defaults[dim]),
      from: perDimension((dim) => choose(dim)[0]),
      learned,
      expectedTimeMs: filling.prediction?.time?.value.expectedMs ?? null,
      ...(advice.length === 0 ? {} : { advice }),
    },
  };
}

/** Rounded up to values that print exactly, at most what is admitted. */
function learnedValues({ prediction, most }: Filling): PerDimension<LearnedValue | null> {
  const { mem = null, time = null, cpu = null } = prediction ?? {};
  return {
    timeMs: time && { ...time, value: SECOND_MS * Math.ceil(time.value.safeMs / SECOND_MS) },
    memBytes: mem && { ...mem, value: Math.min(roundUpMem(mem.value), most.memBytes) },
    cpuCores: cpu && { ...cpu, value: Math.min(cpu.value, most.cpuCores) },
  };
}
