// Builds the scheduler's snapshot from the live tasks, their last samples and the host's memory.

import type { Task, TaskId } from '../core/task.ts';
import type { HostMemory } from '../host/memory.ts';
import type { Capacity, PendingItem, RunningItem, Snapshot } from '../scheduler/snapshot.ts';

export interface PictureInput {
  readonly tasks: Iterable<Task>;
  readonly capacity: Capacity;
  readonly host: HostMemory;
  /** Working set of a running task at its last sample. */
  liveMemBytes(id: TaskId): number;
}

export function snapshotOf({ tasks, capacity, host, liveMemBytes }: PictureInput): Snapshot {
  const running: RunningItem[] = [];
  const pending: PendingItem[] = [];
  let oursBytes = 0;
  for (const task of tasks) {
    const { state } = task;
    if (state.status === 'pending') pending.push(pendingItem(task));
    if (state.status !== 'running' && state.status !== 'paused') continue;
    const live = liveMemBytes(task.id);
    oursBytes += live;
    running.push({
      ...pendingItem(task),
      liveMemBytes: live,
      startedAtMs: state.attempt.startedAt ?? state.attempt.dispatchedAt,
      killTimeoutMs: task.limits.killTimeoutMs,
    });
  }
  return {
    capacity,
    outsideMemBytes: Math.max(0, host.totalBytes - host.availableBytes - oursBytes),
    running,
    pending,
  };
}

export function pendingItem(task: Task): PendingItem {
  return {
    id: task.id,
    name: task.name,
    need: { memBytes: task.estimate.memBytes, cpuCores: task.estimate.cpuCores },
    timeMs: task.estimate.timeMs,
  };
}
