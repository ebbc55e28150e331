// The loop: gathers what has happened, decides through the pure rooms, commits once, then acts.
// Requests and kernel events only leave a note and wake it; everything that changes a task passes through `round`.
import type { Logger } from 'pino';
import type { Group } from '../cgroups/port.ts';
import { BabysitError } from '../core/errors.ts';
import type { Lease } from '../core/lease.ts';
import { isActive, isEnded, type KillIntent, type Task, type TaskId } from '../core/task.ts';
import type { Plan } from '../scheduler/plan.ts';
import type { Snapshot } from '../scheduler/snapshot.ts';
import type { Store } from '../store/store.ts';
import { isUnderPressure, NO_PRESSURE, ongoingPressure, type PressureState } from '../watchdog/pressure.ts';
import { LimitApplier } from './attempt/apply-limits.ts';
import { GroupCleanup } from './attempt/group-cleanup.ts';
import { advanceKill, reportStuck } from './attempt/kill.ts';
import { type LaunchDeps, launchAttempt } from './attempt/launch.ts';
import { LiveAttempt } from './attempt/live-attempt.ts';
import { attemptPaths } from './attempt/paths.ts';
import { commitError } from './commit-error.ts';
import { type DispatchDeps, Dispatcher, type Starts } from './dispatch.ts';
import { endReason } from './end-reason.ts';
import { EventBus } from './event-bus.ts';
import { LiveTasks } from './live-tasks.ts';
import { Leases } from './queue/leases.ts';
import { Planner, type PlannerDeps } from './queue/planner.ts';
import { type Ticket, Tickets } from './queue/tickets.ts';
import { RecheckTimers } from './recheck.ts';
import { reconcile } from './reconcile.ts';
import { NO_WATCH_STATES, sampleAll, type WatchDeps, type WatchStates } from './sample.ts';
import { type HostWatchDeps, watchHost } from './sample-host.ts';
import { type Request, UnitOfWork } from './unit-of-work.ts';

export interface EngineDeps extends LaunchDeps, DispatchDeps, WatchDeps, HostWatchDeps, PlannerDeps {
  readonly store: Store;
  readonly log: Logger;
  readonly tasksDir: string;
  readonly monitorIntervalMs: number;
  readonly killGraceMs: number;
}

const COMMIT_RETRY_MS = 1000;
const DUE_MAX_MS = 60_000;

