// The port behind the routes: one method a verb. src/service implements it.
import type { RecordedEvent, RecordedHostEvent } from '../core/events.ts';
import type { LeverUse } from '../core/host/levers.ts';
import type { ProfileName } from '../core/host/profile.ts';
import type { LogQuery } from '../core/log-query.ts';
import type { TaskId } from '../core/task.ts';
import type { EndedEvent } from '../core/transition/past-end.ts';
import type { RunRequest } from '../request/request.ts';
import type { LeaseView, TestRunView, TicketRequest, WaitingView } from './schemas/capacity.ts';
import type { Changes } from './schemas/changes.ts';
import type { BackupView, CleanQuery, CleanView } from './schemas/clean.ts';
import type { ConfigChangeView, ConfigSetBody, ConfigView, DoctorView, PingView } from './schemas/daemon.ts';
import type { ForgottenView, LearnedListView, LearnedQuery } from './schemas/estimates.ts';
import type { AllEventsQuery, GapReason } from './schemas/events/all-events.ts';
import type { HeartbeatView } from './schemas/events/heartbeat.ts';
import type { HoldRequest, HoldsView, HoldView, ReleasedView, ReleaseRequest } from './schemas/hold.ts';
import type { InboxPage, InboxQuery, SeenReport, SentReport } from './schemas/inbox.ts';
import type { LogRangeView } from './schemas/log.ts';
import type { HistoryQuery, HistoryView } from './schemas/observe/history-summary.ts';
import type { OutsideHistoryView } from './schemas/observe/outside.ts';
import type { SeriesRequest, SeriesView } from './schemas/observe/series.ts';
import type { ProfileView } from './schemas/profile.ts';
import type { BatchRequest, BatchView } from './schemas/run.ts';
import type { SelectedView, SelectQuery } from './schemas/select.ts';
import type { StatusView } from './schemas/status.ts';
import type { ListQuery, TaskPage, TaskView } from './schemas/task.ts';

/** A client that waits for room: it receives its place in the queue, then its lease. */
export interface TicketListener {
  waiting(view: WaitingView): void;
  granted(view: LeaseView): void;
  failed(error: unknown): void;
}

export interface Subscription {
  readonly backlog: readonly RecordedEvent[];
  /** Calls back for each later event, in order, until `stop`. */
  start(listener: (event: RecordedEvent) => void): void;
  stop(): void;
}

/** Who reads a log. */
export interface LogReader {
  /** Aborts when the reader is gone: nothing else ends a generator that waits for output. */
  readonly closed: AbortSignal;
  /** Called before each wait for output. */
  onWait(): void;
}

/** The events of all tasks from a cursor on, page by page. */
export interface EventFeed {
  /** Events after this one come first. */
  readonly from: number;
  /** What the cursor of the client misses; null: nothing. */
  readonly gap: { readonly reason: GapReason; readonly since: number; readonly through: number } | null;
  page(after: number): {
    readonly events: readonly (RecordedEvent | RecordedHostEvent)[];
    /** The cursor of the next page. */
    readonly through: number;
    readonly isLast: boolean;
  };
  /** Calls back when there may be a next page. Returns how to stop it. */
  onNew(listener: () => void): () => void;
}

/** Every method throws BabysitError for an expected refusal. A `ref` that is not an id may refer to any project. */
export interface Service extends Changes {
  ping(): PingView;
  status(): Promise<StatusView>;
  doctor(): Promise<DoctorView>;
  config(): ConfigView;
  setConfig(body: ConfigSetBody): ConfigChangeView;
  run(request: RunRequest): Promise<TaskView>;
  /** When `request` would start; stores nothing. */
  testRun(request: RunRequest): Promise<TestRunView>;
  list(query: ListQuery): Promise<TaskPage>;
  /** The task that a name, an id or a unique prefix of an id refers to; null: without a project of the caller. */
  resolve(ref: string, project: string | null): TaskId;
  /** The newest task of each name that matches one of the patterns or tags, oldest first. */
  select(query: SelectQuery): Promise<SelectedView[]>;
  task(ref: string): Promise<TaskView>;
  /** In the order of the lines, each accepted or refused on its own; recorded together. */
  batch(request: BatchRequest): Promise<BatchView>;
  /** Returns how to leave the queue again. */
  awaitCapacity(request: TicketRequest, listener: TicketListener): () => void;
  heartbeats(ref: string): AsyncIterable<HeartbeatView>;
  learned(query: LearnedQuery): LearnedListView;
  forget(project: string, command: string): ForgottenView;
  profile(): ProfileView;
  /** Resolves once it is in force, for running tasks too. */
  switchProfile(profile: ProfileName): Promise<ProfileView>;
  holds(): HoldsView;
  hold(request: HoldRequest): Promise<HoldView>;
  release(request: ReleaseRequest): Promise<ReleasedView>;
  /** `by` null: the user of the daemon. An id of a task becomes its name. */
  noteLever(use: Omit<LeverUse, 'by'> & { readonly by: string | null }): Promise<void>;
  clean(query: CleanQuery): Promise<CleanView>;
  /** To a file that does not exist yet. */
  backup(path: string): Promise<BackupView>;
  log(ref: string, query: LogQuery, reader: LogReader): AsyncIterable<Uint8Array>;
  logRange(ref: string, query: LogQuery): Promise<LogRangeView>;
  events(ref: string, after: number): Subscription;
  allEvents(query: AllEventsQuery): EventFeed;
  /** A process of the running task listens on this TCP port. */
  listens(id: TaskId, port: number): boolean;
  /** Reserves the returned events for this reader until `see` reports them, or for a short time. */
  inbox(query: InboxQuery): InboxPage;
  see(report: SeenReport): void;
  /** A client has sent a message about an event. */
  sent(report: SentReport): void;
  /** Without the predicted start of a pending task. */
  view(id: TaskId): TaskView;
  /** With it. */
  planned(id: TaskId): Promise<TaskView>;
  /** The task as it was at this end, also when it was retried since. */
  viewAtEnd(event: EndedEvent): TaskView;
  /** `ref` null: of the host. */
  historySummary(query: HistoryQuery): Promise<HistoryView>;
  series(ref: string | null, request: SeriesRequest): Promise<SeriesView>;
  /** Calls back with a line of JSON, the first at once. Returns the stop function. */
  live(send: (line: string) => boolean): () => void;
  /** The programs outside of all tasks that used most of the host. */
  outside(sinceMs: number): OutsideHistoryView;
  /** In the text format of Prometheus. */
  metricsText(): Promise<string>;
  stop(killTasks: boolean): void;
}
