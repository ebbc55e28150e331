// The loop: gathers what has happened, decides through the pure rooms, commits once, then acts.
// Requests and kernel events only leave a note and wake it; everything that changes a task passes through `round`.
import type { Group } from '../cgroups/port.ts';
import { BabysitError } from '../core/errors.ts';
import type { Lease } from '../core/lease.ts';
import type { KillIntent, Task, TaskId } from '../core/task.ts';
import type { Plan } from '../scheduler/plan.ts';
import type { Snapshot } from '../scheduler/snapshot.ts';
import type { Store } from '../store/store.ts';
import { isUnderPressure, NO_PRESSURE, ongoingPressure, type PressureState } from '../watchdog/pressure.ts';
import type { LiveAttempt } from './attempt/live-attempt.ts';
import { Attempts, type AttemptsDeps } from './attempts.ts';
import { commitError } from './commit-error.ts';
import { type DispatchDeps, Dispatcher, type Starts } from './dispatch.ts';
import { EventBus } from './event-bus.ts';
import { LiveTasks } from './live-tasks.ts';
import { Leases } from './queue/leases.ts';
import { Planner, type PlannerDeps } from './queue/planner.ts';
import { type Ticket, Tickets } from './queue/tickets.ts';
import { NO_WATCH_STATES, sampleAll, type WatchDeps, type WatchStates } from './sample.ts';
import { type HostWatchDeps, watchHost } from './sample-host.ts';
import { LoopTimers } from './timers.ts';
import { type Request, UnitOfWork } from './unit-of-work.ts';

export interface EngineDeps extends AttemptsDeps, DispatchDeps, WatchDeps, HostWatchDeps, PlannerDeps {
  readonly store: Store;
  readonly monitorIntervalMs: number;
}

export class Engine {
  readonly eventBus = new EventBus();
  readonly live = new LiveTasks();
  readonly leases = new Leases();
  readonly #deps: EngineDeps;
  readonly #tickets = new Tickets(this.live.queue);
  readonly #attempts: Attempts;
  readonly #dispatcher: Dispatcher;
  readonly #planner: Planner;
  readonly #timers = new LoopTimers();
  /** Notes for the next round. */
  #requests: Request[] = [];
  #dirty = new Set<TaskId>();
  readonly #forced = new Set<TaskId>();
  #isSampleDue = false;
  #isScheduled = false;
  #isStopped = false;
  #isDispatching = true;
  /** The last commit failed; logged once, not at every try. */
  #isCommitFailing = false;
  #pressure = NO_PRESSURE;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#attempts = new Attempts(deps, this.live, this);
    this.#planner = new Planner(deps, this.live, this.leases, this.#attempts.byId);
    this.#dispatcher = new Dispatcher(deps, this.live, this.#tickets, (...args) => this.newAttempt(...args));
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  request(request: Request): void {
    if (this.#isStopped) {
      request.reject(stopping());
      return;
    }
    this.#requests.push(request);
    this.wake();
  }

  later(id: TaskId, apply: (work: UnitOfWork) => void): void {
    this.#requests.push({ apply, resolve() {}, reject: () => this.enqueueReconcile(id) });
    this.wake();
  }

  enqueueReconcile(id: TaskId): void {
    this.#dirty.add(id);
    this.wake();
  }

  attempt(id: TaskId): LiveAttempt | undefined {
    return this.#attempts.byId.get(id);
  }

  /** Puts a caller without a task into the queue; `leave` takes it out again. */
  join(ticket: Ticket): void {
    this.#tickets.add(ticket, this.#deps.clock.now().wallMs);
    this.#planner.changed();
    this.wake();
  }

  leave(ticketId: string): void {
    this.#tickets.remove(ticketId, this.#deps.clock.now().wallMs);
    this.#planner.changed();
    this.wake();
  }

  get ticketCount(): number {
    return this.#tickets.size;
  }

  snapshot(): Snapshot {
    return this.#planner.snapshot();
  }

  plan(): Plan {
    return this.#planner.plan();
  }

  /** What the host is short of, for how long, and why. */
  pressure(): ReturnType<typeof ongoingPressure> {
    return ongoingPressure(this.#pressure);
  }

  /** In this round the task starts whatever the ledger says. */
  force(id: TaskId): void {
    this.#forced.add(id);
  }

  newAttempt(id: TaskId, number: number, group: Group): LiveAttempt {
    return this.#attempts.create(id, number, group);
  }

  /** Takes over an active task of an earlier daemon, before the first round. */
  adopt(task: Task, attempt: LiveAttempt): void {
    this.#attempts.adopt(task, attempt);
  }

  adoptLease(lease: Lease): void {
    this.leases.put(lease, this.#deps.clock.now());
  }

  wake(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#isStopped) this.round();
    });
  }

