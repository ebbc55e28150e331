// Builds the scheduler's snapshot from the active tasks, their last samples, the leases and the host's memory.
import { traitsOf } from '../../core/engine-traits.ts';
import type { Lease } from '../../core/lease.ts';
import { isActive, type Task, type TaskId } from '../../core/task.ts';
import { killTimeoutMs } from '../../core/transition/extend-time.ts';
import type { HostMemory } from '../../procfs/meminfo.ts';
import type { ProgressEnd, RunningItem } from '../../scheduler/items.ts';
import { outsideCharge, patientCharge } from '../../scheduler/ledger.ts';
import { pricedQueue, type Queue } from '../../scheduler/queue/queue.ts';
import type { Pricing } from '../../scheduler/queue/sub-queue.ts';
import type { Capacity, OtherProfile, Snapshot } from '../../scheduler/snapshot.ts';
import { type Branch, foldTrees } from '../../scheduler/tree.ts';
import { CPU_WINDOW_MS } from '../../watchdog/cpu-trail.ts';
import { pendingItem } from '../live-tasks.ts';
import { leaseItem } from './leases.ts';

export interface SnapshotInput {
  readonly active: Iterable<Task>;
  readonly queue: Queue;
  readonly leases: readonly Lease[];
  readonly capacity: Capacity;
  readonly otherProfiles: () => readonly OtherProfile[];
  readonly host: HostMemory;
  /** Mean use of the last 15 s by programs outside of the tasks. */
  readonly outsideCores: number;
  readonly live: LiveUse;
  readonly nowMs: number;
}

/** What is known of a running task from its last sample. */
export interface LiveUse {
  /** Working set in bytes. */
  memBytes(id: TaskId): number;
  /** Mean CPU use of the last 15 s. */
  cpuCores(id: TaskId): number;
  progressEnd(id: TaskId): ProgressEnd | null;
}

export function buildSnapshot(input: SnapshotInput): Snapshot {
  const { active, capacity, otherProfiles, host, live, nowMs } = input;
  const running = foldTrees(branchesOf(active, live));
  const oursBytes = running.reduce((sum, { liveMemBytes }) => sum + liveMemBytes, 0);
  const outsideMemBytes = Math.max(0, host.totalBytes - host.availableBytes - oursBytes);
  const outsideCpuCores = patientCharge(outsideCharge(input.outsideCores, capacity), input, nowMs);
  const most = {
    memBytes: capacity.memLimitBytes - outsideMemBytes,
    cpuCores: capacity.cpuLimitCores - outsideCpuCores,
  };
  const queue = pricedQueue(input.queue, most, nowMs);
  return {
    capacity,
    outsideMemBytes,
    outsideCpuCores,
    running: running.map((item) => withPrice(item, queue.pricingOf(item.owner), nowMs)),
    leases: input.leases.map(leaseItem).map((lease) => {
      const pricing = queue.pricingOf(lease.owner);
      return pricing === null ? lease : { ...lease, need: pricing(lease.need) };
    }),
    queue,
    otherProfiles,
  };
}

/** A running task keeps its price: its memory may still grow. Its CPU use is known after 15 s. */
export function withPrice(item: RunningItem, pricing: Pricing, nowMs: number): RunningItem {
  if (pricing === null) return item;
  const { memBytes, cpuCores } = pricing(item.need);
  const isMeasured = nowMs - item.startedAtMs - item.pausedMs >= CPU_WINDOW_MS;
  return { ...item, need: { memBytes, cpuCores: isMeasured ? item.need.cpuCores : cpuCores } };
}

/** The tasks that run on this host, each on its own. */
export function branchesOf(active: Iterable<Task>, live: LiveUse): Branch[] {
  const tasks = [...active];
  const attempts = new Map<TaskId, number>();
  for (const { id, attempts: number } of tasks) attempts.set(id, number);
  const branches: Branch[] = [];
  for (const task of tasks) {
    const item = traitsOf(task).usesHost ? runningItem(task, live) : null;
    if (item === null || !isActive(task.state)) continue;
    const { parent } = task;
    const isInside = parent !== undefined && attempts.get(parent.id) === parent.attempt;
    const isWithinParent = task.state.attempt.isWithinParent === true;
    branches.push({ item, parentId: isInside ? parent.id : null, isWithinParent });
  }
  return branches;
}

/** Returns null for a task that does not run. */
export function runningItem(task: Task, live: LiveUse): RunningItem | null {
  const { state } = task;
  if (!isActive(state)) return null;
  const item = pendingItem(task);
  const { name, owner, need, timeMs, expectedMs, safeMs, forecast } = item;
  return {
    id: task.id,
    name,
    owner,
    need,
    timeMs,
    killTimeoutMs: killTimeoutMs(state.attempt, task.limits),
    expectedMs,
    safeMs,
    forecast,
    liveMemBytes: live.memBytes(task.id),
    liveCpuCores: live.cpuCores(task.id),
    startedAtMs: state.attempt.startedAt ?? state.attempt.dispatchedAt,
    pausedMs: state.attempt.pausedMs,
    isPaused: state.status === 'paused',
    isExpress: state.attempt.isExpress,
    progressEnd: live.progressEnd(task.id),
  };
}
