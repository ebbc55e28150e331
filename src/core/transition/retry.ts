// Decides whether another attempt follows an ended one, and with which estimate. Pure.

import { suggestEstimates } from '../answers/suggest.ts';
import { killReasonRow } from '../kill-reasons.ts';
import type { EndedState, PastAttempt, RetryCause, Task } from '../task.ts';

export const MAX_BACKOFF_MS = 300_000;

/** Before the attempt that follows `done` others: twice as long each time. */
export function backoffAfter(done: number, firstMs: number): number {
  return Math.min(MAX_BACKOFF_MS, firstMs * 2 ** done);
}

/** Returns the task pending for its next attempt, or null when no attempt follows. */
export function retried(task: Task, ended: EndedState): Task | null {
  const { retry } = task;
  const cause = retryCauseOf(ended);
  const done = task.history.length - task.retriedFrom;
  if (retry === null || cause === null || !retry.on.includes(cause) || done >= retry.max) return null;
  const backoffMs = backoffAfter(done, retry.backoffMs);
  const { memCeilingBytes } = retry;
  const memBytes =
    cause === 'oom' && memCeilingBytes !== null
      ? Math.max(task.estimate.memBytes, Math.min(memCeilingBytes, suggestedMemBytes(task, ended)))
      : task.estimate.memBytes;
  return {
    ...task,
    estimate: { ...task.estimate, memBytes },
    ...wider(task, ended),
    history: [...task.history, pastAttempt(task, ended)],
    state: { status: 'pending', waitsFor: [], notBefore: ended.endedAt + backoffMs },
  };
}

export function pastAttempt(task: Task, ended: EndedState): PastAttempt {
  return {
    number: task.attempts,
    status: ended.status,
    reason: reasonOf(ended),
    startedAt: ended.attempt?.startedAt ?? null,
    endedAt: ended.endedAt,
    exit: ended.exit,
    usage: ended.usage,
  };
}

export function reasonOf(ended: EndedState): string | null {
  switch (ended.status) {
    case 'completed':
      return null;
    case 'killed':
      return ended.kill.reason;
    case 'failed':
    case 'interrupted':
      return ended.reason;
  }
}

/** A kill at a memory limit shows the need, so it widens the caps of the next attempt, also where the charge stays as declared. */
function wider(task: Task, ended: EndedState): Pick<Task, 'basis'> {
  const { basis, isNotLearned } = task;
  if (basis === undefined || isNotLearned || ended.status !== 'killed') return {};
  if (killReasonRow(ended.kill.reason).exceeded !== 'memBytes') return {};
  const memBytes = { value: suggestedMemBytes(task, ended), level: 'exact', n: 1 } as const;
  return { basis: { ...basis, learned: { ...basis.learned, memBytes } } };
}

function retryCauseOf(ended: EndedState): RetryCause | null {
  if (ended.status === 'killed') return killReasonRow(ended.kill.reason).retryCause ?? null;
  if (ended.status !== 'failed' || ended.reason !== 'exit') return null;
  return ended.exit?.signal ? 'signal' : 'exit';
}

function suggestedMemBytes(task: Task, ended: EndedState): number {
  const kill = ended.status === 'killed' ? ended.kill : null;
  return suggestEstimates({ ...task, state: ended }, ended.usage, kill).memBytes;
}
