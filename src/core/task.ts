// The vocabulary of a task: what was asked for, what it holds, and the state it is in.

/** A ULID: 26 characters of Crockford base 32, sortable by submission time. */
export type TaskId = string & { readonly __brand: 'TaskId' };

/** What the caller expects one attempt to need. `cpuCores` may be fractional. */
export interface Estimate {
  readonly timeMs: number;
  readonly memBytes: number;
  readonly cpuCores: number;
}

/** A line is run by `bash -c`; an argv is executed as it is. */
export type Command =
  | { readonly kind: 'shell'; readonly line: string }
  | { readonly kind: 'argv'; readonly argv: readonly string[] };

export interface Limits {
  readonly killTimeoutMs: number;
  /** 0: silence is never a stall. */
  readonly observabilityMs: number;
  /** Percent of the host's memory this task may use at most. */
  readonly memPctLimit: number;
  /** Percent of the host's cores this task may use at most. */
  readonly cpuPctLimit: number;
}

/** The hard caps of one attempt's cgroup, computed once at dispatch. */
export interface Envelope {
  readonly memMaxBytes: number;
  readonly cpuMaxCores: number;
  readonly cpuWeight: number;
  readonly pidsMax: number;
  readonly nice: number;
  readonly oomScoreAdj: number;
}

export const KILL_REASONS = [
  'estimated_mem_exceeded',
  'estimated_cpu_exceeded',
  'cgroup_oom_killed',
  'kernel_oom',
  'mem_exceeded',
  'pids_exceeded',
  'elapsed_exceeded',
  'observability_stall',
  'manual',
] as const;
export type KillReason = (typeof KILL_REASONS)[number];

/** Measured numbers behind a kill, keys in snake_case with the unit last, as they are shown. */
export type KillDetail = Readonly<Record<string, string | number | boolean | null>>;

/** Why a task is being ended. The first one recorded is the cause; later ones do not replace it. */
export interface KillIntent {
  readonly reason: KillReason;
  readonly at: number;
  readonly detail: KillDetail;
  /** Signal of the first step of the ladder; SIGKILL skips the grace. */
  readonly signal: NodeJS.Signals;
  /** Set once the ladder has reached SIGKILL. */
  readonly killedAt: number | null;
}

/** Where a cgroup driver put the attempt; opaque to everyone but the driver that wrote it. */
export interface GroupRef {
  readonly driver: 'v2' | 'v1' | 'none';
  readonly [key: string]: string | number | readonly string[] | null;
}

/** How the main process ended. `signal` is a name such as `SIGKILL`; then `code` is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly at: number;
}

/** What an attempt used, as far as the driver can tell; null: not measured. */
export interface Usage {
  /** Highest working set seen (page cache left out), in bytes. */
  readonly peakMemBytes: number | null;
  /** The kernel's own high-water mark of the group, page cache included, in bytes. */
  readonly peakMemCachedBytes: number | null;
  readonly cpuSeconds: number | null;
  readonly ioReadBytes: number | null;
  readonly ioWriteBytes: number | null;
  readonly oomKills: number;
}

export interface Attempt {
  readonly number: number;
  readonly bootId: string;
  readonly group: GroupRef;
  readonly envelope: Envelope;
  /** When the intent to start was recorded. */
  readonly dispatchedAt: number;
  /** When the supervisor entered the group to run the command; null until it has. */
  readonly startedAt: number | null;
  readonly pid: number | null;
  readonly kill: KillIntent | null;
}

interface Ended {
  readonly endedAt: number;
  /** Null: the task ended without ever being dispatched. */
  readonly attempt: Attempt | null;
  readonly exit: Exit | null;
  readonly usage: Usage | null;
}

export type FailReason = 'exit' | 'could_not_start';
export type InterruptReason = 'host_rebooted' | 'supervisor_lost';

export type TaskState =
  | { readonly status: 'pending' }
  | { readonly status: 'running'; readonly attempt: Attempt }
  | { readonly status: 'paused'; readonly attempt: Attempt; readonly pausedAt: number }
  | ({ readonly status: 'completed' } & Ended)
  | ({ readonly status: 'failed'; readonly reason: FailReason; readonly message: string | null } & Ended)
  | ({ readonly status: 'killed'; readonly kill: KillIntent; readonly stoppedGracefully: boolean } & Ended)
  | ({ readonly status: 'interrupted'; readonly reason: InterruptReason } & Ended);

export type TaskStatus = TaskState['status'];
export const TASK_STATUSES = [
  'pending',
  'running',
  'paused',
  'completed',
  'failed',
  'killed',
  'interrupted',
] as const satisfies readonly TaskStatus[];

export interface Task {
  readonly id: TaskId;
  readonly name: string;
  /** The agent session or the name given with --owner; null: only the project is known. */
  readonly owner: string | null;
  /** Absolute path: the git root of the caller's cwd, else that cwd. */
  readonly project: string;
  readonly command: Command;
  readonly cwd: string;
  /** The caller's; the daemon's own is stricter than a command expects. */
  readonly umask: number;
  readonly estimate: Estimate;
  readonly limits: Limits;
  /** Attempts dispatched so far; the one under way, or the last, has this number. */
  readonly attempts: number;
  readonly submittedAt: number;
  readonly state: TaskState;
}

export type LiveState = Extract<TaskState, { status: 'pending' | 'running' | 'paused' }>;
export type EndedState = Exclude<TaskState, LiveState>;
export type ActiveState = Extract<TaskState, { status: 'running' | 'paused' }>;

export function isEnded(state: TaskState): state is EndedState {
  switch (state.status) {
    case 'pending':
    case 'running':
    case 'paused':
      return false;
    case 'completed':
    case 'failed':
    case 'killed':
    case 'interrupted':
      return true;
  }
}

export function isActive(state: TaskState): state is ActiveState {
  return state.status === 'running' || state.status === 'paused';
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/;
export const NAME_RULE = 'a letter or digit first, then up to 127 letters, digits or . _ : @ + -';
export function isTaskName(text: string): boolean {
  return NAME.test(text);
}
