// The live attempts: starts them, applies committed changes to their groups, and cleans up after they end.
import type { Logger } from 'pino';
import type { Group } from '../cgroups/port.ts';
import type { Clock } from '../core/clock.ts';
import { traitsOf } from '../core/engine-traits.ts';
import { shortageOf } from '../core/shortages.ts';
import { type Attempt, isActive, isEnded, type Task, type TaskId } from '../core/task.ts';
import type { Engines } from '../engines/engines.ts';
import type { Place } from '../engines/port.ts';
import { LimitApplier } from './attempt/apply-limits.ts';
import { GroupCleanup } from './attempt/group-cleanup.ts';
import { advanceKill, reportStuck } from './attempt/kill.ts';
import { environmentOf, type LaunchDeps, launchAttempt } from './attempt/launch.ts';
import { LiveAttempt } from './attempt/live-attempt.ts';
import { type AttemptPaths, attemptPaths } from './attempt/paths.ts';
import { observeReadiness, type ReadinessObserver } from './attempt/readiness.ts';
import { DispatchHold } from './dispatch-hold.ts';
import type { LiveTasks } from './live-tasks.ts';
import type { LogMaintenance } from './log-maintenance.ts';
import { Placements, type PlacementsDeps } from './placements.ts';
import { type LoginAt, reconcile } from './reconcile.ts';
import { RecheckTimers } from './timers.ts';
import type { UnitOfWork } from './unit-of-work.ts';

export interface AttemptsDeps extends LaunchDeps, PlacementsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly logs: LogMaintenance;
  readonly engines: Engines;
  readonly killGraceMs: number;
  readonly loginAt: LoginAt;
}

/** The part of the loop that attempts report to. */
export interface Loop {
  readonly isStopped: boolean;
  /** Not null: the records of attempts cannot be found any longer, so their ends are unknown. */
  readonly homeLoss: string | null;
  /** Call when the records, the group or the supervisor of the attempt may have changed. */
  enqueueReconcile(id: TaskId): void;
  /** Runs `change` in the next round, and again until it is committed, while this attempt of the task lives. */
  later(id: TaskId, attempt: number, change: (work: UnitOfWork) => void): void;
}

export class Attempts {
  readonly #deps: AttemptsDeps;
  readonly #tasks: LiveTasks;
  readonly #loop: Loop;
  readonly #byId = new Map<TaskId, LiveAttempt>();
  #endedUsec = 0;
  readonly #limits: LimitApplier;
  readonly #groupCleanup: GroupCleanup;
  readonly #recheck: RecheckTimers;
  #whenIdle: (() => void) | null = null;
  readonly hold = new DispatchHold();
  readonly #placements: Placements;

  constructor(deps: AttemptsDeps, tasks: LiveTasks, loop: Loop) {
    this.#deps = deps;
    this.#tasks = tasks;
    this.#loop = loop;
    this.#limits = new LimitApplier(deps.log);
    this.#groupCleanup = new GroupCleanup(deps.log);
    this.#recheck = new RecheckTimers((id) => loop.enqueueReconcile(id));
    this.#placements = new Placements(deps, loop);
  }

  get placements(): Placements {
    return this.#placements;
  }

  get byId(): ReadonlyMap<TaskId, LiveAttempt> {
    return this.#byId;
  }

