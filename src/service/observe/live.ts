// The live stream: one frame after each sampling pass and soon after events, built once for all its subscribers.
import type { FrameView, HostPoint } from '../../api/schemas/observe/live.ts';
import type { TaskView } from '../../api/schemas/task.ts';
import type { Clock } from '../../core/clock.ts';
import type { RecordedEvent } from '../../core/events.ts';
import type { Task, TaskId } from '../../core/task.ts';
import type { Plan } from '../../scheduler/plan.ts';
import type { TaskAccess } from '../lookup/task-access.ts';
import { type StatusDeps, statusView } from '../status.ts';
import { hostPoint } from '../views/host-point.ts';

/** After events, at most one frame in this time. */
const EVENTS_EVERY_MS = 250;
/** The programs outside cost a look at every process, and no event reports that ended tasks were removed. */
const SLOW_EVERY_MS = 5000;
const PENDING_SHOWN = 200;
const ENDED_SHOWN = 20;

export interface LiveDeps extends StatusDeps {
  readonly clock: Clock;
}

/** A line with its end. */
type Subscriber = (line: string) => void;

export class LiveStream {
  readonly #deps: LiveDeps;
  readonly #tasks: TaskAccess;
  readonly #subscribers = new Set<Subscriber>();
  #stops: (() => void)[] = [];
  #host: HostPoint | null = null;
  #ended: TaskView[] | null = null;
  #outside: ReturnType<LiveDeps['largestOutside']> = [];
  #slowAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(deps: LiveDeps, tasks: TaskAccess) {
    this.#deps = deps;
    this.#tasks = tasks;
  }

  /** Sends a frame at once. Returns the stop function; nothing is measured or built without a subscriber. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    if (this.#subscribers.size === 1) this.#begin();
    subscriber(this.#line());
    return () => {
      if (this.#subscribers.delete(subscriber) && this.#subscribers.size === 0) this.#end();
    };
  }

  #begin(): void {
    const { passes, eventBus } = this.#deps.engine;
    this.#stops = [
      passes.watch(({ at, host }) => {
        this.#host = hostPoint(at, host);
        this.#send();
      }),
      eventBus.listenToAll((events) => this.#sendSoon(events)),
    ];
  }

  #end(): void {
    for (const stop of this.#stops.splice(0)) stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    [this.#timer, this.#host, this.#slowAt] = [null, null, Number.NEGATIVE_INFINITY];
  }

  #sendSoon(events: readonly RecordedEvent[]): void {
    if (events.some(({ event }) => event === 'ended')) this.#ended = null;
    const waitedMs = this.#deps.clock.now().monoMs - this.#sentAt;
    this.#timer ??= setTimeout(() => this.#send(), Math.max(0, EVENTS_EVERY_MS - waitedMs));
  }

  #send(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#sentAt = this.#deps.clock.now().monoMs;
    const line = this.#line();
    for (const subscriber of [...this.#subscribers]) subscriber(line);
  }

  #line(): string {
    return `${JSON.stringify(this.#frame())}\n`;
  }

  #frame(): FrameView {
    const { engine, clock, store } = this.#deps;
    const plan = engine.plan();
    const view = (task: Task) => this.#tasks.view(task, () => plan);
    const { wallMs: at, monoMs } = clock.now();
    if (monoMs - this.#slowAt >= SLOW_EVERY_MS) {
      [this.#ended, this.#outside, this.#slowAt] = [null, this.#deps.largestOutside(), monoMs];
    }
    this.#ended ??= store.newestEnded(ENDED_SHOWN).map(view);
    const status = statusView({ ...this.#deps, largestOutside: () => this.#outside }, at);
    return {
      event: 'frame',
      at,
      host: this.#host,
      status,
      running: [...engine.live.active()].map(view),
      last_lines: this.#lastLines(),
      pending: this.#pending(plan).map(view),
      ended: this.#ended,
      hold: status.holds.find(({ scope }) => scope === 'all') ?? null,
      outside: status.host.outside,
    };
  }

  #lastLines(): FrameView['last_lines'] {
    const { engine } = this.#deps;
    return Object.fromEntries(
      [...engine.live.active()].flatMap(({ id }) => {
        const line = engine.attempt(id)?.progress.lastLine ?? null;
        return line === null ? [] : [[id, line]];
      }),
    );
  }

  /** First the planned tasks in the order of their starts, then those that wait for other tasks or a back-off. */
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
      if (!live.queue.has(task.id)) add(task);
    }
    return tasks;
  }
}
