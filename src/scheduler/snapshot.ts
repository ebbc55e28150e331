// What the scheduler decides from: an immutable picture of capacity, running and pending tasks at one moment.
import type { TaskId } from '../core/task.ts';

/** The resources a reservation holds. */
export interface Need {
  readonly memBytes: number;
  readonly cpuCores: number;
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

export interface RunningItem {
  readonly id: TaskId;
  readonly name: string;
  readonly need: Need;
  /** Working set now; a task that has just started uses little and is charged its estimate. */
  readonly liveMemBytes: number;
  readonly startedAtMs: number;
  readonly timeMs: number;
  readonly killTimeoutMs: number;
}

export interface PendingItem {
  readonly id: TaskId;
  readonly name: string;
  readonly need: Need;
  readonly timeMs: number;
}

export interface Snapshot {
  readonly capacity: Capacity;
  /** Host memory in use that is not our tasks', page cache left out. */
  readonly outsideMemBytes: number;
  readonly running: readonly RunningItem[];
  /** In the order of dispatch. */
  readonly pending: readonly PendingItem[];
}
