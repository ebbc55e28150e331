// What travels over the socket: the JSON of requests and answers, types only, shared with the CLI.
import type { EventName } from '../core/events.ts';
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
  mem_pct_limit?: string | number;
  cpu_pct_limit?: string | number;
  queue?: boolean;
  force?: boolean;
}

/** POST /v1/tasks/:ref/kill */
export interface KillBody {
  force?: boolean;
  signal?: string;
}

/** Why a pending task waits; also the body of a soft-deny. */
export interface BlockedView {
  dim: 'mem' | 'cpu' | 'slots' | 'turn';
  requested: number;
  available: number;
  limit: number;
  short_by: number;
  blocked_by: string[];
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
  estimated_time_ms: number;
  estimated_mem_bytes: number;
  estimated_cpu_cores: number;
  kill_timeout_ms: number;
  observability_interval_ms: number;
  mem_pct_limit: number;
  cpu_pct_limit: number;
  submitted_at: string;
  started_at: string | null;
  ended_at: string | null;
  /** From start to end or to now. */
  elapsed_ms: number | null;
  pid: number | null;
  driver: string | null;
  mem_max_bytes: number | null;
  cpu_max_cores: number | null;
  pids_max: number | null;
  /** Live readings, null unless running. */
  mem_bytes: number | null;
  cpu_cores: number | null;
  silent_ms: number | null;
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
  cpu_seconds: number | null;
  io_read_bytes: number | null;
  io_write_bytes: number | null;
  oom_kills: number | null;
  log_path: string | null;
}

/**
 * One line of GET /v1/tasks/:ref/events. `ended` comes last and carries the task; `daemon_stopping` comes last, without
 * any other field, when the daemon is told to stop.
 */
export interface EventView {
  event: EventName | 'daemon_stopping';
  seq: number;
  at: string;
  name: string;
  id: string;
  /** Only with `ended`. */
  task?: TaskView;
  [field: string]: unknown;
}

/** GET /v1/status */
export interface StatusView {
  host: {
    hostname: string;
    cores: number;
    mem_total_bytes: number;
    mem_available_bytes: number;
  };
  daemon: { pid: number; version: string; started_at: string; driver: string; home: string; node: string };
  capacity: {
    mem_limit_bytes: number;
    mem_outside_bytes: number;
    mem_running_bytes: number;
    mem_pending_bytes: number;
    mem_available_bytes: number;
    cpu_limit_cores: number;
    cpu_reserved_cores: number;
    cpu_available_cores: number;
  };
  tasks: { running: number; paused: number; pending: number };
  running: {
    name: string;
    id: string;
    elapsed_ms: number;
    mem_bytes: number | null;
    cpu_cores: number | null;
  }[];
  queue: { name: string; id: string; waiting: BlockedView | null }[];
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
