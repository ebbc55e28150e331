// The watchdog gives a running attempt more time than its kill timeout, because the host gave it too little CPU time.
import type { Limits } from '../estimate.ts';
import type { EventMap, TaskEvent } from '../events.ts';
import type { Attempt } from '../task.ts';

export interface ExtendTimeChange {
  readonly kind: 'extend_time';
  readonly details: EventMap['time_extended'];
}

/** The kill timeout in force, ms of running time. */
export function killTimeoutMs({ extendedTimeoutMs }: Attempt, limits: Limits): number {
  return extendedTimeoutMs ?? limits.killTimeoutMs;
}

/** Returns null when the change does not apply: it is extended once. */
export function extendTime(
  attempt: Attempt,
  { details }: ExtendTimeChange,
): { readonly attempt: Attempt; readonly event: TaskEvent } | null {
  if (attempt.extendedTimeoutMs !== undefined || attempt.kill !== null || attempt.startedAt === null)
    return null;
  return {
    attempt: { ...attempt, extendedTimeoutMs: details.kill_timeout_ms },
    event: { event: 'time_extended', ...details },
  };
}

/** After an adjustment of its kill timeout that one holds, and may be extended again. */
export function withoutExtension({ extendedTimeoutMs: _, ...attempt }: Attempt): Attempt {
  return attempt;
}
