// The live stream: one frame after each sampling pass and soon after events, with what changed since the last one.
import type { FrameView, HostPoint, LiveTask } from '../../api/schemas/observe/live.ts';
import type { Clock } from '../../core/clock.ts';
import type { RecordedEvent } from '../../core/events.ts';
import type { Task, TaskId } from '../../core/task.ts';
import type { IoBytesPerS } from '../../engine/attempt/io-rate.ts';
import type { Plan } from '../../scheduler/plan.ts';
import type { TaskAccess } from '../lookup/task-access.ts';
import { hostStatus, type StatusDeps } from '../status.ts';
import { hostPoint } from '../views/host-point.ts';
import { changedRow } from './changed-row.ts';

/** On a quiet host an event is shown at once. */
const SOON_MS = 50;
const QUIET_MS = 5000;
/** On a busy one events are shown with the next pass, or after this time: a frame costs milliseconds. */
const EVENTS_EVERY_MS = 1000;
/** The programs outside cost a look at every process, and no event reports that ended tasks were removed. */
const SLOW_EVERY_MS = 10_000;
/** With more pending tasks than this, a plan takes milliseconds: frames then share one. */
const LONG_QUEUE = 100;
const LONG_PLAN_MS = 2000;
const PENDING_SHOWN = 200;
const ENDED_SHOWN = 20;
const COMMAND_CHARS = 200;

export interface LiveDeps extends StatusDeps {
  readonly clock: Clock;
}

/** Takes a line with its end; false: the client has not read the one before, so it gets a whole frame later. */
type Send = (line: string) => boolean;

interface Subscriber {
  readonly send: Send;
  /** It has every line since its last whole frame. */
  isCurrent: boolean;
}

export class LiveStream {
  readonly #deps: LiveDeps;
  readonly #tasks: TaskAccess;
  readonly #subscribers = new Set<Subscriber>();
  #stops: (() => void)[] = [];
  #host: HostPoint | null = null;
  #io = new Map<TaskId, IoBytesPerS | null>();
  /** As the last line showed them. */
  #rows: ReadonlyMap<string, LiveTask> = new Map();
  #ended: LiveTask[] | null = null;
  #outside: ReturnType<LiveDeps['largestOutside']> = [];
  #slowAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  #sentAt = Number.NEGATIVE_INFINITY;
  #eventAt = Number.NEGATIVE_INFINITY;
  #plan: { readonly plan: Plan; readonly at: number } | null = null;
  #isPlanning = false;

  constructor(deps: LiveDeps, tasks: TaskAccess) {
    this.#deps = deps;
    this.#tasks = tasks;
  }

  /** Sends a whole frame soon. Returns the stop function; nothing is measured or built without a subscriber. */
  subscribe(send: Send): () => void {
    const subscriber = { send, isCurrent: false };
    this.#subscribers.add(subscriber);
    if (this.#subscribers.size === 1) this.#begin();
    void this.#send();
    return () => {
      if (this.#subscribers.delete(subscriber) && this.#subscribers.size === 0) this.#end();
    };
  }

  #begin(): void {
    const { passes, eventBus } = this.#deps.engine;
    this.#stops = [
      passes.watch(({ at, host, tasks }) => {
        this.#host = hostPoint(at, host);
        this.#io = new Map(tasks.map(({ id, io }) => [id, io]));
        void this.#send();
      }),
      eventBus.listenToAll((events) => this.#sendSoon(events)),
    ];
  }

  #end(): void {
    for (const stop of this.#stops.splice(0)) stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    [this.#timer, this.#host, this.#slowAt] = [null, null, Number.NEGATIVE_INFINITY];
    this.#io.clear();
    this.#rows = new Map();
    this.#plan = null;
  }

  #sendSoon(events: readonly RecordedEvent[]): void {
    if (events.some(({ event }) => event === 'ended')) this.#ended = null;
    const { monoMs } = this.#deps.clock.now();
    const isQuiet = monoMs - this.#eventAt >= QUIET_MS && !this.#isLong();
    this.#eventAt = monoMs;
    const dueMs = isQuiet ? SOON_MS : Math.max(0, EVENTS_EVERY_MS - (monoMs - this.#sentAt));
    this.#timer ??= setTimeout(() => void this.#send(), dueMs);
  }

  /** A call while the plan is made is for the same frame. */
  async #send(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isPlanning) return;
    this.#isPlanning = true;
    const plan = await this.#currentPlan().finally(() => {
      this.#isPlanning = false;
    });
    if (this.#subscribers.size > 0) this.#sendFrame(plan);
  }

