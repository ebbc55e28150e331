// Who ends under pressure: the causes weighed, then one victim, or nobody. Pure.
import type { TaskId } from '../core/task.ts';

export type Tier = 'above_estimate' | 'within_estimate';

/** A task as a possible cause of the pressure; `useBytes`: memory it holds, or bytes it has written. */
export interface Contender {
  readonly id: TaskId;
  readonly useBytes: number;
  readonly tier: Tier;
  /** A kill is under way: it counts as ours, but cannot be chosen again. */
  readonly isEnding: boolean;
}

export type Finding =
  | { readonly cause: 'ours'; readonly victim: TaskId }
  /** Our tasks together use less than the excess: ending them all would not end the pressure. */
  | { readonly cause: 'external' }
  /** Together they matter, but there is none whose end alone would be felt. */
  | { readonly cause: 'spread' };

/** Who uses less than this part of the excess is not worth the work that its end destroys. */
export const RELIEF_SHARE = 0.1;

/** Above estimate first, then by use; of equals the youngest, which loses the least. */
export function findCause(excessBytes: number, contenders: readonly Contender[]): Finding {
  const oursBytes = contenders.reduce((sum, { useBytes }) => sum + useBytes, 0);
  if (oursBytes < excessBytes) return { cause: 'external' };
  const [victim] = contenders
    .filter(({ isEnding, useBytes }) => !isEnding && useBytes > 0 && useBytes >= RELIEF_SHARE * excessBytes)
    .sort((a, b) => rank(a) - rank(b) || b.useBytes - a.useBytes || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
  return victim === undefined ? { cause: 'spread' } : { cause: 'ours', victim: victim.id };
}

function rank({ tier }: Contender): number {
  switch (tier) {
    case 'above_estimate':
      return 0;
    case 'within_estimate':
      return 1;
  }
}
