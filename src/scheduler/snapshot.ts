// What the scheduler decides from: a picture of capacity, running tasks, leases and the queue at one moment.
import type { TaskId } from '../core/task.ts';
import type { QueueView } from './queue.ts';

/** The resources a reservation holds. */
export interface Need {
  readonly memBytes: number;
  readonly cpuCores: number;
}

/** What is asked of the host, and for how long. */
export interface Demand {
  readonly need: Need;
  readonly timeMs: number;
}

/** What the host gives to tasks at most, whatever runs beside them. */
export interface Capacity {
  readonly memTotalBytes: number;
  /** min(max_sys_mem_pct x total, total - memory_reserve) */
  readonly memLimitBytes: number;
  readonly cores: number;
  /** max_babysit_cpu_pct x cores */
  readonly cpuLimitCores: number;
  readonly maxRunning: number;
  readonly maxPending: number;
}

export interface RunningItem extends Demand {
  readonly id: TaskId;
  readonly name: string;
  readonly owner: string;
  /** Working set now; a task that has just started uses little and is charged its estimate. */
  readonly liveMemBytes: number;
  readonly startedAtMs: number;
  /** Time spent paused so far: counts for neither estimate nor kill timeout. */
  readonly pausedMs: number;
  readonly isPaused: boolean;
  readonly killTimeoutMs: number;
}

/** Room held for somebody who has not submitted yet; charged like a running task. */
export interface LeaseItem extends Demand {
  readonly id: string;
  readonly owner: string;
  readonly grantedAtMs: number;
  readonly expiresAtMs: number;
}

/** Who waits for room: a task, or the ticket of somebody in `wait_for_capacity`. */
export interface PendingItem extends Demand {
  /** Task or ticket id; among items submitted in the same millisecond the order of ids is the order of submission. */
  readonly id: string;
  readonly kind: 'task' | 'ticket';
  readonly name: string;
  readonly owner: string;
  readonly priority: number;
  readonly submittedAtMs: number;
}

/** What the first in order that does not fit is promised. */
export interface Reservation {
  readonly id: string;
  /** Epoch ms. */
  readonly startMs: number;
}

export interface Snapshot {
  readonly capacity: Capacity;
  /** Host memory in use that is not our tasks', page cache left out. */
  readonly outsideMemBytes: number;
  readonly running: readonly RunningItem[];
  readonly leases: readonly LeaseItem[];
  readonly queue: QueueView;
}

/** `item` as it is once it has started, expected to end by its estimate. */
export function started(item: PendingItem, nowMs: number): RunningItem {
  const { name, owner, need, timeMs } = item;
  return {
    id: item.id as TaskId,
    name,
    owner,
    need,
    timeMs,
    liveMemBytes: 0,
    startedAtMs: nowMs,
    pausedMs: 0,
    isPaused: false,
    killTimeoutMs: timeMs,
  };
}
