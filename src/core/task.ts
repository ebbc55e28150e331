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
  /** Output that only repeats itself does not count as output. */
  readonly isStrict: boolean;
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
  /** SCHED_IDLE: only what nobody else wants. */
  readonly cpuIdle: boolean;
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
  'system_mem_pressure',
  'system_disk_pressure',
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
  readonly driver: 'v2' | 'v1' | 'none' | 'systemd';
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
  /** Highest mean over about ten seconds, in cores; null: not sampled. */
  readonly peakCpuCores: number | null;
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
  /** Time spent paused until the last `resume`. */
  readonly pausedMs: number;
  readonly kill: KillIntent | null;
}

interface Ended {
  readonly endedAt: number;
  /** Null: the task ended without ever being dispatched. */
  readonly attempt: Attempt | null;
  readonly exit: Exit | null;
  readonly usage: Usage | null;
}

export type FailReason = 'exit' | 'could_not_start' | 'dependency_failed';
export type InterruptReason = 'host_rebooted' | 'supervisor_lost';

/** What keeps a pending task from the queue. */
export interface Waiting {
  /** Ids of the tasks it comes after that have not ended yet. */
  readonly waitsFor: readonly TaskId[];
  /** A repeated attempt starts no sooner (epoch ms); null: at once. */
  readonly notBefore: number | null;
}
export const READY: Waiting = { waitsFor: [], notBefore: null };

/** The task that began a chain of failed dependencies. */
export interface Cause {
  readonly id: TaskId;
  readonly name: string;
  readonly status: string;
}

export type TaskState =
  | ({ readonly status: 'pending' } & Waiting)
  | { readonly status: 'running'; readonly attempt: Attempt }
  | { readonly status: 'paused'; readonly attempt: Attempt; readonly pausedAt: number }
  | ({ readonly status: 'completed' } & Ended)
  | ({
      readonly status: 'failed';
      readonly reason: FailReason;
      readonly message: string | null;
      /** Only with dependency_failed. */
      readonly cause?: Cause;
    } & Ended)
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

export const MIN_PRIORITY = -100;
export const MAX_PRIORITY = 100;

/** `ok`: the others have to complete, else this task fails too; `any`: they only have to end. */
export interface After {
  readonly mode: 'ok' | 'any';
  readonly tasks: readonly { readonly id: TaskId; readonly name: string }[];
}

export const RETRY_CAUSES = ['oom', 'exit', 'signal', 'stall'] as const;
export type RetryCause = (typeof RETRY_CAUSES)[number];

export interface RetryPolicy {
  /** Attempts beyond the first, at most. */
  readonly max: number;
  readonly on: readonly RetryCause[];
  /** Before the first repetition; doubles with each further one. */
  readonly backoffMs: number;
  /** After running out of memory the estimate is raised to what was measured, up to this; null: it stays. */
  readonly memCeilingBytes: number | null;
}

/** How the command is run beside its caps. */
export interface ExecOptions {
  /** 0..19; null: the envelope's. */
  readonly nice: number | null;
  /** In the lowest CPU and IO class: it gets what nobody else wants. */
  readonly isBackground: boolean;
  /** In a terminal of its own, so that it buffers its output by lines. */
  readonly usesPty: boolean;
  /** As a transient unit of systemd, in whose group it is. */
  readonly isUnit: boolean;
  /** Its output also goes to the journal of systemd, where there is one. */
  readonly isJournaled: boolean;
}
export const DEFAULT_EXEC_OPTIONS: ExecOptions = {
  nice: null,
  isBackground: false,
  usesPty: false,
  isUnit: false,
  isJournaled: false,
};

export interface PastAttempt {
  readonly number: number;
  readonly status: string;
  readonly reason: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number;
  readonly exit: Exit | null;
  readonly usage: Usage | null;
}

export interface Task {
  readonly id: TaskId;
  readonly name: string;
  /** The agent session or the name given with --owner; null: only the project is known. */
  readonly owner: string | null;
  /** Absolute path: the git root of the caller's cwd, else that cwd. */
  readonly project: string;
  readonly command: Command;
  readonly cwd: string;
  readonly execOptions: ExecOptions;
  /** The caller's; the daemon's own is stricter than a command expects. */
  readonly umask: number;
  readonly estimate: Estimate;
  readonly limits: Limits;
  /** MIN_PRIORITY..MAX_PRIORITY; higher goes first. */
  readonly priority: number;
  /** Null: it waits for no other task. */
  readonly after: After | null;
  /** Null: a failed attempt is the end. */
  readonly retry: RetryPolicy | null;
  /** JSON of the caller's own, handed back as it is; null: none. */
  readonly context: unknown;
  readonly tags: readonly string[];
  /** After a restart of the host the task runs again instead of being interrupted. */
  readonly requeue: boolean;
  /** A second submission of the same project with the same key is this task; null: none was given. */
  readonly key: string | null;
  /** Attempts dispatched so far; the one under way, or the last, has this number. */
  readonly attempts: number;
  /** The attempts before the one under way or the last, oldest first. */
  readonly history: readonly PastAttempt[];
  /** Attempts in the history that were made before somebody asked for another one by hand. */
  readonly retriedFrom: number;
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

/** Who shares the host with whom: the agent session or the name given with --owner, else the project. */
export function ownerOf(task: Pick<Task, 'owner' | 'project'>): string {
  return task.owner ?? task.project;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/;
export const NAME_RULE = 'a letter or digit first, then up to 127 letters, digits or . _ : @ + -';
export function isTaskName(text: string): boolean {
  return NAME.test(text);
}
