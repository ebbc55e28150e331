// What travels over the socket: the JSON of requests and answers, types only, shared with the CLI.
import type { EventName } from '../core/events.ts';
import type { ProfileName } from '../core/profile.ts';
import type { Progress } from '../core/progress.ts';
import type { KillReason, TaskStatus } from '../core/task.ts';

/** POST /v1/tasks. Durations, sizes and numbers may be text as typed (`"10m"`, `"4G"`). */
export interface RunBody {
  command?: string;
  argv?: string[];
  name?: string;
  cwd: string;
  env: Record<string, string>;
  project: string;
  /** The caller's umask; without it 022. */
  umask?: number;
  owner?: string;
  estimated_time?: string | number;
  estimated_mem_bytes?: string | number;
  estimated_cpu_cores?: string | number;
  kill_timeout?: string | number;
  observability_interval?: string | number;
  observability?: 'any' | 'strict';
  mem_pct_limit?: string | number;
  cpu_pct_limit?: string | number;
  queue?: boolean;
  force?: boolean;
  priority?: number;
  /** Names or ids, as a list or separated by commas. */
  after?: string | string[];
  after_any?: string | string[];
  key?: string;
  context?: unknown;
  tag?: string | string[];
  requeue?: boolean;
  /** 0 to 19. */
  nice?: number;
  background?: boolean;
  pty?: boolean;
  driver?: 'auto' | 'systemd';
  journal?: boolean;
  lease?: string;
  retries?: number;
  retry_on?: string | string[];
  retry_backoff?: string | number;
  retry_raise_mem?: boolean;
}

/** POST /v1/batch. A line has the fields of RunBody, those in `common` only where they differ; `queue` is true unless it says false. */
export interface BatchBody {
  common: Pick<RunBody, 'cwd' | 'env' | 'project' | 'umask' | 'owner'>;
  lines: unknown[];
}

/** One line of the answer: the task, or why there is none. */
export type BatchLineView =
  | { id: string; name: string; status: TaskStatus; deduplicated?: true }
  | { error: string; message: string; hint: string; [extra: string]: unknown };

/** POST /v1/tasks/:ref/adjust */
export interface AdjustBody {
  estimated_time?: string | number;
  estimated_mem_bytes?: string | number;
  estimated_cpu_cores?: string | number;
  kill_timeout?: string | number;
  priority?: number;
  force?: boolean;
}

/** GET /v1/tasks/:ref/log/range: where the part of the log lies in all that the task's last attempt has printed, in bytes. */
export interface LogRangeView {
  id: string;
  name: string;
  from: number;
  to: number;
}

/** POST /v1/tickets; answered by a stream of WaitingView, the last line a LeaseView. */
export interface TicketBody {
  mem_bytes: string | number;
  cpu_cores: string | number;
  estimated_time?: string | number;
  lease_ttl?: string | number;
  priority?: number;
  project: string;
  owner?: string;
  since_ms?: number;
}

export interface WaitingView extends BlockedView {
  event: 'waiting_for_capacity';
}

export interface LeaseView {
  event: 'capacity_available';
  lease: string;
  expires_at: string;
  mem_bytes: number;
  cpu_cores: number;
}

/** POST /v1/tasks/:ref/kill */
export interface KillBody {
  force?: boolean;
  signal?: string;
}

/** Why a pending task waits; also the body of a soft-deny. */
export interface BlockedView {
  /** `turn`: it fits, others go first. `after`: tasks it comes after have not ended. `backoff`: until its next attempt. `pressure`: the host is short of what `blocked_by` names. */
  dim: 'mem' | 'cpu' | 'slots' | 'reservation' | 'after' | 'backoff' | 'pressure';
  requested: number;
  available: number;
  limit: number;
  short_by: number;
  blocked_by: string[];
  /** Place in the queue, from 1; null: not in it yet. */
  position: number | null;
  /** ISO time by the estimates of the running tasks; null: cannot be told. */
  earliest_start: string | null;
}

