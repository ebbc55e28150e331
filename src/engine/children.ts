// Tasks inside a running task: what a change of the outer one means for them, and how one that waits starts.
import type { TaskEvent } from '../core/events.ts';
import { type Envelope, isActive, isEnded, type KillIntent, type Task } from '../core/task.ts';
import type { Change } from '../core/transition/transition.ts';
import { fitsInto, type Need, toRunning } from '../scheduler/items.ts';
import type { Policy } from '../scheduler/pass.ts';
import { startNow } from '../scheduler/plan.ts';
import type { Snapshot } from '../scheduler/snapshot.ts';
import { type Branch, needBeyond } from '../scheduler/tree.ts';
import { roundCores } from '../units/number.ts';
import type { LiveTasks } from './live-tasks.ts';
import { pendingItem } from './live-tasks.ts';

/**
 * The change of `child` that follows from a change of the task around it; null: none. A task that exits by itself leaves
 * those inside it, whose clients have died or given up before, running.
 */
export function changeInside(task: Task, change: Change, child: Task, at: number): Change | null {
  if (change.kind === 'pause' || change.kind === 'resume') return { kind: change.kind, at: change.at };
  const end = endOf(task, change);
  if (end === null) return null;
  const stopGraceMs = end.hasStopGrace ? child.execOptions.stopGraceMs : undefined;
  const intent: KillIntent = {
    reason: 'parent_killed',
    detail: { parent: task.name, parent_reason: end.reason },
    signal: end.signal,
    ...(stopGraceMs === undefined ? {} : { stopGraceMs }),
    at,
    killedAt: null,
  };
  return { kind: 'request_kill', intent };
}

interface Ending {
  readonly reason: string;
  readonly signal: NodeJS.Signals;
  readonly hasStopGrace: boolean;
}

/** How the attempt is killed, or was killed or lost without a request. Null: it runs, or exited by itself. */
function endOf({ state, history }: Task, change: Change): Ending | null {
  if (isActive(state)) {
    const { kill } = state.attempt;
    return kill && { reason: kill.reason, signal: kill.signal, hasStopGrace: kill.stopGraceMs !== undefined };
  }
  if (change.kind !== 'end' && change.kind !== 'lose') return null;
  const last = isEnded(state) ? state : history.at(-1);
  const isByItself = last?.status !== 'killed' && last?.exit?.code != null;
  if (last === undefined || isByItself) return null;
  const reason = last.exit?.signal ?? last.status;
  return { reason, signal: 'SIGTERM', hasStopGrace: true };
}

/** How a task inside a running one starts. */
export interface InnerStart {
  /** There is no room for it: it runs under the caps of its parent. */
  readonly isWithinParent: boolean;
  readonly beyond: Need;
}

export interface InnerStartDeps {
  readonly live: LiveTasks;
  readonly policy: Policy;
  branches(): readonly Branch[];
  snapshot(): Snapshot;
}

/**
 * Returns null when the task waits. It starts at once within the estimate of its parent; what it needs beyond that must
 * have room like any other task. Without room it waits for the other tasks inside its parent. When none of them will end
 * by itself it starts in any case: its parent waits for it, so no room would become free.
 */
export function innerStart(deps: InnerStartDeps, parent: Task, task: Task, nowMs: number): InnerStart | null {
  if (parent.state.status !== 'running' || parent.state.attempt.kill !== null) return null;
  const item = pendingItem(task);
  const beyond = beyondParent(deps.branches(), parent, task, nowMs);
  if (fitsInto({ memBytes: 0, cpuCores: 0 }, beyond)) return { isWithinParent: false, beyond };
  const asking = { item: { ...item, need: beyond }, lease: null };
  const start = startNow(deps.snapshot(), asking, nowMs, deps.policy);
  if (start !== null && !start.isExpress) return { isWithinParent: false, beyond };
  const isAlone = !deps.live.children(parent).some((other) => other.id !== task.id && endsByItself(other));
  return isAlone ? { isWithinParent: true, beyond } : null;
}

export function withinParentEvent(
  { name }: Task,
  { beyond }: InnerStart,
  { memMaxBytes, cpuMaxCores }: Envelope,
): TaskEvent {
  return {
    event: 'within_parent',
    parent: name,
    short_mem_bytes: Math.ceil(beyond.memBytes),
    short_cpu_cores: roundCores(beyond.cpuCores),
    mem_max_bytes: memMaxBytes,
    cpu_max_cores: roundCores(cpuMaxCores),
    hint: `It runs under the caps of ${name}, because the host has no room. Estimate for ${name} what it and the tasks inside it need together.`,
  };
}

/** A task that is ready serves until its user has ended; a paused one waits for a person. */
export function endsByItself({ state }: Task): boolean {
  return state.status === 'running' && state.attempt.readyAt === undefined;
}

/** What the pending `task` needs beyond the estimates of the tasks around it. */
export function beyondParent(branches: readonly Branch[], parent: Task, task: Task, nowMs: number): Need {
  const item = toRunning(pendingItem(task), nowMs);
  return needBeyond(branches, { item, parentId: parent.id, isWithinParent: false });
}