  #sendFrame(plan: Plan): void {
    this.#sentAt = this.#deps.clock.now().monoMs;
    const { rows, frame } = this.#frame(plan);
    const changed = [...rows].flatMap(([id, row]) => changedRow(row, this.#rows.get(id)) ?? []);
    this.#rows = rows;
    const line = (shown: FrameView['rows']) => `${JSON.stringify({ ...frame, rows: shown })}\n`;
    const news = line(changed);
    let whole: string | null = null;
    for (const subscriber of [...this.#subscribers]) {
      if (!subscriber.isCurrent) whole ??= line([...rows.values()]);
      subscriber.isCurrent = subscriber.send(subscriber.isCurrent ? news : (whole ?? news));
    }
  }

  #frame(plan: Plan): {
    readonly rows: ReadonlyMap<string, LiveTask>;
    readonly frame: Omit<FrameView, 'rows'>;
  } {
    const { engine, clock, store } = this.#deps;
    const rowOf = (task: Task) => this.#row(task, plan);
    const { wallMs: at, monoMs } = clock.now();
    if (monoMs - this.#slowAt >= SLOW_EVERY_MS) {
      [this.#ended, this.#outside, this.#slowAt] = [null, this.#deps.largestOutside(), monoMs];
    }
    this.#ended ??= store.newestEnded(ENDED_SHOWN).map(rowOf);
    const status = hostStatus({ ...this.#deps, largestOutside: () => this.#outside }, at);
    const running = [...engine.live.active()].map(rowOf);
    const pending = this.#pending(plan).map(rowOf);
    const ids = (rows: readonly LiveTask[]) => rows.map(({ id }) => id);
    const frame = {
      event: 'frame' as const,
      at,
      host: this.#host,
      status,
      running: ids(running),
      pending: ids(pending),
      ended: ids(this.#ended),
      hold: status.holds.find(({ scope }) => scope === 'all') ?? null,
      outside: status.host.outside,
    };
    // The list of ended tasks may be older than a retry of one of them.
    const rows = [...this.#ended, ...pending, ...running];
    return { rows: new Map(rows.map((row) => [row.id, row])), frame };
  }

  async #currentPlan(): Promise<Plan> {
    const { engine, clock } = this.#deps;
    const at = clock.now().monoMs;
    if (this.#plan === null || !this.#isLong() || at - this.#plan.at >= LONG_PLAN_MS)
      this.#plan = { plan: await engine.plan(), at };
    return this.#plan.plan;
  }

  #isLong(): boolean {
    return this.#deps.engine.live.pendingCount > LONG_QUEUE;
  }

  #row(task: Task, plan: Plan): LiveTask {
    const row = this.#tasks.row(task, plan);
    const io = this.#io.get(task.id) ?? null;
    return {
      ...row,
      command: row.command.slice(0, COMMAND_CHARS),
      last_line: this.#deps.engine.attempt(task.id)?.progress.lastLine ?? null,
      io_read_bytes_per_s: io?.readBytesPerS ?? null,
      io_write_bytes_per_s: io?.writeBytesPerS ?? null,
    };
  }

  /** First the planned tasks in the order of their starts, then those without a planned start. */
  #pending(plan: Plan): Task[] {
    const { live } = this.#deps.engine;
    const tasks: Task[] = [];
    const add = (task: Task | undefined) => {
      if (task?.state.status === 'pending') tasks.push(task);
    };
    for (const id of plan.entries.keys()) {
      if (tasks.length >= PENDING_SHOWN) return tasks;
      add(live.get(id as TaskId));
    }
    for (const task of live.values()) {
      if (tasks.length >= PENDING_SHOWN) return tasks;
      if (plan.get(task.id) === undefined) add(task);
    }
    return tasks;
  }
}
