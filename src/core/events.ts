// The events of a task as a typed map: event name -> its fields. A unit is the last part of a field's name.

import type { LeverUse } from './host/levers.ts';
import type { ProfileName } from './host/profile.ts';
import type { HoldTarget } from './host/start-hold.ts';
import type { KillDetail, KillReason } from './kill-reasons.ts';
import type { EndedState, TaskId } from './task.ts';

export const DIMS = ['elapsed', 'mem', 'cpu'] as const;
export type Dim = (typeof DIMS)[number];

/**
 * `room`: the shortage is over. `within_estimate`: the use is within the estimate, as after adjust. `not_the_cause`: the
 * shortage lasts, but comes from outside or from no single task. `daemon_restarted`: a new daemon judges anew.
 */
export const THAW_CAUSES = ['room', 'within_estimate', 'not_the_cause', 'daemon_restarted'] as const;
export type ThawCause = (typeof THAW_CAUSES)[number];

/** `room`: the host has room for what the task used before. `within_estimate`: that is within the estimate, as after adjust. */
export const UNTHROTTLE_CAUSES = ['room', 'within_estimate'] as const;
export type UnthrottleCause = (typeof UNTHROTTLE_CAUSES)[number];

/** A process of a task outside of the task's group. */
export interface StrayProcess {
  readonly pid: number;
  readonly name: string;
  /** The path of the group in which it is. */
  readonly cgroup: string;
}

/** Who asked for a change; absent in older rows, and when the client did not say. */
export interface AskedBy {
  readonly by?: string | undefined;
}

export interface EventMap {
  submitted: { readonly queued: boolean; readonly forced: boolean };
  started: { readonly attempt: number; readonly pid: number | null };
  /** The first time that the readiness of the attempt is seen. */
  ready: { readonly attempt: number };
  paused: AskedBy;
  resumed: AskedBy;
  /** The watchdog froze a task that grows above its estimate while the host is short of memory. */
  held: {
    readonly mem_bytes: number;
    readonly estimated_mem_bytes: number;
    readonly growth_bytes_per_s: number;
    readonly host_mem_pct: number;
    readonly limit_pct: number;
    /** The watchdog may kill a task after this time, if the shortage lasts. */
    readonly kill_in_s: number;
    readonly hint: string;
    readonly suggested_command: string;
  };
  /** A held task runs again. */
  thawed: { readonly cause: ThawCause; readonly held_s: number };
  /** The watchdog limits a task to its CPU estimate while the host has no idle CPU time. */
  throttled: {
    readonly cpu_cores: number;
    readonly estimated_cpu_cores: number;
    readonly host_cpu_pct: number;
    readonly limit_pct: number;
    readonly hint: string;
    readonly suggested_command: string;
  };
  /** The limit of the envelope is in force again. */
  unthrottled: { readonly cause: UnthrottleCause; readonly throttled_s: number };
  /** The kill timeout was over, and the host had given the task little of the CPU time that it wanted. */
  time_extended: {
    readonly kill_timeout_ms: number;
    readonly cpu_share_pct: number;
    readonly hint: string;
  };
  /** Once per dim and estimate: the use exceeds the estimate; the watchdog kills at `kill_at`. */
  runaway_risk: {
    readonly dim: Dim;
    readonly estimate: number;
    readonly actual: number;
    /** The use at which the watchdog kills. Units by `dim`: ms, bytes, cores. */
    readonly kill_at: number;
    /** The hard limit of the kernel; elapsed has none. */
    readonly cap?: number | undefined;
    /** Only while the time to a kill runs: always for elapsed, above `kill_at` for mem and cpu. */
    readonly kill_in_s?: number | undefined;
    /** Of the CPU time that it wanted; only for elapsed, when the host gave it little. */
    readonly cpu_share_pct?: number | undefined;
    readonly hint: string;
    /** Raises the estimate; works when pasted. */
    readonly suggested_command: string;
  };
  stall_risk: {
    readonly silent_s: number;
    readonly kill_in_s: number;
    readonly diagnosis: string;
    readonly last_line: string | null;
    readonly last_line_age_s: number | null;
    readonly hint: string;
  };
  kill_requested: {
    readonly reason: KillReason;
    readonly signal: string;
    /** Only with --stop=file: time in which the task sees only the stop file, before the signal. */
    readonly stop_grace_ms?: number | undefined;
    readonly detail: KillDetail;
  };
  /** Only with watchdog.dry_run: the watchdog would have killed the task. Once per reason. */
  would_kill: { readonly reason: KillReason; readonly detail: KillDetail };
  /** SIGKILL did not end these processes; `wchan` is the kernel function a process sleeps in. */
  kill_stuck: {
    readonly processes: readonly {
      readonly pid: number;
      readonly name: string;
      readonly state: string;
      readonly wchan: string | null;
    }[];
  };
  /** Once per attempt: processes are outside of the task's group. They are counted and killed, but not limited. */
  left_its_group: { readonly processes: readonly StrayProcess[]; readonly hint: string };
  /** Once per attempt: the main process has ended, and others keep the task running. */
  main_exited: {
    readonly exit_code: number | null;
    readonly signal: string | null;
    /** From the start to the end of the main process. */
    readonly after_s: number;
    readonly processes: readonly { readonly pid: number; readonly name: string }[];
    readonly hint: string;
  };
  /** There is no room for what a task inside another one needs beyond the estimate of that one. */
  within_parent: {
    readonly parent: string;
    readonly short_mem_bytes: number;
    readonly short_cpu_cores: number;
    readonly mem_max_bytes: number;
    readonly cpu_max_cores: number;
    readonly hint: string;
  };
  daemon_restarted: Record<never, never>;
  /** New estimates, limits or priority; already applied to a running attempt. */
  adjusted: AskedBy & {
    readonly estimated_time_ms: number;
    readonly estimated_mem_bytes: number;
    readonly estimated_cpu_cores: number;
    readonly kill_timeout_ms: number;
    readonly priority: number;
  };
  /** The engine of the task has refused the new limits, after `adjusted`. */
  adjust_refused: { readonly why: string; readonly hint: string };
  /** The active profile changed, and with it the attempt's share of the CPU. */
  profile_switched: {
    readonly profile: ProfileName;
    readonly cpu_max_cores: number;
    readonly cpu_weight: number;
    readonly cpu_idle: boolean;
  };
  /** An attempt ended and the next one starts after `in_s` seconds. */
  retrying: {
    readonly attempt: number;
    readonly status: EndedState['status'];
    readonly reason: string | null;
    readonly in_s: number;
    readonly estimated_mem_bytes: number;
  };
  /** The attempt was dispatched but its command never began, or was lost; the task is pending again. */
  requeued: { readonly why: string };
  /** `attempt`: null when none had begun; it and `reason` are absent in older rows. `killed_by`: who asked. */
  ended: {
    readonly status: EndedState['status'];
    readonly attempt?: number | null | undefined;
    readonly reason?: string | null | undefined;
    readonly killed_by?: string | undefined;
  };
}

