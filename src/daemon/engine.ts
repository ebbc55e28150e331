// The loop: gathers what has happened, decides through the pure rooms, commits once, then acts.
// Requests and kernel events only leave a note and wake it; everything that changes a task passes through `round`.
import type { Logger } from 'pino';
import { type Driver, DriverError, type Group } from '../cgroups/driver.ts';
import type { Clock, Now } from '../core/clock.ts';
import { BabysitError } from '../core/errors.ts';
import { type Attempt, isActive, isEnded, type Task, type TaskId } from '../core/task.ts';
import type { HostMemory } from '../host/memory.ts';
import { dispatch } from '../scheduler/dispatch.ts';
import { type EnvelopeRules, envelope } from '../scheduler/envelope.ts';
import type { Capacity, Snapshot } from '../scheduler/snapshot.ts';
import type { Store } from '../store/store.ts';
import { judge, type WatchRules } from '../watchdog/judge.ts';
import type { WatchMemory } from '../watchdog/memory.ts';
import { type LaunchDeps, launchAttempt } from './act.ts';
import { LiveAttempt } from './attempt.ts';
import { commitError } from './commit-error.ts';
import { endReason } from './end-reason.ts';
import { examine, isOverdue } from './examine.ts';
import { Graveyard } from './graveyard.ts';
import { Hub } from './hub.ts';
import { climb } from './kill.ts';
import { attemptPaths, groupName } from './paths.ts';
import { snapshotOf } from './picture.ts';
import { Stage } from './stage.ts';

export interface EngineDeps extends LaunchDeps {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Logger;
  readonly tasksDir: string;
  readonly bootId: string;
  readonly capacity: Capacity;
  readonly envelopeRules: EnvelopeRules;
  readonly watchRules: WatchRules;
  readonly monitorIntervalMs: number;
  readonly killGraceMs: number;
  readHost(): HostMemory;
}

/** One request of a caller. `apply` stages what it wants and throws when it cannot be; the others run after the commit. */
export interface Request {
  apply(stage: Stage): void;
  resolve(): void;
  reject(error: unknown): void;
}

/** Samples older than this are read again before memory is promised to somebody. */
const FRESH_MS = 250;
const COMMIT_RETRY_MS = 1000;
const LOOK_AGAIN_MAX_MS = 1000;

