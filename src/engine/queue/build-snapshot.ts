// Builds the scheduler's snapshot from the active tasks, their last samples, the leases and the host's memory.
import type { Lease } from '../../core/lease.ts';
import { isActive, type Task, type TaskId } from '../../core/task.ts';
import type { HostMemory } from '../../procfs/meminfo.ts';
import { isShort } from '../../scheduler/express.ts';
import type { ProgressEnd, RunningItem } from '../../scheduler/items.ts';
import type { Queue } from '../../scheduler/queue.ts';
import type { Capacity, OtherProfile, Snapshot } from '../../scheduler/snapshot.ts';
import { pendingItem } from '../live-tasks.ts';
import { leaseItem } from './leases.ts';

export interface SnapshotInput {
  readonly active: Iterable<Task>;
  readonly queue: Queue;
  readonly leases: readonly Lease[];
  readonly capacity: Capacity;
  readonly otherProfiles: () => readonly OtherProfile[];
  readonly host: HostMemory;
  readonly live: LiveUse;
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
  const { active, queue, leases, capacity, otherProfiles, host, live } = input;
  const running: RunningItem[] = [];
  let oursBytes = 0;
  for (const task of active) {
    const item = runningItem(task, live);
    if (item === null) continue;
    oursBytes += item.liveMemBytes;
    running.push(item);
  }
  return {
    capacity,
    outsideMemBytes: Math.max(0, host.totalBytes - host.availableBytes - oursBytes),
    running,
    leases: leases.map(leaseItem),
    queue,
    otherProfiles,
  };
}

/** Returns null for a task that does not run. */
export function runningItem(task: Task, live: LiveUse): RunningItem | null {
  const { state } = task;
  if (!isActive(state)) return null;
  const item = pendingItem(task);
  const { name, owner, need, timeMs, killTimeoutMs } = item;
  return {
    id: task.id,
    name,
    owner,
    need,
    timeMs,
    killTimeoutMs,
    liveMemBytes: live.memBytes(task.id),
    liveCpuCores: live.cpuCores(task.id),
    startedAtMs: state.attempt.startedAt ?? state.attempt.dispatchedAt,
    pausedMs: state.attempt.pausedMs,
    isPaused: state.status === 'paused',
    // An adjustment may have made it longer or larger: then it is charged like any other.
    isExpress: state.attempt.isExpress && isShort(item),
    progressEnd: live.progressEnd(task.id),
  };
}
