// Sends the events of tasks to their targets: at least once, for each target in order, with back-off, over restarts.
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { RecordedEvent } from '../core/events.ts';
import { type Delivery, NOTIFY_EVENTS, type NotifyTarget } from '../core/notify.ts';
import type { Task, TaskId } from '../core/task.ts';
import type { Deliveries } from '../store/deliveries.ts';
import { type DeliverDeps, deliver, type Receiver } from './deliver.ts';
import { matches, messageOf } from './message.ts';

export interface NotifierDeps extends DeliverDeps {
  readonly deliveries: Deliveries;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the daemon, for the commands of the targets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As the settings are now. */
  targets(): readonly NotifyTarget[];
  /** Live or ended; null: removed. */
  task(id: TaskId): Task | null;
  environment(id: TaskId): Readonly<Record<string, string>>;
  /** Returns a function that ends the listening. */
  listen(listener: (events: readonly RecordedEvent[]) => void): () => void;
}

const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 5 * 60_000;
/** A target that has not accepted an event for so long does not get it. */
const GIVE_UP_MS = 24 * 3_600_000;
const IN_FLIGHT_MAX = 8;
/** Events in one transaction. */
const COMPARED_AT_ONCE = 1000;

const KINDS: ReadonlySet<string> = new Set(NOTIFY_EVENTS);

export class Notifier {
  readonly #deps: NotifierDeps;
  readonly #inFlight = new Set<string>();
  /** Of the last delivery to each target, until it is stored. */
  readonly #outcomes = new Map<string, Delivery>();
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isScheduled = false;
  #isClosed = false;

  /** Begins with the events that the last daemon has not compared. */
  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#stopListening = deps.listen((events) => {
      if (events.some(({ event }) => KINDS.has(event))) this.#schedule();
    });
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    clearTimeout(this.#timer);
    this.#whereWritable(() => this.#saveOutcomes());
  }

  /** Outside of the round that published the event. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#isClosed) return;
      this.#whereWritable(() => {
        this.#saveOutcomes();
        this.#compare();
        this.#sendDue();
      });
    });
  }

  /** On a full disk the next event or the timer tries again. */
  #whereWritable(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'deliveries could not be stored');
      if (!this.#isClosed) this.#arm(MAX_BACKOFF_MS);
    }
  }

  /** Before anything is sent: a delivery whose outcome is not stored would be sent again. */
  #saveOutcomes(): void {
    for (const [target, outcome] of this.#outcomes) {
      this.#deps.deliveries.put(outcome);
      this.#outcomes.delete(target);
    }
  }

  #compare(): void {
    const { deliveries } = this.#deps;
    const events = deliveries.notCompared(COMPARED_AT_ONCE);
    const last = events.at(-1);
    if (last === undefined) return;
    deliveries.add(
      events.flatMap((event) => this.#deliveriesOf(event)),
      last.seq,
    );
    if (events.length === COMPARED_AT_ONCE) this.#schedule();
  }

  #deliveriesOf(event: RecordedEvent): Delivery[] {
    const task = this.#deps.task(event.taskId);
    if (task === null) return [];
    const names = this.#deps
      .targets()
      .filter((target) => matches(target, event, task))
      .map((target) => target.name);
    if (event.event === 'ended' && task.onEnd !== undefined) names.push(onEndOf(task.id));
    const { wallMs } = this.#deps.clock.now();
    return names.map((target) => ({
      target,
      seq: event.seq,
      taskId: task.id,
      attempts: 0,
      nextAt: wallMs,
      error: null,
      doneAt: null,
    }));
  }

  #sendDue(): void {
    clearTimeout(this.#timer);
    const { wallMs } = this.#deps.clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const delivery of this.#deps.deliveries.firsts()) {
      if (this.#inFlight.has(delivery.target)) continue;
      const inMs = delivery.nextAt - wallMs;
      // A wait longer than the longest back-off means that the clock was set back.
      if (inMs > 0 && inMs <= MAX_BACKOFF_MS) nextMs = Math.min(nextMs, inMs);
      else if (this.#inFlight.size < IN_FLIGHT_MAX) this.#send(delivery);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.#arm(nextMs);
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#schedule(), ms);
  }

  #send(delivery: Delivery): void {
    const event = this.#deps.deliveries.event(delivery.seq);
    const task = this.#deps.task(delivery.taskId);
    const receiver = task === null ? null : this.#receiver(delivery.target, task);
    if (event === null || task === null || receiver === null) {
      this.#settle({ ...this.#done(delivery), error: 'the target is no longer in the settings' });
      return;
    }
    this.#inFlight.add(delivery.target);
    const attempt = { ...delivery, attempts: delivery.attempts + 1 };
    deliver(this.#deps, receiver, messageOf(event, task)).then(
      () => this.#settle({ ...this.#done(attempt), error: null }),
      (error: Error) => this.#settle(this.#failed(attempt, event, error)),
    );
  }

  #done(delivery: Delivery): Delivery {
    return { ...delivery, doneAt: this.#deps.clock.now().wallMs };
  }

  #failed(attempt: Delivery, event: RecordedEvent, { message }: Error): Delivery {
    const { target, taskId, attempts } = attempt;
    this.#deps.log.warn({ target, task: taskId, attempt: attempts, err: message }, 'not delivered');
    const { wallMs } = this.#deps.clock.now();
    if (wallMs - event.at > GIVE_UP_MS) return { ...this.#done(attempt), error: message };
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (attempts - 1), MAX_BACKOFF_MS);
    return { ...attempt, error: message, nextAt: wallMs + backoffMs };
  }

  #settle(outcome: Delivery): void {
    this.#inFlight.delete(outcome.target);
    this.#outcomes.set(outcome.target, outcome);
    this.#schedule();
  }

  #receiver(name: string, task: Task): Receiver | null {
    if (name === onEndOf(task.id) && task.onEnd !== undefined) {
      const env = this.#deps.environment(task.id);
      return { action: { kind: 'command', line: task.onEnd }, env, cwd: task.cwd };
    }
    const target = this.#deps.targets().find((each) => each.name === name);
    return target === undefined ? null : { action: target.action, env: this.#deps.env, cwd: '/' };
  }
}

function onEndOf(id: TaskId): string {
  return `on_end of ${id}`;
}