  /** Ends every running task; pending ones stay in the queue for the next daemon. Resolves when none is left. */
  killAll(): Promise<void> {
    const detail = { by: 'daemon-stop' };
    for (const id of this.#attempts.byId.keys())
      this.later(id, (work) => {
        const at = work.now.wallMs;
        const intent: KillIntent = { reason: 'manual', at, detail, signal: 'SIGTERM', killedAt: null };
        work.change(id, { kind: 'request_kill', intent });
      });
    return this.drain();
  }

  /** Starts nothing more; resolves when no task runs. */
  drain(): Promise<void> {
    this.#isDispatching = false;
    return this.#attempts.whenIdle();
  }

  /** Leaves every task running. */
  stop(): void {
    this.#isStopped = true;
    this.#timers.close();
    for (const request of this.#requests.splice(0)) request.reject(stopping());
    for (const ticket of [...this.#tickets.values()]) ticket.failed(stopping());
    this.#attempts.close();
  }

  round(): void {
    const work = new UnitOfWork(this.live, this.leases, this.#deps.clock.now());
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const id of dirty) this.#attempts.reconcile(work, id);
    const sampled = this.#isSampleDue ? this.#sample(work) : this.#notSampled();
    this.#isSampleDue = false;
    for (const lease of this.leases.lapsed(work.now)) work.dropLease(lease);
    this.live.admitDue(work.now.wallMs);
    const accepted = this.#applyRequests(work);
    const starts = this.#dispatch(work, sampled.pressure);
    this.#forced.clear();
    this.#commit(work, accepted, starts, sampled);
    this.#tickets.announce(() => this.plan(), work.now.monoMs);
    this.#armTimers();
  }

  #notSampled(): Sampled {
    return { watchStates: NO_WATCH_STATES, pressure: this.#pressure };
  }

  #sample(work: UnitOfWork): Sampled {
    this.#planner.sampled(work.now.monoMs);
    this.#attempts.applyLimits();
    const attempts = [...this.#attempts.byId.values()];
    const watchStates = sampleAll(this.#deps, work, attempts, ({ id }) => this.#attempts.reconcile(work, id));
    return { watchStates, pressure: watchHost(this.#deps, work, attempts, this.#pressure) };
  }

  /** Each is applied to the state that the earlier ones of the round have left. */
  #applyRequests(work: UnitOfWork): readonly Request[] {
    return this.#requests.splice(0).filter((request) => {
      try {
        request.apply(work);
        return true;
      } catch (error) {
        request.reject(error);
        return false;
      }
    });
  }

  #dispatch(work: UnitOfWork, pressure: PressureState): Starts {
    if (!this.#isDispatching) return NO_STARTS;
    return this.#dispatcher.dispatch(work, this.#forced, isUnderPressure(pressure), () => this.snapshot());
  }

  #commit(work: UnitOfWork, accepted: readonly Request[], starts: Starts, sampled: Sampled): void {
    const { store, log } = this.#deps;
    let events: ReturnType<Store['commit']> = [];
    try {
      if (!work.isEmpty()) {
        events = store.commit(work.writes(), work.needsDurability(accepted.length > 0));
        if (this.#isCommitFailing) log.info('the database can be written again');
        this.#isCommitFailing = false;
      }
    } catch (error) {
      this.#rollback(work, accepted, starts, error);
      return;
    }
    if (!work.isEmpty()) this.#planner.changed();
    this.#pressure = sampled.pressure;
    for (const [attempt, watchState] of sampled.watchStates) attempt.watchState = watchState;
    for (const attempt of starts.attempts) this.#attempts.begin(attempt);
    for (const task of work.changed().values()) this.#attempts.follow(task);
    for (const request of accepted) request.resolve();
    for (const { ticket, lease } of starts.granted) {
      this.#tickets.remove(ticket.item.id, work.now.wallMs);
      ticket.granted(lease);
    }
    this.eventBus.publish(events);
    // One in each turn of the event loop: a spawn blocks for about a millisecond, and answers leave in between.
    for (const attempt of starts.attempts) setImmediate(() => this.#attempts.launch(attempt));
  }

  /** Nothing of the round happened. What was observed is observed again; the watchdog judges its kills again. */
  #rollback(work: UnitOfWork, accepted: readonly Request[], starts: Starts, error: unknown): void {
    if (!this.#isCommitFailing)
      this.#deps.log.error({ err: error }, 'commit failed; nothing of this round happened');
    this.#isCommitFailing = true;
    work.rollback();
    for (const request of accepted) request.reject(commitError(error));
    this.#attempts.discard(starts.attempts);
    this.#timers.armCommitRetry(() => {
      for (const id of this.#attempts.byId.keys()) this.enqueueReconcile(id);
      this.wake();
    });
  }

  /** An idle daemon arms no timer: the tick needs a task that runs or waits, or a host under pressure. */
  #armTimers(): void {
    if (this.#isStopped) return;
    const attempts = this.#attempts.byId;
    const needsTick = attempts.size + this.live.queue.size > 0 || isUnderPressure(this.#pressure);
    if (needsTick && !this.#timers.isTickArmed) {
      const dueInMs = [...attempts.values()].flatMap((attempt) => attempt.dueInMs ?? []);
      this.#timers.armTick(Math.min(this.#deps.monitorIntervalMs, ...dueInMs), () => {
        this.#isSampleDue = true;
        this.wake();
      });
    }
    const now = this.#deps.clock.now();
    const nextMs = [this.leases.nextInMs(now), this.live.admitDue(now.wallMs)].filter((ms) => ms !== null);
    this.#timers.armDue(nextMs.length === 0 ? null : Math.min(...nextMs), () => this.wake());
  }
}

interface Sampled {
  readonly watchStates: WatchStates;
  readonly pressure: PressureState;
}

const NO_STARTS: Starts = { attempts: [], granted: [] };

function stopping(): BabysitError {
  return new BabysitError('daemon_stopping', 'the daemon is stopping');
}
