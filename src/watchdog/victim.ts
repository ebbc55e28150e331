// Finds the cause of memory or disk pressure, and the victim if it is one task. Pure.
import type { TaskId } from '../core/task.ts';

export type Tier = 'above_estimate' | 'within_estimate';

/** A task that may cause the pressure. `useBytes`: memory it holds, or bytes it has written. */
export interface VictimCandidate {
  readonly id: TaskId;
  readonly useBytes: number;
  readonly tier: Tier;
  /** It is being killed: its use counts, but it cannot be chosen again. */
  readonly isEnding: boolean;
}

export type Finding =
  | { readonly cause: 'ours'; readonly victim: TaskId }
  /** All tasks together use less than the excess: killing them would not end the pressure. */
  | { readonly cause: 'external' }
  /** The tasks cause the pressure together; no single kill would relieve it. */
  | { readonly cause: 'spread' };

/** A task that uses less than this part of the excess is not killed: that would relieve too little. */
export const RELIEF_SHARE = 0.1;

/** Picks tasks above their estimate first, then by use, then the youngest, which loses the least work. */
export function findCause(excessBytes: number, candidates: readonly VictimCandidate[]): Finding {
  const oursBytes = candidates.reduce((sum, { useBytes }) => sum + useBytes, 0);
  if (oursBytes < excessBytes) return { cause: 'external' };
  const [victim] = candidates
    .filter(({ isEnding, useBytes }) => !isEnding && useBytes > 0 && useBytes >= RELIEF_SHARE * excessBytes)
    .sort((a, b) => rank(a) - rank(b) || b.useBytes - a.useBytes || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
  return victim === undefined ? { cause: 'spread' } : { cause: 'ours', victim: victim.id };
}

function rank({ tier }: VictimCandidate): number {
  return tier === 'above_estimate' ? 0 : 1;
}
