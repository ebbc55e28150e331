// The port behind the routes: one method per verb. The daemon fills it; tests of the API may too.
import type { RecordedEvent } from '../core/events.ts';
import type { Command, TaskId, TaskStatus } from '../core/task.ts';
import type { ConfigView, DoctorView, PingView, StatusView, TaskView } from './shapes.ts';

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
  readonly memPctLimit: number | null;
  readonly cpuPctLimit: number | null;
  readonly queue: boolean;
  readonly force: boolean;
}

export interface ListQuery {
  readonly project: string | null;
  readonly owner: string | null;
  readonly statuses: readonly TaskStatus[] | null;
  /** Ended tasks from this far back; null: all. */
  readonly sinceMs: number | null;
}

export interface LogQuery {
  readonly part: { readonly kind: 'tail' | 'head'; readonly lines: number } | { readonly kind: 'full' };
  readonly maxBytes: number | null;
  readonly follow: boolean;
}

export interface Subscription {
  /** The task the reference named when the stream began. */
  readonly task: TaskView;
  readonly backlog: readonly RecordedEvent[];
  /** Calls back for each later event, in order, until `stop`. */
  start(listener: (event: RecordedEvent) => void): void;
  stop(): void;
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
  kill(ref: string, signal: NodeJS.Signals): Promise<TaskView>;
  log(ref: string, query: LogQuery): AsyncIterable<Uint8Array>;
  events(ref: string, after: number): Subscription;
  view(id: TaskId): TaskView;
  stop(killTasks: boolean): void;
}