/** One task, every field. Times are ISO 8601, null where they do not apply. */
export interface TaskView {
  id: string;
  name: string;
  status: TaskStatus;
  owner: string | null;
  project: string;
  command: string;
  cwd: string;
  attempt: number;
  priority: number;
  /** Names of the tasks it comes after. */
  after: string[] | null;
  key: string | null;
  context: unknown;
  tags: string[];
  requeue: boolean;
  nice: number | null;
  background: boolean;
  pty: boolean;
  journal: boolean;
  retries: number;
  /** Set in the answer to a submission whose key is known already. */
  deduplicated?: true;
  estimated_time_ms: number;
  estimated_mem_bytes: number;
  estimated_cpu_cores: number;
  kill_timeout_ms: number;
  observability_interval_ms: number;
  observability: 'any' | 'strict';
  mem_pct_limit: number;
  cpu_pct_limit: number;
  submitted_at: string;
  started_at: string | null;
  ended_at: string | null;
  /** From start to end or to now. */
  elapsed_ms: number | null;
  pid: number | null;
  driver: string | null;
  /** Of systemd; null: the task is none. */
  unit: string | null;
  mem_max_bytes: number | null;
  cpu_max_cores: number | null;
  pids_max: number | null;
  /** Live readings, null unless running. */
  mem_bytes: number | null;
  cpu_cores: number | null;
  silent_ms: number | null;
  /** How far it is; null: it runs not, or nothing was told and nothing found in its output. */
  progress: Progress | null;
  /** How many callers wait for its end or follow its log now. */
  waiters: number;
  /** Null unless pending. */
  waiting: BlockedView | null;
  exit_code: number | null;
  signal: string | null;
  kill_reason: KillReason | null;
  kill_hint: string | null;
  kill_detail: Record<string, string | number | boolean | null> | null;
  stopped_gracefully: boolean | null;
  /** Set for failed (could_not_start) and interrupted. */
  reason: string | null;
  message: string | null;
  hint: string | null;
  peak_mem_bytes: number | null;
  peak_mem_cached_bytes: number | null;
  peak_cpu_cores: number | null;
  cpu_seconds: number | null;
  io_read_bytes: number | null;
  io_write_bytes: number | null;
  oom_kills: number | null;
  /** For the next run, from what this one was measured to need; null while it lives. */
  suggested_estimates: {
    estimated_time_ms: number;
    estimated_mem_bytes: number;
    estimated_cpu_cores: number;
  } | null;
  log_path: string | null;
  /** Attempts before this one, oldest first. */
  history: PastAttemptView[];
}

export interface PastAttemptView {
  attempt: number;
  status: string;
  reason: string | null;
  started_at: string | null;
  ended_at: string;
  exit_code: number | null;
  signal: string | null;
  peak_mem_bytes: number | null;
  cpu_seconds: number | null;
}

/**
 * One line of GET /v1/tasks/:ref/events. With `progress=1` also `progress` with the fields of Progress, at most one in ten
 * seconds; it is of the present, not of the record, and has no `seq`. `ended` comes last and carries the task; `daemon_stopping` comes last, without
 * any other field, when the daemon is told to stop.
 */
export interface EventView {
  event: EventName | 'daemon_stopping' | 'progress';
  seq: number;
  at: string;
  name: string;
  id: string;
  /** Only with `ended`. */
  task?: TaskView;
  [field: string]: unknown;
}

/** POST /v1/inbox. `owner`: without one, that of tasks that have none in the project. */
export interface InboxBody {
  owner?: string;
  project: string;
  /** Also what nobody but their owners was told of others' tasks in the project. */
  others?: boolean;
  /** At most so many, oldest first (default 50). */
  limit?: number;
  /** Leave it for the next reader. */
  peek?: boolean;
}

/** A line as in GET /v1/tasks/:ref/events: the end of a task with the task, or a warning. */
export interface InboxView {
  events: EventView[];
  /** Left for the next time. */
  more: number;
}

/** POST /v1/inbox/seen: what was shown, by `wait` or from the inbox; each task up to `seq`. */
export interface SeenBody {
  owner?: string;
  project: string;
  seen: { id: string; seq: number }[];
}

