// One line of the result: what was measured, against what, and whether the aim is met.

export type Unit = 'ms' | 'MB' | '%' | '/s';

export interface Row {
  readonly name: string;
  readonly unit: Unit;
  readonly ours: number;
  /** The same work without babysit, measured in turn with ours. Null: there is nothing to compare with. */
  readonly against: { readonly what: string; readonly value: number } | null;
  /** ours / against; for batches the median of the ratios of each pair. */
  readonly ratio: number | null;
  /** Null: shown for understanding only. */
  readonly aim: Aim | null;
  readonly samples: number;
}

export interface Aim {
  readonly of: 'ours' | 'ratio';
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

export function atMost(value: number, of: Aim['of'] = 'ours'): Aim {
  return { of, bound: 'at most', value };
}

export function atLeast(value: number, of: Aim['of'] = 'ours'): Aim {
  return { of, bound: 'at least', value };
}

/** Null where there is no aim. */
export function isMet({ aim, ours, ratio }: Row): boolean | null {
  if (aim === null) return null;
  const got = aim.of === 'ours' ? ours : ratio;
  if (got === null) return null;
  return aim.bound === 'at most' ? got <= aim.value : got >= aim.value;
}
