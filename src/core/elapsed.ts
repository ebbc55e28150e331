// The running time of a task: from its start to its end or now, without the time it was paused or held.
import type { ActiveState, Attempt, TaskState } from './task.ts';

/** Returns null before the start. `untilMs`: now; an ended task has its own end. */
export function elapsedMs(state: TaskState, untilMs: number): number | null {
  if (state.status === 'pending') return null;
  const isActive = state.status === 'running' || state.status === 'paused';
  const attempt = isActive ? withPause(state, untilMs) : state.attempt;
  if (attempt === null || attempt.startedAt === null) return null;
  const endMs = isActive ? untilMs : state.endedAt;
  return Math.max(0, Math.round(endMs - attempt.startedAt - attempt.pausedMs));
}

/** Since when a user has paused the task or the watchdog has held it; null: neither. */
export function frozenSince(state: ActiveState): number | null {
  return state.status === 'paused' ? state.pausedAt : state.attempt.heldAt;
}

/** The attempt with the current pause or hold added and ended. Both end with the kill, which thaws the group. */
export function withPause(state: ActiveState, untilMs: number): Attempt {
  const { attempt } = state;
  const sinceMs = frozenSince(state);
  if (sinceMs === null) return attempt;
  const endMs = Math.min(untilMs, attempt.kill?.at ?? untilMs);
  return { ...attempt, pausedMs: attempt.pausedMs + Math.max(0, endMs - sinceMs), heldAt: null };
}
