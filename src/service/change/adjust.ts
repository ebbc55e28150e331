// Changes estimates, limits, priority or niceness of a live task, checked against the host and the task's current usage.
import type { Adjustment } from '../../api/schemas/change/adjust.ts';
import { traitsOf } from '../../core/engine-traits.ts';
import { BabysitError } from '../../core/errors.ts';
import { boundEstimate, type Estimate, restated } from '../../core/estimate.ts';
import { isActive, liveAttemptOf, type Task } from '../../core/task.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Profiles } from '../../engine/profiles/profiles.ts';
import type { UnitOfWork } from '../../engine/unit-of-work.ts';
import { forcedAdjust } from '../../request/suggest.ts';
import { infeasibleNeed, unscheduled, whyInfeasible } from '../../scheduler/admission.ts';
import type { Need } from '../../scheduler/items.ts';
import { heldNeed, roomOf, shortDim } from '../../scheduler/ledger.ts';
import { type Branch, foldTrees } from '../../scheduler/tree.ts';
import { roundCores } from '../../units/number.ts';
import { formatSize } from '../../units/size.ts';
import { capacitiesOf, capsOf } from '../submission/capacity-of.ts';
import { changedRequest } from '../submission/changed-request.ts';
import { infeasibleError } from '../views/refusal.ts';

export interface AdjustDeps {
  readonly engine: Engine;
  readonly profiles: Profiles;
}

/** Throws BabysitError infeasible, capacity_exceeded or cap_below_use, and stages nothing then. */
export function adjust(
  deps: AdjustDeps,
  work: UnitOfWork,
  task: Task,
  adjustment: Adjustment,
  by: string | null,
): void {
  const { engine, profiles } = deps;
  const { largest } = capacitiesOf(task, profiles);
  const { estimate, limits, priority } = changedRequest(task, adjustment, largest.cpuLimitCores);
  const { hasQueue, usesHost } = traitsOf(task);
  // A task admitted with --force may exceed the capacity: check only the values that change.
  const asksForRoom = [
    adjustment.memBytes,
    adjustment.cpuCores,
    adjustment.memPctLimit,
    adjustment.cpuPctLimit,
  ].some((value) => value !== null);
  const fixed = engine.fixedOf(task);
  if (fixed !== null && (adjustment.memBytes !== null || adjustment.cpuCores !== null))
    throw new BabysitError('engine_refused', `${task.engine} cannot change ${fixed} of a running task`, {
      hint: `Adjust --estimated_time or --kill_timeout, or kill "${task.name}" and retry it with the new estimates.`,
    });
  // A running task has its room: checkRoom compares what it asks for in addition.
  const waits = !hasQueue && !isActive(task.state) && !adjustment.force;
  const why = asksForRoom
    ? whyInfeasible(
        infeasibleNeed(largest, estimate, limits, adjustment.force),
        waits ? unscheduled(engine.snapshot(), estimate) : null,
      )
    : null;
  if (why !== null) throw infeasibleError(why);
  const execOptions = {
    ...task.execOptions,
    nice: adjustment.nice ?? task.execOptions.nice,
    isBackground: adjustment.background ?? task.execOptions.isBackground,
  };
  const bound = boundEstimate({ estimate, ...restated(task, estimate) });
  const isLive = liveAttemptOf(task.state) !== null;
  const caps = isLive ? capsOf(task, bound, limits, profiles.settings, execOptions) : null;
  if (caps !== null) {
    if (usesHost && !adjustment.force) checkRoom(engine, task, estimate, adjustment);
    const used = engine.attempt(task.id)?.group.usage()?.memBytes ?? 0;
    if (caps.memMaxBytes < used)
      throw new BabysitError(
        'cap_below_use',
        `the memory limit would be ${formatSize(caps.memMaxBytes)}, but "${task.name}" uses ${formatSize(used)}`,
        { cap_bytes: caps.memMaxBytes, used_bytes: used },
      );
  }
  work.change(task.id, {
    kind: 'adjust',
    estimate,
    limits,
    priority,
    execOptions,
    envelope: caps,
    by: by ?? undefined,
  });
}

/** By all running tasks. One inside another takes from the estimate of that. */
function heldBy(branches: readonly Branch[]): Need {
  const needs = foldTrees(branches).map(heldNeed);
  return {
    memBytes: needs.reduce((sum, { memBytes }) => sum + memBytes, 0),
    cpuCores: needs.reduce((sum, { cpuCores }) => sum + cpuCores, 0),
  };
}

/** The additional need of a running task must be free now. */
function checkRoom(engine: Engine, task: Task, estimate: Estimate, adjustment: Adjustment): void {
  const snapshot = engine.snapshot();
  const branches = engine.branches();
  const changed = branches.map((branch) =>
    branch.item.id === task.id ? { ...branch, item: { ...branch.item, need: estimate } } : branch,
  );
  const before = heldBy(branches);
  const after = heldBy(changed);
  const more = {
    memBytes: Math.max(0, after.memBytes - before.memBytes),
    cpuCores: Math.max(0, after.cpuCores - before.cpuCores),
  };
  if (more.memBytes === 0 && more.cpuCores === 0) return;
  const { memBytes, cpuCores } = roomOf(snapshot);
  // The task already has a slot. A dimension overcommitted with --force does not block the other one.
  const room = { memBytes: Math.max(0, memBytes), cpuCores: Math.max(0, cpuCores), slots: 1 };
  const dim = shortDim(room, more);
  if (dim === null) return;
  const [requested, available] =
    dim === 'mem' ? [more.memBytes, room.memBytes] : [more.cpuCores, room.cpuCores];
  throw new BabysitError('capacity_exceeded', `not enough ${dim} is available for the new estimate`, {
    dim,
    requested: roundCores(requested),
    available: roundCores(available),
    hint: 'Wait until other tasks end, or run suggested_command, which adds --force.',
    suggested_command: forcedAdjust(task.name, adjustment),
  });
}
