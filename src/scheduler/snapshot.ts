// The input of every scheduling decision: capacity, running tasks, leases and the queue at one moment.
import type { LeaseItem, RunningItem } from './items.ts';
import type { QueueView } from './queue/queue.ts';

/** What the host gives to all tasks together at most. */
export interface Capacity {
  readonly memTotalBytes: number;
  /** min(max_sys_mem_pct x total, total - memory_reserve) */
  readonly memLimitBytes: number;
  readonly cores: number;
  /** The cores that tasks may reserve: all of them, or the part that the profile gives. */
  readonly cpuLimitCores: number;
  /** The CPU time of all tasks together, in cores: the CPU limit of their parent group. */
  readonly cpuShareCores: number;
  readonly maxRunning: number;
  readonly maxPending: number;
}

/** What another profile gives. */
export interface OtherProfile {
  readonly profile: string;
  /** The next time it is due by the schedule, epoch ms; null: it is not scheduled. */
  readonly atMs: number | null;
  readonly capacity: Capacity;
}

export interface Snapshot {
  readonly capacity: Capacity;
  /** Host memory in use outside babysit's tasks, page cache not counted. */
  readonly outsideMemBytes: number;
  /** Cores charged for programs outside of the tasks, see `outsideCharge`. */
  readonly outsideCpuCores: number;
  readonly running: readonly RunningItem[];
  readonly leases: readonly LeaseItem[];
  readonly queue: QueueView;
  /** The other profiles, those that come soonest first. A function, because few decisions need them. */
  readonly otherProfiles?: () => readonly OtherProfile[];
}
