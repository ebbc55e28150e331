// The watchdog limits a running attempt to its CPU estimate, and gives it back the limit of its envelope.
import type { Estimate } from '../estimate.ts';
import type { EventMap, TaskEvent, UnthrottleCause } from '../events.ts';
import type { Attempt } from '../task.ts';

export type ThrottleChange =
  | {
      readonly kind: 'throttle';
      readonly at: number;
      readonly fromCores: number;
      readonly details: EventMap['throttled'];
    }
  | { readonly kind: 'unthrottle'; readonly at: number; readonly cause: UnthrottleCause };

/** The CPU limit in force. */
export function cpuMaxCores({ envelope, throttle }: Attempt, { cpuCores }: Estimate): number {
  return throttle === undefined ? envelope.cpuMaxCores : Math.min(envelope.cpuMaxCores, cpuCores);
}

/** Returns null when the change does not apply. */
export function applyThrottle(
  attempt: Attempt,
  change: ThrottleChange,
): { readonly attempt: Attempt; readonly event: TaskEvent } | null {
  const { throttle, ...others } = attempt;
  const { at } = change;
  if (change.kind === 'throttle') {
    if (throttle !== undefined || attempt.kill !== null || attempt.startedAt === null) return null;
    return {
      attempt: { ...others, throttle: { at, fromCores: change.fromCores } },
      event: { event: 'throttled', ...change.details },
    };
  }
  if (throttle === undefined) return null;
  const throttledS = Math.max(0, Math.round((at - throttle.at) / 1000));
  return {
    attempt: others,
    event: { event: 'unthrottled', cause: change.cause, throttled_s: throttledS },
  };
}
