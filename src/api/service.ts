// The port behind the routes: one method per verb. The daemon fills it; tests of the API may too.

import type { BabysitError } from '../core/errors.ts';
import type { RecordedEvent } from '../core/events.ts';
import type { LogQuery } from '../core/log-query.ts';
import type { ProfileName } from '../core/profile.ts';
import type { Command, RequestedExecOptions, RetryCause, TaskId, TaskStatus } from '../core/task.ts';
import type {
  BackupView,
  BatchLineView,
  CleanView,
  ConfigView,
  DoctorView,
  HeartbeatView,
  LeaseView,
  LogRangeView,
  PingView,
  ProfileView,
  StatusView,
  TaskView,
  WaitingView,
} from './shapes.ts';

/** A validated submission; null: not given, the config decides. Units as the names say. */
export interface RunSubmission {
  readonly command: Command;
  readonly name: string | null;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly project: string;
  readonly umask: number;
  readonly owner: string | null;
  readonly timeMs: number | null;
  readonly memBytes: number | null;
  readonly cpuCores: number | null;
  readonly killTimeoutMs: number | null;
  readonly observabilityMs: number | null;
  readonly isStrict: boolean;
  readonly memPctLimit: number | null;
  readonly cpuPctLimit: number | null;
  readonly queue: boolean;
  readonly force: boolean;
  readonly priority: number;
  /** Tasks it comes after, by name or id. */
  readonly after: { readonly refs: readonly string[]; readonly mode: 'ok' | 'any' } | null;
  readonly key: string | null;
  readonly context: unknown;
  readonly tags: readonly string[];
  readonly requeue: boolean;
  readonly execOptions: RequestedExecOptions;
  readonly lease: string | null;
  readonly retry: {
    readonly max: number;
    readonly on: readonly RetryCause[];
    readonly backoffMs: number | null;
    readonly raiseMem: boolean;
  } | null;
}

/** Null: stays as it is. */
export interface Adjustment {
  readonly timeMs: number | null;
  readonly memBytes: number | null;
  readonly cpuCores: number | null;
  readonly killTimeoutMs: number | null;
  readonly priority: number | null;
  /** Skip the check for room. */
  readonly force: boolean;
}

/** Room asked for without a task; null: the config decides. */
export interface TicketRequest {
  readonly memBytes: number;
  readonly cpuCores: number;
  readonly timeMs: number | null;
  readonly leaseTtlMs: number | null;
  readonly priority: number;
  readonly project: string;
  readonly owner: string | null;
  /** When the caller began to wait (epoch ms), for one that comes back after the daemon went away; null: now. */
  readonly sinceMs: number | null;
}

/** Who waits for room: hears where it stands, then what it holds. */
export interface TicketListener {
  waiting(view: WaitingView): void;
  granted(view: LeaseView): void;
  failed(error: unknown): void;
}

export interface ListQuery {
  readonly project: string | null;
  readonly owner: string | null;
  readonly tag: string | null;
  readonly statuses: readonly TaskStatus[] | null;
  /** Ended tasks from this far back; null: all. */
  readonly sinceMs: number | null;
}

export interface CleanQuery {
  /** Null: however short ago they ended. */
  readonly olderThanMs: number | null;
  readonly statuses: readonly TaskStatus[] | null;
  readonly isDryRun: boolean;
}

export interface Subscription {
  readonly backlog: readonly RecordedEvent[];
  /** Calls back for each later event, in order, until `stop`. */
  start(listener: (event: RecordedEvent) => void): void;
  stop(): void;
}

export interface InboxQuery {
  /** InboxScope inbox; for tasks without an owner, their project. */
  readonly owner: string;
  /** Also what others' tasks in it have to tell; null: nothing of others. */
  readonly project: string | null;
  readonly limit: number;
  /** Look only: another reader may still take it. */
  readonly isPeek: boolean;
}

/** What nobody has seen yet, oldest first; `more` is left for the next time. */
export interface InboxPage {
  readonly events: readonly RecordedEvent[];
  readonly more: number;
}

/** The owner has seen events of each task up to `seq`. */
export interface SeenReport {
  readonly owner: string;
  readonly seen: readonly { readonly id: TaskId; readonly seq: number }[];
}

/** Every method throws BabysitError for an expected refusal. */
export interface Service {
  ping(): PingView;
  status(): StatusView;
  doctor(): Promise<DoctorView>;
  config(): ConfigView;
  run(submission: RunSubmission): Promise<TaskView>;
  list(query: ListQuery): TaskView[];
  task(ref: string): TaskView;
  /** In the order of the lines, each accepted or refused on its own; recorded together. */
  batch(lines: readonly (RunSubmission | BabysitError)[]): Promise<BatchLineView[]>;
  kill(ref: string, signal: NodeJS.Signals): Promise<TaskView>;
  pause(ref: string): Promise<TaskView>;
  resume(ref: string): Promise<TaskView>;
  adjust(ref: string, adjustment: Adjustment): Promise<TaskView>;
  retry(ref: string): Promise<TaskView>;
  /** Returns how to leave the queue again. */
  awaitCapacity(request: TicketRequest, listener: TicketListener): () => void;
  heartbeats(ref: string): Promise<HeartbeatView[]>;
  profile(): ProfileView;
  /** Resolves once it is in force, for running tasks too. */
  switchProfile(profile: ProfileName): Promise<ProfileView>;
  clean(query: CleanQuery): Promise<CleanView>;
  /** To a file that does not exist yet. */
  backup(path: string): Promise<BackupView>;
  log(ref: string, query: LogQuery): AsyncIterable<Uint8Array>;
  logRange(ref: string, query: LogQuery): Promise<LogRangeView>;
  events(ref: string, after: number): Subscription;
  /** What it returns is kept from other readers for a while, until `see` reports it. */
  inbox(query: InboxQuery): InboxPage;
  see(report: SeenReport): void;
  view(id: TaskId): TaskView;
  stop(killTasks: boolean): void;
}
