// A hold of the watchdog on a running attempt, and its end. The status of the task does not change.
import { frozenSince, withPause } from '../elapsed.ts';
import type { EventMap, TaskEvent, ThawCause } from '../events.ts';
import type { ActiveState, Attempt } from '../task.ts';

export type HoldChange =
  | { readonly kind: 'hold'; readonly at: number; readonly details: EventMap['held'] }
  | { readonly kind: 'thaw'; readonly at: number; readonly cause: ThawCause };

/** Returns null when the change does not apply. */
export function applyHold(
  state: ActiveState,
  change: HoldChange,
): { readonly attempt: Attempt; readonly event: TaskEvent } | null {
  const { attempt } = state;
  const { heldAt, kill, startedAt } = attempt;
  if (change.kind === 'hold') {
    if (frozenSince(state) !== null || kill !== null || startedAt === null) return null;
    return { attempt: { ...attempt, heldAt: change.at }, event: { event: 'held', ...change.details } };
  }
  if (heldAt === null) return null;
  const heldS = Math.max(0, Math.round((change.at - heldAt) / 1000));
  return {
    attempt: withPause(state, change.at),
    event: { event: 'thawed', cause: change.cause, held_s: heldS },
  };
}
