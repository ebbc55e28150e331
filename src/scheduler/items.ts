// The items the scheduler works with: pending and running tasks, leases, and the resources they need.
import type { Holdable, StartHold } from '../core/host/start-hold.ts';
import type { TaskId } from '../core/task.ts';

export interface Need {
  readonly memBytes: number;
  readonly cpuCores: number;
}

/** Sums of fractional cores carry rounding errors. */
const CPU_EPSILON = 1e-9;

export function fitsInto(held: Need, need: Need): boolean {
  return need.memBytes <= held.memBytes && need.cpuCores <= held.cpuCores + CPU_EPSILON;
}

/** A need, and how long it lasts: by its estimate, and at most. */
export interface Demand {
  readonly need: Need;
  readonly timeMs: number;
  readonly killTimeoutMs: number;
  /** Learned: half of the runs of the command end by then. Absent: not known. */
  readonly expectedMs?: number | undefined;
  /** Learned: four of five runs of the command end by then. Absent: not known. */
  readonly safeMs?: number | undefined;
  /** What a forecast takes for those two; absent: the same. */
  readonly forecast?: { readonly p50Ms: number; readonly p90Ms: number } | undefined;
}

/** A candidate for a start: a pending task, or the ticket of a caller in `wait_for_capacity`. */
export interface PendingItem extends Demand, Holdable {
  /** Task or ticket id. Items submitted in the same millisecond are ordered by id. */
  readonly id: string;
  readonly kind: 'task' | 'ticket';
  readonly name: string;
  readonly priority: number;
  readonly submittedAtMs: number;
  /** Of its place among the others, also when the clock was set back; absent: submittedAtMs. */
  readonly orderMs?: number;
  /** What it asked for; only where `need` is more, see `priceOf`. */
  readonly declared?: Need;
}

/** A candidate that may not start before the end of a hold. */
export interface HeldItem {
  readonly item: PendingItem;
  readonly hold: StartHold;
}

export interface RunningItem extends Demand {
  readonly id: TaskId;
  readonly name: string;
  readonly owner: string;
  /** Current working set. A task that has just started uses little, so it is charged at least its estimate. */
  readonly liveMemBytes: number;
  /** Mean use of the last 15 s. */
  readonly liveCpuCores: number;
  readonly startedAtMs: number;
  /** Time spent paused so far; counts neither for the estimate nor for the kill timeout. */
  readonly pausedMs: number;
  readonly isPaused: boolean;
  /** It started above the core limit, see `expressStarts`. */
  readonly isExpress: boolean;
  /** Null when the task reports no progress that can be trusted. */
  readonly progressEnd: ProgressEnd | null;
}

/** The end that follows from a task's progress, epoch ms. */
export interface ProgressEnd {
  readonly p50Ms: number;
  /** Null when the progress has no history to derive a spread from. */
  readonly p90Ms: number | null;
}

/** Room held for a caller that has not submitted yet; charged like a running task. */
export interface LeaseItem {
  readonly id: string;
  readonly owner: string;
  readonly need: Need;
  readonly timeMs: number;
  readonly grantedAtMs: number;
  readonly expiresAtMs: number;
}

/** The expected start of the first candidate that does not fit now. */
export interface Reservation {
  readonly id: string;
  /** By the estimates of what runs; epoch ms. */
  readonly startMs: number;
  /** By their kill timeouts: what is promised; epoch ms. */
  readonly latestMs: number;
}

/** `item` as a running task that starts at `nowMs`. */
export function toRunning(item: PendingItem, nowMs: number, isExpress = false): RunningItem {
  const { name, owner, need, timeMs, killTimeoutMs, expectedMs, safeMs, forecast } = item;
  return {
    id: item.id as TaskId,
    name,
    owner,
    need,
    timeMs,
    killTimeoutMs,
    expectedMs,
    safeMs,
    forecast,
    liveMemBytes: 0,
    liveCpuCores: 0,
    startedAtMs: nowMs,
    pausedMs: 0,
    isPaused: false,
    isExpress,
    progressEnd: null,
  };
}
