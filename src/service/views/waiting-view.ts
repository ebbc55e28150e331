// Explains why a pending task waits: for other tasks, a back-off, or capacity according to the plan.
import type { BlockedView } from '../../api/schemas/task.ts';
import { traitsOf } from '../../core/engine-traits.ts';
import { ownerOf, type Task, type TaskId } from '../../core/task.ts';
import { beyondParent, endsByItself } from '../../engine/children.ts';
import type { Engine } from '../../engine/engine.ts';
import { pendingItem } from '../../engine/live-tasks.ts';
import type { Blocked } from '../../scheduler/explain.ts';
import { roomOf, shortDim } from '../../scheduler/ledger.ts';
import type { Plan } from '../../scheduler/plan.ts';
import { type Assumption, assumedEnd, assumedTimeMs } from '../../scheduler/releases.ts';
import { roundCores } from '../../units/number.ts';
import { blockedView, heldByView } from './refusal.ts';
import { iso } from './task-row.ts';

const NAMES_SHOWN = 5;

/** Returns null for a task that is about to start or not pending. */
export function waitingView(task: Task, engine: Engine, nowMs: number, plan: Plan): BlockedView | null {
  const { state } = task;
  if (state.status !== 'pending') return null;
  if (state.waitsFor.length > 0) return afterView(task, state.waitsFor, engine, nowMs, plan);
  if (traitsOf(task).hasQueue && state.notBefore === null) return engineView(task, engine);
  const parent = engine.live.parentOf(task);
  if (parent !== undefined && state.notBefore === null) return insideView(task, parent, engine, nowMs);
  const planned = plan.get(task.id);
  if (planned !== undefined) return plannedView(planned.blocked, engine);
  // It came after the plan: it waits behind the planned ones.
  if (state.notBefore === null) return { ...NOTHING, dim: 'reservation' };
  return { ...NOTHING, dim: 'backoff', expected_start: iso(state.notBefore) };
}

/** A task that fits starts at once, unless the host is under pressure. */
export function plannedView(blocked: Blocked | null, engine: Engine): BlockedView | null {
  if (blocked !== null) return blockedView(blocked);
  const { held } = engine;
  const short = [...engine.pressure().map(({ dim }) => dim), ...(held === null ? [] : [held.what])];
  return short.length === 0 ? null : { ...NOTHING, dim: 'pressure', blocked_by: short };
}

/** In the queue of its engine, or kept from it by a hold. */
function engineView(task: Task, engine: Engine): BlockedView | null {
  const hold = engine.live.queue.holdOf(pendingItem(task));
  const isPlaced = task.state.status === 'pending' && task.state.placed !== undefined;
  if (!isPlaced) return hold === null ? null : { ...NOTHING, dim: 'hold', hold: heldByView(hold) };
  const queued = engine.queueView(task);
  if (queued === null) return null;
  const { waitingFor, expectedStartMs } = queued;
  return { ...NOTHING, dim: 'engine', blocked_by: [waitingFor], expected_start: iso(expectedStartMs) };
}

const NOTHING = {
  requested: 0,
  available: 0,
  limit: 0,
  short_by: 0,
  blocked_by: [],
  owners: [],
  position: null,
  expected_start: null,
  latest_start: null,
};

/** Inside a task it waits for the first end of the others there, or for room. */
function insideView(task: Task, parent: Task, engine: Engine, nowMs: number): BlockedView {
  if (parent.state.status !== 'running' || parent.state.attempt.kill !== null)
    return { ...NOTHING, dim: 'parent', blocked_by: [parent.name], owners: [ownerOf(parent)] };
  const { need } = pendingItem(task);
  const beyond = beyondParent(engine.branches(), parent, task, nowMs);
  const snapshot = engine.snapshot();
  const room = roomOf(snapshot);
  const others = engine.live.children(parent).filter(endsByItself);
  const ends = (assumption: Assumption) =>
    others.flatMap((other) => {
      const item = engine.runningItem(other);
      return item === null ? [] : assumedEnd(item, assumption, nowMs);
    });
  const dim = shortDim({ ...room, slots: Math.max(1, room.slots) }, beyond) ?? 'reservation';
  const { capacity } = snapshot;
  const [requested, shortBy, limit] =
    dim === 'mem'
      ? [need.memBytes, beyond.memBytes - Math.max(0, room.memBytes), capacity.memLimitBytes]
      : dim === 'cpu'
        ? [need.cpuCores, beyond.cpuCores - Math.max(0, room.cpuCores), capacity.cpuLimitCores]
        : [1, 0, capacity.maxRunning];
  return {
    dim,
    requested: roundCores(requested),
    available: roundCores(requested - shortBy),
    limit: roundCores(limit),
    short_by: roundCores(shortBy),
    blocked_by: others.slice(0, NAMES_SHOWN).map(({ name }) => name),
    owners: [...new Set(others.slice(0, NAMES_SHOWN).map(ownerOf))],
    position: null,
    expected_start: iso(firstOf(ends('p50'))),
    latest_start: iso(firstOf(ends('limits'))),
  };
}

function firstOf(times: readonly number[]): number | null {
  const first = Math.min(...times);
  return Number.isFinite(first) ? first : null;
}

/** No start is promised before the dependencies have ended: then it takes its place in the queue. */
function afterView(
  task: Task,
  waitsFor: readonly TaskId[],
  engine: Engine,
  nowMs: number,
  plan: Plan,
): BlockedView {
  const names = new Map(task.after?.tasks.map((other) => [other.id, other.name]));
  const of = names.size;
  return {
    dim: 'after',
    requested: of,
    available: of - waitsFor.length,
    limit: of,
    short_by: waitsFor.length,
    blocked_by: waitsFor.slice(0, NAMES_SHOWN).map((id) => names.get(id) ?? id),
    owners: ownersOf(waitsFor, engine),
    position: null,
    expected_start: iso(latestEndMs(waitsFor, engine, nowMs, plan)),
    latest_start: null,
  };
}

function ownersOf(ids: readonly TaskId[], engine: Engine): string[] {
  const tasks = ids.slice(0, NAMES_SHOWN).flatMap((id) => engine.live.get(id) ?? []);
  return [...new Set(tasks.map(ownerOf))];
}

/** The latest expected end of these tasks; null if one is unknown. */
function latestEndMs(ids: readonly TaskId[], engine: Engine, nowMs: number, plan: Plan): number | null {
  let latestMs = 0;
  for (const id of ids) {
    const task = engine.live.get(id);
    const endMs = task === undefined ? null : endOf(task, plan, engine, nowMs);
    if (endMs === null) return null;
    latestMs = Math.max(latestMs, endMs);
  }
  return latestMs;
}

function endOf(task: Task, plan: Plan, engine: Engine, nowMs: number): number | null {
  const running = engine.runningItem(task);
  if (running !== null) {
    const endMs = assumedEnd(running, 'p50', nowMs);
    return endMs === Number.POSITIVE_INFINITY ? null : endMs;
  }
  const startMs = plan.get(task.id)?.start.expectedMs ?? null;
  return startMs === null ? null : startMs + assumedTimeMs(pendingItem(task), 'p50');
}
