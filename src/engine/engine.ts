// The loop: each round collects requests and events, decides, commits once, then acts.
// Requests and kernel events only queue work and wake the loop. Only `round` changes a task.

import type { EngineKind } from '../core/engine-traits.ts';
import { BabysitError } from '../core/errors.ts';
import { type Attempt, isActive, type Task, type TaskId } from '../core/task.ts';
import type { EngineNeed, EngineOffer, EngineQueueView, EngineReports } from '../engines/port.ts';
import type { RunningItem } from '../scheduler/items.ts';
import { OwnerUse } from '../scheduler/owner-use.ts';
import type { Plan } from '../scheduler/plan.ts';
import type { Snapshot } from '../scheduler/snapshot.ts';
import type { Branch } from '../scheduler/tree.ts';
import type { Store } from '../store/store.ts';
import { isUnderPressure, ongoingPressure, type PressureState } from '../watchdog/pressure.ts';
import { applySome, ownRequest } from './apply-requests.ts';
import type { LiveAttempt } from './attempt/live-attempt.ts';
import { Attempts, type AttemptsDeps } from './attempts.ts';
import type { InnerStart } from './children.ts';
import { commitError, isUncertain } from './commit-error.ts';
import { type DispatchDeps, Dispatcher, noStarts, type Start, type Starts } from './dispatch.ts';
import type { Held } from './dispatch-hold.ts';
import { EventBus } from './event-bus.ts';
import { LiveTasks } from './live-tasks.ts';
import type { PassFeed } from './passes/pass.ts';
import { type Sampled, Sampler, type SamplerDeps } from './passes/sampler.ts';
import { Leases } from './queue/leases.ts';
import { Planner, type PlannerDeps } from './queue/planner.ts';
import { type Ticket, Tickets } from './queue/tickets.ts';
import { beginSlice } from './slice.ts';
import { LoopTimers } from './timers.ts';
import { type Request, UnitOfWork } from './unit-of-work.ts';

export interface EngineDeps extends AttemptsDeps, DispatchDeps, SamplerDeps, PlannerDeps {
  readonly store: Store;
  readonly monitorIntervalMs: number;
  /** Why clients no longer find this daemon; null while they do. Called in every round. */
  homeLoss(): string | null;
  onHomeLost(why: string): void;
  /** See OwnerUse. */
  readonly useHalfLifeMs: number;
}