export class Engine {
  readonly eventBus = new EventBus();
  readonly live = new LiveTasks();
  readonly leases = new Leases();
  readonly #tickets = new Tickets(this.live.queue);
  readonly #deps: EngineDeps;
  readonly #dispatcher: Dispatcher;
  readonly #attempts = new Map<TaskId, LiveAttempt>();
  readonly #forced = new Set<TaskId>();
  readonly #groupCleanup: GroupCleanup;
  readonly #limits: LimitApplier;
  readonly #planner: Planner;
  #requests: Request[] = [];
  #dirty = new Set<TaskId>();
  #isScheduled = false;
  #isStopped = false;
  #isDispatching = true;
  #isSampleDue = false;
  /** The last commit failed; said once, not at every try. */
  #isRecordFull = false;
  #whenIdle: (() => void) | null = null;
  #tick: NodeJS.Timeout | null = null;
  #due: NodeJS.Timeout | null = null;
  #commitRetry: NodeJS.Timeout | null = null;
  #pressure = NO_PRESSURE;
  readonly #recheck = new RecheckTimers((id) => this.enqueueReconcile(id));

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#groupCleanup = new GroupCleanup(deps.log);
    this.#limits = new LimitApplier(deps.log);
    this.#planner = new Planner(deps, this.live, this.leases, this.#attempts);
    this.#dispatcher = new Dispatcher(deps, this.live, this.#tickets, (...args) => this.newAttempt(...args));
  }

  request(request: Request): void {
    if (this.#isStopped) {
      request.reject(new BabysitError('daemon_stopping', 'the daemon is stopping'));
      return;
    }
    this.#requests.push(request);
    this.wake();
  }

  attempt(id: TaskId): LiveAttempt | undefined {
    return this.#attempts.get(id);
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

  tickets(): Iterable<Ticket> {
    return this.#tickets.values();
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

  /** Takes over an active task of the record, before the first round. */
  adopt(task: Task, attempt: LiveAttempt): void {
    this.#attempts.set(task.id, attempt);
    this.#deps.logs.adopt(attempt.paths);
    attempt.observe();
    this.#limits.apply(task, attempt);
    this.enqueueReconcile(task.id);
    this.#advanceKill(task.id);
  }

  adoptLease(lease: Lease): void {
    this.leases.put(lease, this.#deps.clock.now());
  }

  newAttempt(id: TaskId, number: number, group: Group): LiveAttempt {
    return new LiveAttempt(id, attemptPaths(this.#deps.tasksDir, id, number), group, () =>
      this.enqueueReconcile(id),
    );
  }

  /** Notes that an attempt's records, group or supervisor may have changed. */
  enqueueReconcile(id: TaskId): void {
    this.#dirty.add(id);
    this.wake();
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
    for (const id of this.#attempts.keys())
      this.#later(id, (work) => {
        const at = work.now.wallMs;
        const intent: KillIntent = { reason: 'manual', at, detail, signal: 'SIGTERM', killedAt: null };
        work.change(id, { kind: 'request_kill', intent });
      });
    return this.drain();
  }

  /** Starts nothing more; resolves when no task runs. */
  drain(): Promise<void> {
    this.#isDispatching = false;
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
      this.#tellIdle();
    });
  }

  /** Leaves every task running. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of [this.#tick, this.#due, this.#commitRetry]) if (timer !== null) clearTimeout(timer);
    this.#recheck.close();
    const stopping = new BabysitError('daemon_stopping', 'the daemon is stopping');
    for (const request of this.#requests.splice(0)) request.reject(stopping);
    for (const ticket of [...this.#tickets.values()]) ticket.failed(stopping);
    for (const attempt of this.#attempts.values()) attempt.close();
    this.#groupCleanup.close();
  }

  round(): void {
    const work = new UnitOfWork(this.live, this.leases, this.#deps.clock.now());
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const id of dirty) this.#reconcile(work, id);
    const watched = this.#isSampleDue
      ? this.#watch(work)
      : { watchStates: NO_WATCH_STATES, pressure: this.#pressure };
    this.#isSampleDue = false;
    for (const lease of this.leases.lapsed(work.now)) work.dropLease(lease);
    this.live.admitDue(work.now.wallMs);
    const accepted: Request[] = [];
    for (const request of this.#requests.splice(0)) {
      try {
        request.apply(work);
        accepted.push(request);
      } catch (error) {
        request.reject(error);
      }
    }
    const starts = this.#isDispatching
      ? this.#dispatcher.dispatch(work, this.#forced, isUnderPressure(watched.pressure), () =>
          this.snapshot(),
        )
      : NO_STARTS;
    this.#forced.clear();
    this.#commit(work, accepted, starts, watched);
    this.#tickets.announce(() => this.plan(), work.now.monoMs);
    this.#armTick();
    this.#armDue();
  }

  #commit(
    work: UnitOfWork,
    accepted: readonly Request[],
    starts: Starts,
    { watchStates, pressure }: Watched,
  ): void {
    const { store, log } = this.#deps;
    let events: ReturnType<Store['commit']> = [];
    try {
      if (!work.isEmpty()) {
        events = store.commit(work.writes(), work.needsDurability(accepted.length > 0));
        if (this.#isRecordFull) log.info('the record can be written again');
        this.#isRecordFull = false;
      }
    } catch (error) {
      if (!this.#isRecordFull) log.error({ err: error }, 'commit failed; nothing of this round happened');
      this.#isRecordFull = true;
      work.rollback();
      for (const request of accepted) request.reject(commitError(error));
      for (const attempt of starts.attempts) this.#groupCleanup.remove(attempt.group);
      // What was observed is still there to be observed; kills of the watchdog are judged again.
      this.#commitRetry ??= setTimeout(() => {
        this.#commitRetry = null;
        for (const id of this.#attempts.keys()) this.enqueueReconcile(id);
        this.wake();
      }, COMMIT_RETRY_MS);
      return;
    }
    if (!work.isEmpty()) this.#planner.changed();
    this.#pressure = pressure;
    for (const [attempt, watchState] of watchStates) attempt.watchState = watchState;
    for (const attempt of starts.attempts) this.#begin(attempt);
    for (const [id, task] of work.changed()) this.#follow(id, task);
    for (const request of accepted) request.resolve();
    for (const { ticket, lease } of starts.granted) {
      this.#tickets.remove(ticket.item.id, work.now.wallMs);
      ticket.granted(lease);
    }
    this.eventBus.publish(events);
    // One a turn of the event loop: each spawn blocks for about a millisecond, and answers should leave in between.
    for (const attempt of starts.attempts) setImmediate(() => this.#launch(attempt));
  }

  #begin(attempt: LiveAttempt): void {
    const task = this.live.get(attempt.id);
    if (task === undefined || !isActive(task.state)) return;
    // Taken back and dispatched again in one round: the attempt before leaves its group and its script.
    this.#retire(attempt.id);
    this.#attempts.set(attempt.id, attempt);
    this.#limits.created(attempt.id, task.state);
  }

  /** Does what a committed change asks for. */
  #follow(id: TaskId, task: Task): void {
    const live = this.#attempts.get(id);
    if (isActive(task.state) && live !== undefined) {
      this.#limits.apply(task, live);
      this.#advanceKill(id);
      return;
    }
    this.#retire(id);
    if (isEnded(task.state))
      this.#deps.log.info(
        { task: id, name: task.name, status: task.state.status, ...endReason(task) },
        'task ended',
      );
  }

  #reconcile(work: UnitOfWork, id: TaskId): void {
    const live = this.#attempts.get(id);
    if (live !== undefined && reconcile(work, live) === 'recheck') this.#recheck.at(id);
  }

  #watch(work: UnitOfWork): Watched {
    this.#planner.sampled(work.now.monoMs);
    for (const live of this.#attempts.values()) {
      const task = this.live.get(live.id);
      if (task !== undefined) this.#limits.apply(task, live);
    }
    const attempts = [...this.#attempts.values()];
    const watchStates = sampleAll(this.#deps, work, attempts, (live) => this.#reconcile(work, live.id));
    return { watchStates, pressure: watchHost(this.#deps, work, attempts, this.#pressure) };
  }

  #launch(live: LiveAttempt): void {
    const task = this.live.get(live.id);
    if (this.#isStopped || task === undefined || !isActive(task.state)) return;
    try {
      launchAttempt(this.#deps, task, task.state.attempt, live);
      this.#advanceKill(live.id);
    } catch (error) {
      const message = `the attempt could not be started: ${(error as Error).message}`;
      this.#later(live.id, (work) =>
        work.change(live.id, { kind: 'could_not_start', message, at: work.now.wallMs }),
      );
    }
  }

  #advanceKill(id: TaskId): void {
    const task = this.live.get(id);
    const live = this.#attempts.get(id);
    if (this.#isStopped || live === undefined || task === undefined || !isActive(task.state)) return;
    const { kill } = task.state.attempt;
    if (kill === null || !live.isObserved) return;
    const { clock, killGraceMs } = this.#deps;
    const { act, report, againInMs } = advanceKill(live, task, kill, killGraceMs, clock.now().monoMs);
    live.scheduleKillStep(againInMs, () => {
      this.#advanceKill(id);
      this.enqueueReconcile(id);
    });
    if (act === 'kill')
      this.#later(id, (work) => work.change(id, { kind: 'escalate_kill', at: work.now.wallMs }));
    if (report !== null) this.#later(id, (work) => reportStuck(work, task, live, report));
  }

  /** What this daemon itself wants of a task, staged in the next round. */
  #later(id: TaskId, apply: (work: UnitOfWork) => void): void {
    this.#requests.push({ apply, resolve() {}, reject: () => this.enqueueReconcile(id) });
    this.wake();
  }

  #retire(id: TaskId): void {
    const live = this.#attempts.get(id);
    if (live === undefined) return;
    this.#attempts.delete(id);
    this.#limits.forget(id);
    this.#recheck.forget(id);
    live.close();
    void this.#deps.logs.ended(live.log, live.paths);
    this.#groupCleanup.remove(live.group);
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#attempts.size === 0) this.#whenIdle?.();
  }

  /** Something runs, waits for room or for the host; an idle daemon does nothing at all. */
  #needsTick(): boolean {
    return this.#attempts.size + this.live.queue.size > 0 || isUnderPressure(this.#pressure);
  }

  #armTick(): void {
    if (this.#isStopped || this.#tick !== null || !this.#needsTick()) return;
    let delayMs = this.#deps.monitorIntervalMs;
    for (const { dueInMs } of this.#attempts.values())
      if (dueInMs !== null) delayMs = Math.min(delayMs, dueInMs);
    this.#tick = setTimeout(() => {
      this.#tick = null;
      this.#isSampleDue = true;
      this.wake();
    }, delayMs);
  }

  /** For what falls due by time alone: a lease that lapses, a back-off that is over. */
  #armDue(): void {
    if (this.#due !== null) clearTimeout(this.#due);
    this.#due = null;
    const now = this.#deps.clock.now();
    const nextMs = [this.leases.nextInMs(now), this.live.admitDue(now.wallMs)].filter((ms) => ms !== null);
    // A commit that failed is tried again at its own pace: what is due by then would only fail again.
    if (nextMs.length === 0 || this.#isStopped || this.#commitRetry !== null) return;
    this.#due = setTimeout(() => this.wake(), Math.min(DUE_MAX_MS, ...nextMs));
  }
}

interface Watched {
  readonly watchStates: WatchStates;
  readonly pressure: PressureState;
}

const NO_STARTS: Starts = { attempts: [], granted: [] };
