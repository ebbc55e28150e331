// The vocabulary of a task: the request, the attempt and its resources, and the state.
import type { QueueEngineKind } from './engine-traits.ts';
import type { Estimate, EstimateBasis, Limits } from './estimate.ts';
import type { Inherited } from './inherited.ts';
import type { KillDetail, KillReason } from './kill-reasons.ts';
import type { Streams } from './streams.ts';

/** A ULID: 26 characters of Crockford base 32 that sort by submission time. */
export type TaskId = string & { readonly __brand: 'TaskId' };

/** `bash -c` runs a line; an argv is executed without a shell. */
export type Command =
  | { readonly kind: 'shell'; readonly line: string }
  | { readonly kind: 'argv'; readonly argv: readonly string[] };

/** The hard caps of one attempt's cgroup. Computed at dispatch; adjust and profiles replace it. */
export interface Envelope {
  readonly memMaxBytes: number;
  readonly cpuMaxCores: number;
  readonly cpuWeight: number;
  /** cpu.idle: the group gets only idle CPU time (SCHED_IDLE). */
  readonly cpuIdle: boolean;
  readonly pidsMax: number;
  readonly nice: number;
  readonly oomScoreAdj: number;
}

/** Why a task is being killed. The first recorded intent is the cause; a later one does not replace it. */
export interface KillIntent {
  readonly reason: KillReason;
  readonly at: number;
  readonly detail: KillDetail;
  /** First signal of the kill ladder; SIGKILL skips the grace period. */
  readonly signal: NodeJS.Signals;
  /** Time in which the task sees only the stop file, before that signal; absent: the signal comes at once. */
  readonly stopGraceMs?: number;
  /** When the ladder sent SIGKILL; null before. */
  readonly killedAt: number | null;
}

/** The cgroup drivers, in order of preference; each has a folder in src/cgroups. */
export const DRIVER_KINDS = ['v2', 'v1', 'systemd', 'none'] as const;
export type DriverKind = (typeof DRIVER_KINDS)[number];

/** Where a cgroup driver or another engine put the attempt. Only the one that wrote it reads the other fields. */
export interface GroupRef {
  readonly driver: DriverKind | QueueEngineKind;
  readonly [key: string]: string | number | readonly string[] | null;
}

/** How the main process ended: `code`, or the name of a `signal` such as `SIGKILL`; the other is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly at: number;
}

/** What an attempt used. A field is null when the driver does not measure it. */
export interface Usage {
  /** Highest working set, without page cache: sampled; of a short task from the kernel's counters. */
  readonly peakMemBytes: number | null;
  /** The kernel's high-water mark of the group (memory.peak): with page cache. */
  readonly peakMemCachedBytes: number | null;
  readonly cpuSeconds: number | null;
  /** Time in which its threads were ready to run and got no CPU: throttled, or starved. Absent in older rows. */
  readonly cpuWaitSeconds?: number | null;
  readonly ioReadBytes: number | null;
  readonly ioWriteBytes: number | null;
  /** Processes of the group that the OOM killer ended; null where only the host counts them. */
  readonly oomKills: number | null;
  /** Evidence of an OOM kill: at the task's own cap, or for lack of memory outside of it. Null: none. */
  readonly oom: 'own_cap' | 'outside' | null;
  /** Highest mean over about ten seconds. */
  readonly peakCpuCores: number | null;
}

/** What shows that a task serves: a line of its output, a port one of its processes listens on, or a command that succeeds. */
export type Readiness =
  | { readonly kind: 'log'; readonly pattern: string }
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'command'; readonly line: string };

/** The task that this one runs for. `id` is null until a live task of the project has the name. */
export interface Companion {
  readonly name: string;
  readonly id: TaskId | null;
}

/** Since when, and the mean use of 15 s before it. */
export interface Throttle {
  readonly at: number;
  readonly fromCores: number;
}

/** The task inside which the caller of this one waits for its end, and the attempt of it. */
export interface Parent {
  readonly id: TaskId;
  readonly name: string;
  readonly attempt: number;
}

/** The variable that holds the token of an attempt. */
export const TOKEN_VARIABLE = 'BABYSIT_TASK_TOKEN';
/** A token begins with the id of its task. */
export const TASK_ID_LENGTH = 26;