export class Engine {
  readonly eventBus = new EventBus();
  readonly live: LiveTasks;
  readonly leases = new Leases();
  readonly #deps: EngineDeps;
  readonly #tickets: Tickets;
  readonly #attempts: Attempts;
  readonly #dispatcher: Dispatcher;
  readonly #planner: Planner;
  readonly #timers = new LoopTimers();
  readonly #sampler: Sampler;
  #requests: Request[] = [];
  #dirty = new Set<TaskId>();
  /** What the current round starts. */
  #starts: Starts = noStarts();
  #isSampleDue = false;
  #isScheduled = false;
  #isStopped = false;
  #isDispatching = true;
  #isKilling = false;
  #homeLoss: string | null = null;
  /** Requests of discarded rounds that may still be in the file of the database. */
  readonly #refused: { readonly request: Request; readonly error: BabysitError }[] = [];
  /** What the loop itself asked for in discarded rounds. */
  readonly #unwritten: Request[] = [];
  /** The last commit failed. It is logged once, not for every retry. */
  #isCommitFailing = false;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.live = new LiveTasks(new OwnerUse(deps.useHalfLifeMs), deps.uptimeMs);
    this.#tickets = new Tickets(this.live.queue);
    this.#attempts = new Attempts(deps, this.live, this);
    this.#sampler = new Sampler(deps, this.#attempts, {
      planner: () => this.#planner,
      pendingCount: () => this.live.pendingCount,
      wake: () => this.wake(),
    });
    this.#planner = new Planner(deps, this.live, this.leases, this.#attempts.byId, this.#sampler.outsideCpu);
    this.#dispatcher = new Dispatcher(deps, this.live, this.#tickets, this.#attempts, this.#planner);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  request(request: Request): void {
    if (this.#isStopped) {
      request.reject(stopping());
      return;
    }
    if (this.#homeLoss !== null) {
      request.reject(new BabysitError('home_lost', `the daemon starts nothing: ${this.#homeLoss}`));
      return;
    }
    this.#requests.push(request);
    this.wake();
  }

  /** Why clients no longer find this daemon; null while they do. */
  get homeLoss(): string | null {
    return this.#homeLoss;
  }

  /** Starts nothing and records nothing from now on. Running tasks stay under the watchdog. */
  loseHome(why: string): void {
    if (this.#homeLoss !== null) return;
    this.#homeLoss = why;
    this.#isDispatching = false;
    this.#deps.store.detach();
    for (const request of this.#requests.splice(0)) this.request(request);
    for (const ticket of [...this.#tickets.values()]) ticket.failed(stopping());
    this.#deps.onHomeLost(why);
  }

  later(id: TaskId, attempt: number, change: (work: UnitOfWork) => void): void {
    this.#requests.push(ownRequest(id, attempt, change, () => this.enqueueReconcile(id)));
    this.wake();
  }

  enqueueReconcile(id: TaskId): void {
    this.#dirty.add(id);
    this.wake();
  }

  attempt(id: TaskId): LiveAttempt | undefined {
    return this.#attempts.byId.get(id);
  }

  /** Adds a ticket to the queue; `leave` removes it. */
  join(ticket: Ticket): void {
    if (this.#homeLoss !== null) {
      ticket.failed(stopping());
      return;
    }
    this.#tickets.add(ticket, this.#deps.clock.now().wallMs);
    this.#planner.invalidate();
    this.wake();
  }

  leave(ticketId: string): void {
    this.#tickets.remove(ticketId, this.#deps.clock.now().wallMs);
    this.#planner.invalidate();
    this.wake();
  }

  get ticketCount(): number {
    return this.#tickets.size;
  }

  snapshot(): Snapshot {
    return this.#planner.snapshot();
  }

  /** See Planner. */
  plan(): Promise<Plan> {
    return this.#planner.plan();
  }

  /** What the engine of a running task cannot change, in words; null: nothing. */
  fixedOf(task: Task): string | null {
    return isActive(task.state) ? (this.#deps.engines.queueOf(task)?.fixedWhileRunning ?? null) : null;
  }

  /** When the engine of such a task would start it, in epoch ms; null when it does not say. */
  expectedStart(task: Pick<Task, 'engine'>, need: EngineNeed): Promise<number | null> {
    return this.#deps.engines.queueOf(task)?.expectedStart(need) ?? Promise.resolve(null);
  }

  /** See Engines. */
  soonest(kinds: readonly EngineKind[], need: EngineNeed): Promise<EngineOffer | null> {
    return this.#deps.engines.soonest(kinds, need);
  }

  /** Why the task waits in the queue of its engine; null: it does not, or the engine has not said anything. */
  queueView(task: Task): EngineQueueView | null {
    return this.#deps.engines.queueOf(task)?.queueView(task.id) ?? null;
  }

  /** Returns null for a task that does not run. */
  runningItem(task: Task): RunningItem | null {
    return this.#planner.runningItem(task);
  }

  /** What each sampling pass measures. */
  get passes(): PassFeed {
    return this.#sampler.passes;
  }

  /** The resources the host is short of, with duration and cause. */
  pressure(): ReturnType<typeof ongoingPressure> {
    return ongoingPressure(this.#sampler.pressure);
  }

  /** Why no attempt starts although the host is not under pressure; null while attempts start. */
  get held(): Held | null {
    return this.#attempts.hold.held;
  }

  /** Starts the task in this round even if there is no room for it. Later requests of the round see it running. */
  start(work: UnitOfWork, id: TaskId, how: Start): void {
    if (this.#isDispatching) this.#dispatcher.start(work, id, this.#starts, how);
  }

  /** How a new task inside `parent` starts now; null: it waits. */
  innerStart(work: UnitOfWork, parent: Task, task: Task): InnerStart | null {
    const isFree = this.#isDispatching && !isUnderPressure(this.#sampler.pressure) && this.held === null;
    if (!isFree || this.live.hasWaitingInside(parent.id)) return null;
    return this.#dispatcher.innerStart(work, parent, task);
  }

  /** The running tasks, each on its own. */
  branches(): readonly Branch[] {
    return this.#planner.branches();
  }

  /** Takes over an attempt of an earlier daemon. Call before the first round. */
  adopt(task: Task, attempt: Attempt): void {
    this.#attempts.placements.adopt(task, attempt);
    if (isActive(task.state)) this.#attempts.adopt(task, attempt);
  }

  /** Of the engines with a queue of their own. */
  get reports(): EngineReports {
    return this.#attempts.placements;
  }

  wake(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#isStopped) this.round();
    });
  }

  /** Kills what runs, also what its engine starts until all have ended. Pending tasks stay in their queue. */
  killAll(): Promise<void> {
    this.#isKilling = true;
    this.wake();
    return this.drain();
  }

  /** Starts no more tasks; resolves when none runs. */
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
    this.#sampler.close();
  }

  round(): void {
    const why = this.#homeLoss === null ? this.#deps.homeLoss() : null;
    if (why !== null) this.loseHome(why);
    const work = new UnitOfWork(this.live, this.leases, this.#deps.clock.now());
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const id of dirty) this.#attempts.reconcile(work, id);
    const sampled = this.#isSampleDue ? this.#sampler.sample(work) : this.#sampler.unchanged();
    this.#isSampleDue = sampled.isPartial;
    work.dropExpired();
    this.live.admitDue(work.now.wallMs);
    const accepted = this.#applyRequests(work);
    if (this.#isKilling) for (const { id } of [...this.live.active()]) work.requestKill(id, BY_STOP);
    this.#dispatch(work, sampled.pressure);
    this.#commit(work, accepted, this.#starts, sampled);
    this.#starts = noStarts();
    void this.#tickets.announce(() => this.plan(), work.now);
    this.#armTimers();
    if (this.#isSampleDue || this.#requests.length > 0) this.wake();
  }

  /** Returns false when no task runs. */
  #lookForGrowth(): boolean {
    if (this.#sampler.hasGrown()) {
      this.#isSampleDue = true;
      this.wake();
    }
    return this.#attempts.byId.size > 0;
  }

  /** What one slice has no time for waits for the next round. */
  #applyRequests(work: UnitOfWork): readonly Request[] {
    const isTimeOver = beginSlice(() => this.#deps.clock.now().monoMs);
    const { accepted, left } = applySome(work, this.#requests.splice(0), isTimeOver);
    this.#requests = [...left, ...this.#requests];
    return accepted;
  }

  #dispatch(work: UnitOfWork, pressure: PressureState): void {
    if (!this.#isDispatching) return;
    this.#dispatcher.place(work);
    if (isUnderPressure(pressure)) return;
    this.#dispatcher.dispatch(work, this.#starts, () => this.snapshot());
  }

  #commit(work: UnitOfWork, accepted: readonly Request[], starts: Starts, sampled: Sampled): void {
    const { store, log } = this.#deps;
    let events: ReturnType<Store['commit']> = [];
    try {
      if (!work.isEmpty()) {
        events = store.commit(work.writes(), work.needsDurability(accepted.length > 0));
        if (this.#isCommitFailing) log.info('database writable again');
        this.#isCommitFailing = false;
      }
    } catch (error) {
      this.#rollback(work, accepted, starts, error);
      return;
    }
    if (!work.isEmpty()) this.#planner.invalidate();
    this.#sampler.keep(sampled);
    for (const attempt of starts.attempts) this.#attempts.begin(attempt);
    if (starts.attempts.length > 0) this.#sampler.starting();
    for (const task of work.changed().values()) this.#attempts.applyChange(task);
    this.#refuse();
    for (const request of accepted) request.resolve();
    for (const { ticket, lease } of starts.granted) {
      this.#tickets.remove(ticket.item.id, work.now.wallMs);
      ticket.granted(lease);
    }
    this.eventBus.publish(events, work.hasHostEvents);
    this.#sampler.report(sampled, work.now);
    // One per turn of the event loop: a spawn blocks for about 1 ms, and answers leave between two of them.
    for (const attempt of starts.attempts) setImmediate(() => this.#attempts.launch(attempt));
  }

  /** Discards the round. Later rounds repeat its observations and the watchdog's decisions. */
  #rollback(work: UnitOfWork, accepted: readonly Request[], starts: Starts, error: unknown): void {
    if (!this.#isCommitFailing) this.#deps.log.error({ err: error }, 'commit failed, round discarded');
    this.#isCommitFailing = true;
    work.rollback();
    this.#planner.invalidate();
    for (const request of accepted)
      if (request.isOwn) this.#unwritten.push(request);
      else this.#refused.push({ request, error: commitError(error, this.#deps.home) });
    // After a failed fsync the transaction may be in the file, and a daemon that starts now would run what was refused.
    if (!isUncertain(error) || this.#seal()) this.#refuse();
    this.#attempts.discard(starts.attempts);
    this.#timers.armCommitRetry(() => {
      if (this.#refused.length > 0 && this.#seal()) this.#refuse();
      this.#requests.push(...this.#unwritten.splice(0));
      for (const id of this.#attempts.byId.keys()) this.enqueueReconcile(id);
      this.wake();
    });
  }

  /** Answers the requests of discarded rounds. */
  #refuse(): void {
    for (const { request, error } of this.#refused.splice(0)) request.reject(error);
  }

  /** Writes over a transaction that was discarded. Returns false while the disk refuses. */
  #seal(): boolean {
    try {
      this.#deps.store.seal();
      return true;
    } catch {
      return false;
    }
  }

  /** The tick needs a running or queued task, a host under pressure, or a client that watches. */
  #armTimers(): void {
    if (this.#isStopped) return;
    const attempts = this.#attempts.byId;
    const isWanted = isUnderPressure(this.#sampler.pressure) || this.passes.isWatched;
    const needsTick = isWanted || attempts.size + this.live.queue.size > 0;
    // Each round of a pass may find a deadline of the watchdog.
    if (needsTick && !this.#isSampleDue && !this.#timers.isTickArmed) {
      let tickMs = this.#deps.monitorIntervalMs;
      for (const { dueInMs } of attempts.values()) if (dueInMs !== null && dueInMs < tickMs) tickMs = dueInMs;
      this.#timers.armTick(tickMs, () => {
        this.#isSampleDue = true;
        this.wake();
      });
    }
    if (attempts.size > 0) this.#timers.armGrowth(() => this.#lookForGrowth());
    const now = this.#deps.clock.now();
    const nextMs = [
      ...[this.leases.nextInMs(now), this.live.admitDue(now.wallMs), this.live.holds.nextInMs()],
    ].filter((ms) => ms !== null);
    this.#timers.armDue(nextMs.length === 0 ? null : Math.min(...nextMs), () => this.wake());
  }
}

const BY_STOP = { reason: 'manual', detail: { by: 'daemon-stop' }, signal: 'SIGTERM' } as const;

function stopping(): BabysitError {
  return new BabysitError('daemon_stopping', 'the daemon is stopping');
}
