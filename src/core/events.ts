// What happens to a task, as a typed map: event name -> the fields that come with it. Units last in names.
import type { ProfileName } from './profile.ts';
import type { EndedState, KillDetail, KillReason, TaskId } from './task.ts';

export type Dim = 'elapsed' | 'mem' | 'cpu';

export interface EventMap {
  submitted: { readonly queued: boolean; readonly forced: boolean };
  started: { readonly attempt: number; readonly pid: number | null };
  paused: Record<never, never>;
  resumed: Record<never, never>;
  /** Once per dim and estimate: the use went above the estimate; the kill comes at `kill_at`. */
  runaway_risk: {
    readonly dim: Dim;
    readonly estimate: number;
    readonly actual: number;
    /** The value of `dim` that leads to a kill. Units: ms, bytes, cores. */
    readonly kill_at: number;
    /** Seconds from now (elapsed) or seconds of sustained use above `kill_at` (mem, cpu). */
    readonly kill_in_s: number;
    readonly hint: string;
  };
  stall_risk: {
    readonly silent_s: number;
    readonly kill_in_s: number;
    readonly diagnosis: string;
    readonly last_line: string | null;
    readonly last_line_age_s: number | null;
    readonly hint: string;
  };
  kill_requested: { readonly reason: KillReason; readonly signal: string; readonly detail: KillDetail };
  /** watchdog.dry_run: what would have been killed; once for each reason. */
  would_kill: { readonly reason: KillReason; readonly detail: KillDetail };
  /** SIGKILL has not ended everything: what is left and what it sleeps in. */
  kill_stuck: {
    readonly processes: readonly {
      readonly pid: number;
      readonly name: string;
      readonly state: string;
      readonly wchan: string | null;
    }[];
  };
  daemon_restarted: Record<never, never>;
  /** New estimates, limits or priority; those of a running attempt are in force already. */
  adjusted: {
    readonly estimated_time_ms: number;
    readonly estimated_mem_bytes: number;
    readonly estimated_cpu_cores: number;
    readonly kill_timeout_ms: number;
    readonly priority: number;
  };
  /** Another profile came into force and gives the attempt another share of the CPU. */
  profile_switched: {
    readonly profile: ProfileName;
    readonly cpu_max_cores: number;
    readonly cpu_weight: number;
    readonly cpu_idle: boolean;
  };
  /** An attempt ended and another follows after `in_s` seconds. */
  retrying: {
    readonly attempt: number;
    readonly status: EndedState['status'];
    readonly reason: string | null;
    readonly in_s: number;
    readonly estimated_mem_bytes: number;
  };
  /** The attempt was dispatched but its command never began; it waits again. */
  requeued: { readonly why: string };
  ended: { readonly status: EndedState['status'] };
}

export type EventName = keyof EventMap;
export type TaskEvent = { [K in EventName]: { readonly event: K } & EventMap[K] }[EventName];

/** An event as the store keeps it: `seq` grows over the whole daemon, without reuse. */
export type RecordedEvent = TaskEvent & {
  readonly seq: number;
  readonly at: number;
  readonly taskId: TaskId;
  readonly name: string;
};

/** What is kept for the owner of a task until it has been seen. */
export const INBOX_EVENTS: ReadonlySet<EventName> = new Set<EventName>([
  'runaway_risk',
  'stall_risk',
  'kill_requested',
  'ended',
]);

/** The events `wait` prints as they happen; the others are kept in the record only. */
export const WAIT_EVENTS: ReadonlySet<EventName> = new Set<EventName>([
  'started',
  'paused',
  'resumed',
  'runaway_risk',
  'stall_risk',
  'kill_requested',
  'daemon_restarted',
  'requeued',
  'adjusted',
  'profile_switched',
  'retrying',
  'would_kill',
  'kill_stuck',
]);
