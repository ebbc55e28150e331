// The input and the result of a benchmark: rows of a measured value, a comparison and an aim.

export interface Run {
  /** Take fewer samples: enough for a check, not for a published figure. */
  readonly isQuick: boolean;
  progress(done: number, of: number): void;
}

export type Benchmark = (run: Run) => Promise<Row[]>;

export type Unit = 'ms' | 'KB' | 'MB' | '%' | '/s' | 'MB/s';

export interface Row {
  readonly name: string;
  readonly unit: Unit;
  readonly ours: number;
  readonly samples: number;
  /** The same work without babysit, measured alternately with ours; null without a comparison. */
  readonly against: { readonly what: string; readonly value: number } | null;
  /** ours / against; for batches the median of the ratios of each pair. */
  readonly ratio: number | null;
  /** Null for a row that only explains others. */
  readonly aim: Aim | null;
}

export interface Aim {
  readonly of: 'ours' | 'ratio';
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

/** A row without comparison, ratio and aim, except those in `more`. */
export function row(
  name: string,
  unit: Unit,
  ours: number,
  samples: number,
  more: Partial<Pick<Row, 'against' | 'ratio' | 'aim'>> = {},
): Row {
  return { name, unit, ours, samples, against: null, ratio: null, aim: null, ...more };
}

export function atMost(value: number, of: Aim['of'] = 'ours'): Aim {
  return { of, bound: 'at most', value };
}

export function atLeast(value: number, of: Aim['of'] = 'ours'): Aim {
  return { of, bound: 'at least', value };
}

/** Returns null without an aim. */
export function isMet({ aim, ours, ratio }: Row): boolean | null {
  if (aim === null) return null;
  const value = aim.of === 'ours' ? ours : ratio;
  if (value === null) return null;
  return aim.bound === 'at most' ? value <= aim.value : value >= aim.value;
}
