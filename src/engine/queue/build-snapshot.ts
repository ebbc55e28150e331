// Builds the scheduler's snapshot from the active tasks, their last samples, the leases and the host's memory.
import type { Lease } from '../../core/lease.ts';
import { isActive, type Task, type TaskId } from '../../core/task.ts';
import type { HostMemory } from '../../procfs/meminfo.ts';
import type { RunningItem } from '../../scheduler/items.ts';
import type { Queue } from '../../scheduler/queue.ts';
import type { Capacity, Snapshot } from '../../scheduler/snapshot.ts';
import { pendingItem } from '../live-tasks.ts';
import { leaseItem } from './leases.ts';

export interface SnapshotInput {
  readonly active: Iterable<Task>;
  readonly queue: Queue;
  readonly leases: readonly Lease[];
  readonly capacity: Capacity;
  readonly host: HostMemory;
  /** Working set of a running task at its last sample, in bytes. */
  liveMemBytes(id: TaskId): number;
}

export function buildSnapshot(input: SnapshotInput): Snapshot {
  const { active, queue, leases, capacity, host, liveMemBytes } = input;
  const running: RunningItem[] = [];
  let oursBytes = 0;
  for (const task of active) {
    const item = runningItem(task, liveMemBytes(task.id));
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
  };
}

function runningItem(task: Task, liveMemBytes: number): RunningItem | null {
  const { state } = task;
  if (!isActive(state)) return null;
  const { name, owner, need, timeMs } = pendingItem(task);
  return {
    id: task.id,
    name,
    owner,
    need,
    timeMs,
    liveMemBytes,
    startedAtMs: state.attempt.startedAt ?? state.attempt.dispatchedAt,
    pausedMs: state.attempt.pausedMs,
    isPaused: state.status === 'paused',
    killTimeoutMs: task.limits.killTimeoutMs,
  };
}