/** GET /v1/status */
export interface StatusView {
  host: {
    hostname: string;
    cores: number;
    mem_total_bytes: number;
    mem_available_bytes: number;
    /** Percent of the last ten seconds; null: this kernel does not tell (PSI). */
    stalled: { memory_full_pct: number | null; cpu_some_pct: number | null; io_full_pct: number | null };
  };
  daemon: { pid: number; version: string; started_at: string; driver: string; home: string; node: string };
  capacity: {
    mem_limit_bytes: number;
    mem_outside_bytes: number;
    mem_running_bytes: number;
    mem_pending_bytes: number;
    mem_leased_bytes: number;
    mem_available_bytes: number;
    cpu_limit_cores: number;
    cpu_reserved_cores: number;
    cpu_available_cores: number;
  };
  tasks: { running: number; paused: number; pending: number; tickets: number };
  profile: ProfileName;
  /** What the host is short of; while it is, nothing is dispatched. */
  pressure: {
    dim: 'mem' | 'disk';
    lasted_s: number;
    /** `external`: none of our tasks is to blame; `spread`: no single one is; `ours`: one was ended for it. Null: not told yet. */
    cause: 'ours' | 'external' | 'spread' | null;
    /** The numbers of that finding, as in `kill_detail`; `top_outside_name` is the largest process outside. */
    detail: Record<string, string | number | boolean | null> | null;
  }[];
  running: {
    name: string;
    id: string;
    elapsed_ms: number;
    mem_bytes: number | null;
    cpu_cores: number | null;
  }[];
  leases: { id: string; owner: string; mem_bytes: number; cpu_cores: number; expires_at: string }[];
  /** Tasks and tickets that wait, in the order they are expected to start; at most 100. */
  queue: { kind: 'task' | 'ticket'; name: string; id: string; waiting: BlockedView | null }[];
}

/** POST /v1/clean. Without `all` and `older_than`: what ended more than 7 days ago. */
export interface CleanBody {
  all?: boolean;
  older_than?: string | number;
  status?: string;
  dry_run?: boolean;
}

export interface CleanView {
  removed: number;
  dry_run: boolean;
  /** The first of them. */
  names: string[];
}

/** POST /v1/backup {path} */
export interface BackupView {
  path: string;
  bytes: number;
}

/** GET /v1/tasks/:ref/heartbeat: one record a minute, as NDJSON, oldest first. */
export interface HeartbeatView {
  timestamp: string;
  job_name: string;
  phase: string | null;
  items_total: number | null;
  items_done: number | null;
  items_failed: number | null;
  eta_minutes: number | null;
  /** MiB, page cache left out. */
  rss_mb: number;
  /** Over the minute; 100 is one core. */
  cpu_pct: number;
}

/** GET /v1/profile, and POST /v1/profile {profile} */
export interface ProfileView {
  profile: ProfileName;
  by: 'start' | 'hand' | 'schedule';
  since: string;
  /** Null: nothing is scheduled. */
  next: { profile: ProfileName; at: string } | null;
  /** What each of them gives, the one in force included. */
  profiles: {
    profile: ProfileName;
    cpu_limit_cores: number;
    /** Cap of all tasks together; null: none but their own. */
    total_cpu_max_cores: number | null;
    mem_limit_bytes: number;
    cpu_weight: number;
    cpu_idle: boolean;
    nice: number;
    threads_max: number;
    /** Cron expression, or off. */
    at: string;
  }[];
}

/** GET /v1/ping */
export interface PingView {
  ok: true;
  pid: number;
  version: string;
  /** Changes with every start of a daemon. */
  instance: string;
}

/** GET /v1/doctor */
export interface DoctorView {
  ok: boolean;
  driver: string;
  checks: { what: string; ok: boolean; reason: string; mend: string | null }[];
}

/** GET /v1/config: every key with its value and where it came from. */
export interface ConfigView {
  home: string;
  values: { key: string; value: unknown; source: 'default' | 'file' | 'env'; help: string }[];
}

/** Errors: application/problem+json with these fields, and those of the error's own. */
export interface ProblemView {
  type: string;
  title: string;
  status: number;
  detail: string;
  error: string;
  hint: string;
  [extra: string]: unknown;
}