export type EventName = keyof EventMap;
export type TaskEvent = { [K in EventName]: { readonly event: K } & EventMap[K] }[EventName];

/** Events of the host. They belong to no task. */
export interface HostEventMap {
  /** A person holds the starts of tasks. `until`: ISO time. */
  hold: HoldTarget & {
    readonly reason: string | null;
    readonly by: string;
    readonly until: string | null;
    readonly drain: boolean;
  };
  /** `over`: the time of the hold has passed, and `by` is null. */
  release: HoldTarget & { readonly cause: 'released' | 'over'; readonly by: string | null };
  /** A lever was used: it can cost other users of the host. */
  lever: LeverUse;
}

export type HostEventName = keyof HostEventMap;
export const HOST_EVENTS: readonly string[] = ['hold', 'release', 'lever'] satisfies readonly HostEventName[];
export type HostEvent = { [K in HostEventName]: { readonly event: K } & HostEventMap[K] }[HostEventName];

/** `seq` is from the same sequence as that of the events of tasks. */
export type RecordedHostEvent = HostEvent & { readonly seq: number; readonly at: number };

/** An event as stored. `seq` increases over all tasks and is never reused. */
export type RecordedEvent = TaskEvent & {
  readonly seq: number;
  readonly at: number;
  readonly taskId: TaskId;
  readonly name: string;
};

/** Events that stay in the owner's inbox until they are read. */
export const INBOX_EVENTS: ReadonlySet<EventName> = new Set<EventName>([
  'runaway_risk',
  'stall_risk',
  'held',
  'kill_requested',
  'adjust_refused',
  'ended',
]);

/** Events that `wait` prints as they happen. The database keeps every event. */
export const WAIT_EVENTS: ReadonlySet<EventName> = new Set<EventName>([
  'started',
  'ready',
  'paused',
  'resumed',
  'held',
  'thawed',
  'throttled',
  'unthrottled',
  'time_extended',
  'runaway_risk',
  'stall_risk',
  'kill_requested',
  'daemon_restarted',
  'requeued',
  'adjusted',
  'adjust_refused',
  'profile_switched',
  'retrying',
  'would_kill',
  'kill_stuck',
  'left_its_group',
  'main_exited',
  'within_parent',
]);