export interface Attempt {
  readonly number: number;
  /** In the environment of its processes: proves that a request comes from inside. Absent in rows of older versions. */
  readonly token?: string;
  readonly bootId: string;
  readonly group: GroupRef;
  readonly envelope: Envelope;
  /** When the dispatch was committed, before the start. */
  readonly dispatchedAt: number;
  /** When the supervisor entered the group to run the command; null before. */
  readonly startedAt: number | null;
  readonly pid: number | null;
  /** When its readiness was seen; absent before, and without a readiness. */
  readonly readyAt?: number;
  /** Time spent paused or held until the last `resume` or thaw. */
  readonly pausedMs: number;
  /** Frozen by the watchdog since then, because the host is short of memory; null: not held. */
  readonly heldAt: number | null;
  /** Limited by the watchdog to its CPU estimate, because the host has no idle CPU time. Absent: not throttled. */
  readonly throttle?: Throttle;
  /** The kill timeout in force since the watchdog has extended it, ms. Absent: that of the task. */
  readonly extendedTimeoutMs?: number;
  /** It started above the core limit, for a short time: the scheduler charges it no cores. */
  readonly isExpress: boolean;
  /** It started without room of its own, under the caps of its parent. */
  readonly isWithinParent?: true;
  readonly kill: KillIntent | null;
}

interface Ended {
  readonly endedAt: number;
  /** Null when the task was never dispatched. */
  readonly attempt: Attempt | null;
  readonly exit: Exit | null;
  readonly usage: Usage | null;
}

export type FailReason = 'exit' | 'could_not_start' | 'dependency_failed';
export type InterruptReason =
  | 'host_rebooted'
  | 'logged_out'
  | 'supervisor_lost'
  | 'records_removed'
  | 'kill_stuck'
  | 'node_failed'
  | 'preempted'
  | 'job_lost';

/** What keeps a pending task out of the queue. */
export interface Waiting {
  /** Ids of its dependencies that have not ended yet. */
  readonly waitsFor: readonly TaskId[];
  /** Back-off of a retry: earliest start, epoch ms; null: no back-off. */
  readonly notBefore: number | null;
  /** The attempt that waits in the queue of its engine; absent: it waits in that of the daemon. */
  readonly placed?: Attempt;
  /** A dependency of the placed attempt failed: it is being withdrawn. Absent: none. */
  readonly blame?: { readonly cause: Cause; readonly at: number };
}
export const READY: Waiting = { waitsFor: [], notBefore: null };

/** The task whose end failed a chain of dependent tasks. */
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

/** `ok`: this task fails unless every dependency completes. `any`: it runs after every dependency has ended. */
export interface After {
  readonly mode: 'ok' | 'any';
  readonly tasks: readonly { readonly id: TaskId; readonly name: string }[];
}

export const RETRY_CAUSES = ['oom', 'exit', 'signal', 'stall'] as const;
export type RetryCause = (typeof RETRY_CAUSES)[number];

export interface RetryPolicy {
  /** At most this many attempts after the first. */
  readonly max: number;
  readonly on: readonly RetryCause[];
  /** Before the first retry; doubles with each further retry. */
  readonly backoffMs: number;
  /** After an OOM a retry raises the memory estimate to the suggested one, up to this; null: it keeps the estimate. */
  readonly memCeilingBytes: number | null;
}

export interface UnitOptions {
  /** `train.service`; null: a name of babysit. */
  readonly name: string | null;
  /** `big.slice`; null: babysit.slice. */
  readonly slice: string | null;
  /** The unit stays loaded with its result until the task is removed. */
  readonly remains: boolean;
  /** With `stop` systemd shows an OOM as Result=oom-kill. The kernel kills a task whole in any case. */
  readonly oomPolicy: 'continue' | 'stop';
}