  /** CPU time of all attempts while this daemon watched them, those that ended included. */
  get cpuUsec(): number {
    let usec = this.#endedUsec;
    for (const { usesHost, idleness } of this.#byId.values()) if (usesHost) usec += idleness.seenUsec;
    return usec;
  }

  get count(): number {
    return this.#byId.size;
  }

  /** Those that use this host. */
  onHost(): LiveAttempt[] {
    return [...this.#byId.values()].filter(({ usesHost }) => usesHost);
  }

  /** `group`: the new group of a task of this host. */
  create(task: Task, number: number, group: Group): LiveAttempt {
    return this.#live(task, number, ({ dir }) => this.#deps.engines.local.place(dir, group));
  }

  #live(task: Task, number: number, placeOf: (paths: AttemptPaths) => Place): LiveAttempt {
    const { id } = task;
    const paths = attemptPaths(this.#deps.engines.tasksDirOf(task), id, number);
    return new LiveAttempt(id, paths, traitsOf(task), placeOf(paths), () => this.#loop.enqueueReconcile(id));
  }

  /** Takes over an attempt that has begun, or that an earlier daemon has dispatched. */
  adopt(task: Task, attempt: Attempt): void {
    const { engines } = this.#deps;
    const queue = engines.queueOf(task);
    const live = this.#live(task, attempt.number, ({ dir }) =>
      queue === null ? engines.local.open(dir, attempt.group) : queue.open(task.id, attempt),
    );
    this.#byId.set(task.id, live);
    if (live.usesHost) this.#deps.logs.adopt(live.paths);
    live.readiness = observerOf(this.#deps, task, live);
    live.idleness.adopt();
    live.awaitStart(this.#deps.clock.now(), attempt);
    live.observe();
    if (task.execOptions.streams !== undefined) this.#deps.relay.open(live.paths.dir);
    this.#limits.apply(task, live);
    this.#loop.enqueueReconcile(task.id);
    this.#advanceKill(task.id);
  }

  /** Call after the dispatch is committed. */
  begin(live: LiveAttempt): void {
    const task = this.#tasks.get(live.id);
    if (task === undefined || !isActive(task.state)) return;
    // A round may requeue a task and dispatch it again: clean up the attempt before.
    this.#retire(live.id);
    live.readiness = observerOf(this.#deps, task, live);
    this.#byId.set(live.id, live);
    this.#limits.created(live.id, task.state);
  }

  launch(live: LiveAttempt): void {
    const task = this.#tasks.get(live.id);
    if (this.#loop.isStopped || task === undefined || !isActive(task.state)) return;
    const { attempt } = task.state;
    live.awaitStart(this.#deps.clock.now(), attempt);
    try {
      launchAttempt(this.#deps, task, attempt, live);
    } catch (error) {
      const message = `cannot start the attempt: ${(error as Error).message}`;
      const { code } = error as { code?: unknown };
      const what = STATE_DIRECTORY_ERRORS.has(code) ? 'access to the state directory' : shortageOf(error);
      if (what !== null) {
        this.hold.failed({ what, message }, this.#deps.clock.now().monoMs);
        this.#loop.later(live.id, attempt.number, (work) =>
          work.change(live.id, { kind: 'requeue', why: message }),
        );
        return;
      }
      this.#loop.later(live.id, attempt.number, (work) =>
        work.change(live.id, { kind: 'could_not_start', message, at: work.now.wallMs }),
      );
      return;
    }
    this.#advanceKill(live.id);
  }

  /** Applies a committed change of the task to its attempt. */
  applyChange(task: Task): void {
    const { id, name, state } = task;
    this.#placements.applyChange(task);
    // Its engine has started it.
    if (isActive(state) && traitsOf(task).hasQueue && !this.#byId.has(id)) this.adopt(task, state.attempt);
    const live = this.#byId.get(id);
    if (isActive(state) && live !== undefined) {
      this.#limits.apply(task, live);
      this.#advanceKill(id);
      return;
    }
    this.#retire(id);
    if (isEnded(state) && this.#loop.homeLoss === null)
      this.#deps.log.info({ task: id, name, status: state.status, ...endReason(task) }, 'task ended');
  }

  /** Removes the groups of attempts whose dispatch was not committed. Nothing runs in them. */
  discard(lives: readonly LiveAttempt[]): void {
    for (const { group } of lives) this.#groupCleanup.remove(group);
  }

  reconcile(work: UnitOfWork, id: TaskId): void {
    const live = this.#byId.get(id);
    const { hold } = this;
    const { loginAt, requeueMax } = this.#deps;
    const outcome =
      live === undefined
        ? this.#placements.reconcile(work, id)
        : reconcile(work, live, {
            hold,
            loginAt,
            requeueMax,
            forkShortage: () => this.#deps.spawner.shortage,
          });
    if (outcome === 'recheck') this.#recheck.schedule(id);
  }

  /** Retries limits that the kernel refused; see LimitApplier. */
  applyLimits(): void {
    for (const live of this.#byId.values()) {
      const task = this.#tasks.get(live.id);
      if (task !== undefined) this.#limits.apply(task, live);
    }
  }

  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
      this.#checkIdle();
    });
  }

  close(): void {
    this.#recheck.close();
    for (const live of this.#byId.values()) {
      const state = this.#tasks.get(live.id)?.state;
      // Without a daemon nothing thaws it.
      if (state?.status === 'running' && state.attempt.heldAt !== null) this.#limits.thaw(live);
      live.close();
    }
    this.#groupCleanup.close();
  }

  #advanceKill(id: TaskId): void {
    const task = this.#tasks.get(id);
    const live = this.#byId.get(id);
    if (this.#loop.isStopped || live === undefined || task === undefined || !isActive(task.state)) return;
    const { kill, number } = task.state.attempt;
    if (kill === null || !live.isObserved) return;
    const { clock, killGraceMs } = this.#deps;
    const { firstKilledAt } = live.ladder;
    const { act, report, againInMs } = advanceKill(live, task, kill, killGraceMs, clock.now().monoMs);
    live.scheduleKillStep(againInMs, () => {
      this.#advanceKill(id);
      this.#loop.enqueueReconcile(id);
    });
    if (act === 'kill' && firstKilledAt === null)
      this.#loop.later(id, number, (work) => work.change(id, { kind: 'escalate_kill', at: work.now.wallMs }));
    if (report !== null) this.#loop.later(id, number, (work) => reportStuck(work, task, live, report));
  }

  #retire(id: TaskId): void {
    const live = this.#byId.get(id);
    if (live === undefined) return;
    this.#byId.delete(id);
    if (live.usesHost) this.#endedUsec += live.idleness.seenUsec;
    this.#limits.forget(id);
    this.#recheck.forget(id);
    live.close();
    this.#deps.relay.over(live.paths.dir);
    void this.#deps.logs.ended(live.log, live.paths);
    this.#groupCleanup.remove(live.group);
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#byId.size === 0) this.#whenIdle?.();
  }
}

/**
 * A start touches only files of the daemon, so these say nothing of the task: the state directory was moved, its owner or
 * mode was changed, or its disk fails.
 */
const STATE_DIRECTORY_ERRORS: ReadonlySet<unknown> = new Set(['ENOENT', 'EACCES', 'EPERM', 'ESTALE']);

function observerOf(deps: LaunchDeps, task: Task, live: LiveAttempt): ReadinessObserver | null {
  const { readiness, state } = task;
  if (readiness === undefined || !isActive(state) || state.attempt.readyAt !== undefined) return null;
  return observeReadiness(readiness, live.paths.log, (line) => ({
    bash: deps.tools.bash,
    line,
    cwd: task.cwd,
    env: environmentOf(deps, task, live.paths),
    entryFiles: live.group.entryFiles,
  }));
}

/** For the log: reasons and numbers, never the command or its environment. */
function endReason({ state }: Task): Record<string, unknown> {
  switch (state.status) {
    case 'killed':
      return { reason: state.kill.reason, detail: state.kill.detail };
    case 'failed':
      return { reason: state.reason, exit: state.exit, message: state.message };
    case 'interrupted':
      return { reason: state.reason };
    case 'pending':
    case 'running':
    case 'paused':
    case 'completed':
      return {};
  }
}
