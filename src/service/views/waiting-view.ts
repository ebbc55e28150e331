// Explains why a pending task waits: for other tasks, a back-off, or capacity according to the plan.
import type { BlockedView } from '../../api/schemas/task.ts';
import { isActive, type Task, type TaskId } from '../../core/task.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Blocked } from '../../scheduler/explain.ts';
import type { Plan } from '../../scheduler/plan.ts';
import { blockedView } from './refusal.ts';
import { iso } from './task-view.ts';

const NAMES_SHOWN = 5;

/** Returns null for a task that is about to start or not pending. */
export function waitingView(task: Task, engine: Engine): BlockedView | null {
  const { state } = task;
  if (state.status !== 'pending') return null;
  if (state.waitsFor.length > 0) return afterView(task, state.waitsFor, engine);
  const planned = engine.plan().get(task.id);
  if (planned !== undefined) return plannedView(planned.blocked, engine);
  if (state.notBefore === null) return null;
  return { ...NOTHING, dim: 'backoff', earliest_start: iso(state.notBefore) };
}

/** A task that fits starts at once, unless the host is under pressure. */
export function plannedView(blocked: Blocked | null, engine: Engine): BlockedView | null {
  if (blocked !== null) return blockedView(blocked);
  const pressed = engine.pressure();
  return pressed.length === 0
    ? null
    : { ...NOTHING, dim: 'pressure', blocked_by: pressed.map(({ dim }) => dim), earliest_start: null };
}

const NOTHING = { requested: 0, available: 0, limit: 0, short_by: 0, blocked_by: [], position: null };

function afterView(task: Task, waitsFor: readonly TaskId[], engine: Engine): BlockedView {
  const names = new Map(task.after?.tasks.map((other) => [other.id, other.name]));
  const of = names.size;
  return {
    dim: 'after',
    requested: of,
    available: of - waitsFor.length,
    limit: of,
    short_by: waitsFor.length,
    blocked_by: waitsFor.slice(0, NAMES_SHOWN).map((id) => names.get(id) ?? id),
    position: null,
    earliest_start: iso(latestEndMs(waitsFor, engine)),
  };
}

/** The latest expected end of these tasks; null if one is unknown. */
function latestEndMs(ids: readonly TaskId[], engine: Engine): number | null {
  const plan = engine.plan();
  let latestMs = 0;
  for (const id of ids) {
    const task = engine.live.get(id);
    const endMs = task === undefined ? null : endOf(task, plan);
    if (endMs === null) return null;
    latestMs = Math.max(latestMs, endMs);
  }
  return latestMs;
}

function endOf({ id, state, estimate }: Task, plan: Plan): number | null {
  if (isActive(state)) return (state.attempt.startedAt ?? state.attempt.dispatchedAt) + estimate.timeMs;
  const startMs = plan.get(id)?.startMs ?? null;
  return startMs === null ? null : startMs + estimate.timeMs;
}
