// The end that an event reports, when the task was retried since. Pure.
import type { RecordedEvent } from '../events.ts';
import { isEnded, type PastAttempt, type Task } from '../task.ts';

export type EndedEvent = Extract<RecordedEvent, { readonly event: 'ended' }>;

/** Returns null when the task is still as it ended then. An end without an attempt has the number of the last one before. */
export function pastEnd(task: Task, event: EndedEvent): PastAttempt | null {
  const { state, history } = task;
  const isSame =
    typeof event.attempt === 'number'
      ? isEnded(state) && state.attempt?.number === event.attempt
      : isEnded(state) && state.endedAt <= event.at;
  if (isSame) return null;
  const before = history.filter(({ endedAt }) => endedAt <= event.at).at(-1);
  if (event.attempt === undefined && before !== undefined) return before;
  const past = history.find(({ number }) => number === event.attempt);
  return (
    past ?? {
      number: before?.number ?? 0,
      status: event.status,
      reason: event.reason ?? null,
      startedAt: null,
      endedAt: event.at,
      exit: null,
      usage: null,
    }
  );
}