/** How the command is executed, apart from its caps. */
export interface ExecOptions {
  /** 0..19; null: the setting envelope.nice applies. */
  readonly nice: number | null;
  /** Of the caller, where it is above 0: without `nice` the command does not get a lower one. */
  readonly callerNice?: number;
  /** Runs in the idle CPU and IO class. */
  readonly isBackground: boolean;
  /** Runs on a pseudoterminal, so that libc buffers its output by lines. */
  readonly usesPty: boolean;
  /** Absent: no standard input, and the output goes to the log only. */
  readonly streams?: Streams;
  /** Runs as a transient unit of systemd, in the unit's cgroup. */
  readonly isUnit: boolean;
  /** What the caller asks of the unit; absent: nothing. */
  readonly unit?: UnitOptions;
  /** Its output also goes to systemd's journal, if the host has one. */
  readonly isJournaled: boolean;
  /** --stop=file: a kill first gives the task this time with only the stop file. Absent: --stop=signal. */
  readonly stopGraceMs?: number;
  /** MAKEFLAGS names a job server with one job for each estimated core. */
  readonly hasJobserver?: true;
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
  /** The agent session, or the value of --owner; null when neither is known. */
  readonly owner: string | null;
  /** Absolute path: the git root of the caller's cwd, else the cwd. */
  readonly project: string;
  readonly command: Command;
  readonly cwd: string;
  readonly execOptions: ExecOptions;
  /** The engine in whose queue it waits and where it runs; absent: this host. */
  readonly engine?: QueueEngineKind;
  /** What it takes of the cluster besides memory and cores: GPUs, and `name` or `name:count`. Absent: nothing. */
  readonly resources?: { readonly gpus: number; readonly named: readonly string[] };
  /** The caller's umask; the daemon's own is stricter than a command expects. */
  readonly umask: number;
  readonly inherited: Inherited;
  /** What the scheduler charges. */
  readonly estimate: Estimate;
  /** Where the estimate comes from. Absent in older rows: all of it was declared. */
  readonly basis?: EstimateBasis;
  /** The run is not recorded for later estimates. */
  readonly isNotLearned?: true;
  readonly limits: Limits;
  /** MIN_PRIORITY..MAX_PRIORITY; a higher priority starts first. */
  readonly priority: number;
  /** Null when it has no dependency. */
  readonly after: After | null;
  /** Null: no retries. */
  readonly retry: RetryPolicy | null;
  /** The caller's JSON, returned unchanged; null: none. */
  readonly context: unknown;
  readonly tags: readonly string[];
  /** Names the batch that the task was submitted with; absent: none. A tag of this text selects its tasks. */
  readonly batch?: string;
  /** Absent: the task has no event `ready`. */
  readonly readiness?: Readiness;
  /** The task ends when this one has ended; absent: it ends by itself. */
  readonly companion?: Companion;
  /** Absent: submitted from outside of every task, or not waited for. */
  readonly parent?: Parent;
  /** Its BABYSIT_CHECKPOINT_DIR is that of all tasks of the project with this name; absent: one of its own. */
  readonly checkpoint?: string;
  /** Shell line that the daemon runs when the task has ended; absent: none. */
  readonly onEnd?: string;
  /** After a restart of the host the task runs again; without it, it ends as interrupted. */
  readonly requeue: boolean;
  /** Idempotency key: a second submission with the same project and key returns this task; null: none. */
  readonly key: string | null;
  /** Attempts dispatched so far; the number of the current or last attempt. */
  readonly attempts: number;
  /** The attempts before the current or last one, oldest first. */
  readonly history: readonly PastAttempt[];
  /** Attempts that its engine has lost since the submission or the last manual retry; absent: none. */
  readonly lostAttempts?: number;
  /** Length of the history at the last manual retry: `retry.max` counts from there. */
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

/** The attempt of a live task: it runs, or waits in the queue of its engine. */
export function liveAttemptOf(state: TaskState): Attempt | null {
  if (isActive(state)) return state.attempt;
  return state.status === 'pending' ? (state.placed ?? null) : null;
}

/** The owner that fair share charges: the agent session or the value of --owner, else the project. */
export function ownerOf(task: Pick<Task, 'owner' | 'project'>): string {
  return task.owner ?? task.project;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/;
export const NAME_RULE = 'a letter or digit first, then up to 127 letters, digits or . _ : @ + -';
export function isTaskName(text: string): boolean {
  return NAME.test(text);
}

/** With the wildcards of a shell, which no name contains. */
export function isNamePattern(text: string): boolean {
  return /[*?[]/.test(text);
}

/** The most tasks in one answer of the API, and the default. */
export const PAGE_TASKS = 1000;