export class Engine {
  readonly hub = new Hub();
  readonly #deps: EngineDeps;
  readonly #tasks = new Map<TaskId, Task>();
  readonly #attempts = new Map<TaskId, LiveAttempt>();
  readonly #forced = new Set<TaskId>();
  readonly #graveyard: Graveyard;
  #requests: Request[] = [];
  #stirred = new Set<TaskId>();
  #isScheduled = false;
  #isStopped = false;
  #isDispatching = true;
  #isSampleDue = false;
  #whenIdle: (() => void) | null = null;
  #tick: NodeJS.Timeout | null = null;
  #commitRetry: NodeJS.Timeout | null = null;
  #sampledAt = Number.NEGATIVE_INFINITY;
  readonly #lookTimers = new Map<TaskId, { timer: NodeJS.Timeout; delayMs: number }>();

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#graveyard = new Graveyard(deps.log);
  }

  request(request: Request): void {
    if (this.#isStopped) {
      request.reject(new BabysitError('daemon_stopping', 'the daemon is stopping'));
      return;
    }
    this.#requests.push(request);
    this.wake();
  }

  task(id: TaskId): Task | undefined {
    return this.#tasks.get(id);
  }

  tasks(): Iterable<Task> {
    return this.#tasks.values();
  }

  attempt(id: TaskId): LiveAttempt | undefined {
    return this.#attempts.get(id);
  }

  /** The scheduler's picture of now, or of a round that is being staged. */
  snapshot(tasks: Iterable<Task> = this.#tasks.values()): Snapshot {
    this.#refreshMemory(this.#deps.clock.now());
    return snapshotOf({
      tasks,
      capacity: this.#deps.capacity,
      host: this.#deps.readHost(),
      liveMemBytes: (id) => this.#attempts.get(id)?.memBytes ?? 0,
    });
  }

  /** In this round the task starts whatever the ledger says. */
  force(id: TaskId): void {
    this.#forced.add(id);
  }

  /** Takes over a live task of the record, before the first round. `attempt`: it is running. */
  adopt(task: Task, attempt: LiveAttempt | null): void {
    this.#tasks.set(task.id, task);
    if (attempt === null) return;
    this.#attempts.set(task.id, attempt);
    attempt.observe();
    this.stir(task.id);
    this.#climb(task.id);
  }

  newAttempt(id: TaskId, number: number, group: Group): LiveAttempt {
    return new LiveAttempt(id, attemptPaths(this.#deps.tasksDir, id, number), group, () => this.stir(id));
  }

  /** Notes that an attempt's records, group or supervisor may have changed. */
  stir(id: TaskId): void {
    this.#stirred.add(id);
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
    this.#isDispatching = false;
    for (const id of this.#attempts.keys())
      this.#change(id, (at) => ({
        kind: 'request_kill',
        intent: { reason: 'manual', at, detail: { by: 'daemon-stop' }, signal: 'SIGTERM', killedAt: null },
      }));
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
      this.#tellIdle();
    });
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
    if (this.#tick !== null) clearTimeout(this.#tick);
    if (this.#commitRetry !== null) clearTimeout(this.#commitRetry);
    for (const { timer } of this.#lookTimers.values()) clearTimeout(timer);
    for (const request of this.#requests.splice(0))
      request.reject(new BabysitError('daemon_stopping', 'the daemon is stopping'));
    for (const attempt of this.#attempts.values()) attempt.close();
    this.#graveyard.close();
  }

  round(): void {
    const stage = new Stage(this.#tasks, this.#deps.clock.now());
    const stirred = this.#stirred;
    this.#stirred = new Set();
    for (const id of stirred) this.#examine(stage, id);
    const memories = this.#isSampleDue ? this.#sampleAll(stage) : new Map<LiveAttempt, WatchMemory>();
    this.#isSampleDue = false;
    const accepted: Request[] = [];
    for (const request of this.#requests.splice(0)) {
      try {
        request.apply(stage);
        accepted.push(request);
      } catch (error) {
        request.reject(error);
      }
    }
    const starts = this.#isDispatching ? this.#dispatchInto(stage) : [];
    this.#forced.clear();
    this.#commit(stage, accepted, starts, memories);
    this.#armTick();
  }

  #commit(
    stage: Stage,
    accepted: readonly Request[],
    starts: readonly LiveAttempt[],
    memories: ReadonlyMap<LiveAttempt, WatchMemory>,
  ): void {
    const { store, log } = this.#deps;
    let events: ReturnType<Store['commit']> = [];
    try {
      if (!stage.isEmpty()) events = store.commit(stage.writes());
    } catch (error) {
      log.error({ err: error }, 'commit failed; nothing of this round happened');
      for (const request of accepted) request.reject(commitError(error));
      for (const attempt of starts) this.#graveyard.bury(attempt.group);
      // What was observed is still there to be observed; kills of the watchdog are judged again.
      this.#commitRetry ??= setTimeout(() => {
        this.#commitRetry = null;
        for (const id of this.#attempts.keys()) this.stir(id);
        this.wake();
      }, COMMIT_RETRY_MS);
      return;
    }
    for (const [attempt, memory] of memories) attempt.memory = memory;
    for (const [id, task] of stage.changed()) {
      if (isEnded(task.state)) {
        this.#tasks.delete(id);
        this.#retire(id);
        log.info({ task: id, name: task.name, status: task.state.status, ...endReason(task) }, 'task ended');
      } else {
        this.#tasks.set(id, task);
        if (task.state.status === 'pending') this.#retire(id);
      }
    }
    for (const attempt of starts) this.#attempts.set(attempt.id, attempt);
    for (const request of accepted) request.resolve();
    this.hub.publish(events);
    // One a turn of the event loop: each spawn blocks for about a millisecond, and answers should leave in between.
    for (const attempt of starts) setImmediate(() => this.#launch(attempt));
    for (const id of stage.changed().keys()) this.#climb(id);
  }

  #examine(stage: Stage, id: TaskId): void {
    const live = this.#attempts.get(id);
    if (live !== undefined && examine(stage, live) === 'look_again') this.#lookAgain(id);
  }

  #sampleAll(stage: Stage): Map<LiveAttempt, WatchMemory> {
    const { watchRules } = this.#deps;
    const memories = new Map<LiveAttempt, WatchMemory>();
    this.#sampledAt = stage.now.monoMs;
    for (const live of this.#attempts.values()) {
      const task = stage.get(live.id);
      if (task === undefined || !isActive(task.state)) continue;
      const { attempt } = task.state;
      if (live.isSupervisorGone() || isOverdue(attempt, stage.now)) this.#examine(stage, live.id);
      if (attempt.startedAt === null) continue;
      live.nudgeSupervisor();
      const sample = live.sample(stage.now);
      if (sample === null || task.state.status === 'paused') continue;
      const { estimate, limits } = task;
      const { pidsMax, memMaxBytes } = attempt.envelope;
      const before = live.memory ?? live.firstMemory(sample, attempt);
      const verdict = judge(watchRules, { estimate, limits, pidsMax, memMaxBytes }, before, sample);
      memories.set(live, verdict.memory);
      live.dueInMs = verdict.dueInMs;
      if (attempt.kill !== null) continue;
      for (const event of verdict.events) stage.tell(task, event);
      if (verdict.kill === null) continue;
      const { reason, detail } = verdict.kill;
      const signal = reason === 'cgroup_oom_killed' ? 'SIGKILL' : 'SIGTERM';
      const at = stage.now.wallMs;
      stage.change(live.id, { kind: 'request_kill', intent: { reason, detail, signal, at, killedAt: null } });
      this.#deps.log.warn({ task: live.id, name: task.name, reason, detail }, 'watchdog kill');
    }
    return memories;
  }

  #dispatchInto(stage: Stage): LiveAttempt[] {
    const starts: LiveAttempt[] = [];
    for (const id of this.#forced) this.#prepare(stage, id, starts);
    let hasPending = false;
    for (const task of stage.tasks()) hasPending ||= task.state.status === 'pending';
    if (hasPending) for (const id of dispatch(this.snapshot(stage.tasks()))) this.#prepare(stage, id, starts);
    return starts;
  }

  /** Makes the group, harmless while nothing runs in it, so that the recorded intent says where the attempt will be. */
  #prepare(stage: Stage, id: TaskId, starts: LiveAttempt[]): void {
    const task = stage.get(id);
    if (task === undefined || task.state.status !== 'pending') return;
    const { driver, capacity, envelopeRules, bootId } = this.#deps;
    const number = task.attempts + 1;
    const name = groupName(id, number);
    const caps = envelope(task.estimate, task.limits, capacity, envelopeRules);
    const attempt: Omit<Attempt, 'group'> = {
      number,
      bootId,
      envelope: caps,
      dispatchedAt: stage.now.wallMs,
      startedAt: null,
      pid: null,
      kill: null,
    };
    try {
      const group = driver.create(name, caps);
      starts.push(this.newAttempt(id, number, group));
      stage.change(id, { kind: 'dispatch', attempt: { ...attempt, group: group.ref } });
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      stage.change(id, { kind: 'dispatch', attempt: { ...attempt, group: { driver: driver.kind, name } } });
      stage.change(id, { kind: 'could_not_start', message: error.message, at: stage.now.wallMs });
    }
  }

  #launch(live: LiveAttempt): void {
    const task = this.#tasks.get(live.id);
    if (this.#isStopped || task === undefined || !isActive(task.state)) return;
    try {
      launchAttempt(this.#deps, task, task.state.attempt, live);
      live.observe();
      this.stir(live.id);
      this.#climb(live.id);
    } catch (error) {
      const message = `the attempt could not be started: ${(error as Error).message}`;
      this.#change(live.id, (at) => ({ kind: 'could_not_start', message, at }));
    }
  }

  #climb(id: TaskId): void {
    const task = this.#tasks.get(id);
    const live = this.#attempts.get(id);
    if (this.#isStopped || live === undefined || task === undefined || !isActive(task.state)) return;
    const { kill } = task.state.attempt;
    if (kill === null || !live.isObserved) return;
    const { clock, killGraceMs } = this.#deps;
    const { act, againInMs } = climb(live, kill, killGraceMs, clock.now().monoMs);
    live.climbAgain(againInMs, () => {
      this.#climb(id);
      this.stir(id);
    });
    if (act === 'kill') this.#change(id, (at) => ({ kind: 'escalate_kill', at }));
  }

  #change(id: TaskId, change: (at: number) => Parameters<Stage['change']>[1]): void {
    this.#requests.push({
      apply: (stage) => stage.change(id, change(stage.now.wallMs)),
      resolve() {},
      reject: () => this.stir(id),
    });
    this.wake();
  }

  /** The main process has ended and others of its tree live on; not every kernel tells when the last one goes. */
  #lookAgain(id: TaskId): void {
    const before = this.#lookTimers.get(id);
    if (before !== undefined) clearTimeout(before.timer);
    const delayMs = Math.min(LOOK_AGAIN_MAX_MS, before === undefined ? 5 : before.delayMs * 2);
    this.#lookTimers.set(id, { delayMs, timer: setTimeout(() => this.stir(id), delayMs) });
  }

  #retire(id: TaskId): void {
    const live = this.#attempts.get(id);
    if (live === undefined) return;
    this.#attempts.delete(id);
    const look = this.#lookTimers.get(id);
    if (look !== undefined) clearTimeout(look.timer);
    this.#lookTimers.delete(id);
    live.close();
    live.forgetEnvironment();
    this.#graveyard.bury(live.group);
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#attempts.size === 0) this.#whenIdle?.();
  }

  #refreshMemory({ monoMs }: Now): void {
    if (monoMs - this.#sampledAt < FRESH_MS) return;
    this.#sampledAt = monoMs;
    for (const live of this.#attempts.values()) live.memBytes = live.group.usage()?.memBytes ?? 0;
  }

  /** Samples are taken while something runs; an idle daemon does nothing at all. */
  #armTick(): void {
    if (this.#isStopped || this.#tick !== null || this.#attempts.size === 0) return;
    let delayMs = this.#deps.monitorIntervalMs;
    for (const { dueInMs } of this.#attempts.values())
      if (dueInMs !== null) delayMs = Math.min(delayMs, dueInMs);
    this.#tick = setTimeout(() => {
      this.#tick = null;
      this.#isSampleDue = true;
      this.round();
    }, delayMs);
  }
}
