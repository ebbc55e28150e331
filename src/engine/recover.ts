// At start: reconciles the database with the host. Each live task is adopted, ended, requeued or interrupted. What the
// database does not know is adopted or left alone, never killed or deleted.
import { uptime } from 'node:os';
import type { Logger } from 'pino';
import { type Driver, DriverError } from '../cgroups/port.ts';
import type { Clock } from '../core/clock.ts';
import { traitsOf } from '../core/engine-traits.ts';
import { BabysitError } from '../core/errors.ts';
import { type Attempt, isActive, type Task, type TaskId } from '../core/task.ts';
import { type Change, causeOf } from '../core/transition/transition.ts';
import { claimForRecovery, RecordsUnreadable, readRecords } from '../exec/records.ts';
import { MAX_OWNERS } from '../scheduler/owner-use.ts';
import type { Store } from '../store/store.ts';
import { lastSignOfLife } from './attempt/last-sign.ts';
import { type AttemptPaths, attemptOfGroup, attemptPaths } from './attempt/paths.ts';
import type { Engine } from './engine.ts';
import { type FoundAttempt, findAttempts } from './found-attempts.ts';
import { UnitOfWork } from './unit-of-work.ts';

export interface RecoverDeps {
  readonly store: Store;
  readonly driver: Driver;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bootId: string;
  readonly tasksDir: string;
  readonly lostDir: string;
}

/** What the database did not know. A later look at what could not be read at the start changes it. */
export interface Recovered {
  /** Names of tasks. */
  readonly adopted: readonly string[];
  /** Ids of tasks whose files were moved to `lostDir`. */
  readonly putAside: readonly string[];
  /** Ids of tasks, or names of groups, that were not touched. */
  readonly leftAlone: readonly string[];
}

export function recover(engine: Engine, deps: RecoverDeps): Recovered {
  const { store, clock } = deps;
  const now = clock.now();
  const newer = findAttempts(deps);
  for (const lease of store.leases()) engine.leases.put(lease, now);
  for (const hold of store.holds()) engine.live.holds.put(hold, now);
  const { used } = engine.live.queue;
  for (const entry of store.ownerUse(MAX_OWNERS)) used.put(entry.owner, entry);
  const found = store.liveTasks();
  for (const task of found) engine.live.put(task.id, task, now.wallMs);
  const adopted: string[] = [];
  const unread = new Set<TaskId>();
  const reconcile = (work: UnitOfWork) => {
    adopted.length = 0;
    unread.clear();
    for (const attempt of newer.attempts) adopted.push(...addFound(work, attempt, deps, unread));
    for (const before of found) {
      const task = work.get(before.id);
      if (task === undefined) continue;
      // On a retry the task may have changed, and its attempt may belong to this daemon.
      if (isActive(before.state) && task !== before && !isOfEarlierBoot(task, deps.bootId)) continue;
      recoverTask(work, task, deps, unread);
    }
  };
  const recovered = { adopted, putAside: newer.putAside, leftAlone: newer.leftAlone };
  const again = () => lookAgain(engine, deps, { found: newer.unread, unread }, recovered);
  const work = new UnitOfWork(engine.live, engine.leases, now);
  reconcile(work);
  let isCommitted = true;
  try {
    store.commit(work.writes());
  } catch (error) {
    deps.log.error({ err: error }, 'commit failed, tasks adopted unchanged');
    work.rollback();
    isCommitted = false;
  }
  adoptActive(engine, deps);
  if (isCommitted) again();
  else
    retryReconcile(engine, reconcile, () => {
      adoptActive(engine, deps);
      again();
    });
  recovered.leftAlone = [...newer.leftAlone, ...newer.unread, ...removeOrphans(engine, deps)];
  const { putAside, leftAlone } = recovered;
  if (adopted.length + putAside.length + leftAlone.length > 0)
    deps.log.warn({ adopted, putAside, leftAlone }, 'attempts are newer than the database');
  engine.wake();
  return recovered;
}

interface Hidden {
  /** Ids of tasks that `findAttempts` could not read. */
  readonly found: readonly TaskId[];
  /** Tasks of an earlier boot whose records could not be read. */
  readonly unread: ReadonlySet<TaskId>;
}

const LOOK_MAX_MS = 60_000;

/** A shortage at the start hides nothing for longer than it lasts. */
function lookAgain(
  engine: Engine,
  deps: RecoverDeps,
  hidden: Hidden,
  recovered: { -readonly [K in keyof Recovered]: Recovered[K] },
  afterMs = RETRY_MS,
): void {
  if (hidden.found.length + hidden.unread.size === 0) return;
  const next = (left: Hidden) => lookAgain(engine, deps, left, recovered, Math.min(2 * afterMs, LOOK_MAX_MS));
  const look = () => {
    const newer = findAttempts(deps, hidden.found);
    const adopted: string[] = [];
    const unread = new Set<TaskId>();
    const apply = (work: UnitOfWork) => {
      for (const attempt of newer.attempts) adopted.push(...addFound(work, attempt, deps, unread));
      for (const id of hidden.unread) {
        const task = work.get(id);
        if (task !== undefined) recoverTask(work, task, deps, unread);
      }
    };
    const resolve = () => {
      adoptActive(engine, deps);
      const others = recovered.leftAlone.filter(
        (name) => !(hidden.found as readonly string[]).includes(name),
      );
      recovered.adopted = [...recovered.adopted, ...adopted];
      recovered.putAside = [...recovered.putAside, ...newer.putAside];
      recovered.leftAlone = [...others, ...newer.leftAlone, ...newer.unread];
      if (adopted.length + newer.putAside.length > 0)
        deps.log.warn({ adopted, putAside: newer.putAside }, 'attempts that could not be read at the start');
      next({ found: newer.unread, unread });
    };
    engine.request({ apply, resolve, reject: (error) => isStopping(error) || next(hidden) });
  };
  setTimeout(look, afterMs).unref();
}

function adoptActive(engine: Engine, { bootId }: RecoverDeps): void {
  for (const task of engine.live.active())
    if (isActive(task.state) && engine.attempt(task.id) === undefined && !isOfEarlierBoot(task, bootId))
      engine.adopt(task, task.state.attempt);
  for (const task of engine.live.values())
    if (task.state.status === 'pending' && task.state.placed !== undefined)
      engine.adopt(task, task.state.placed);
}

const SUBMITTED = { event: 'submitted', queued: false, forced: false } as const;

/** Nothing of the attempt is left on this host. */
function isOfEarlierBoot(task: Task, bootId: string): boolean {
  return isActive(task.state) && task.state.attempt.bootId !== bootId && !traitsOf(task).outlivesHost;
}

/** Stages the attempt as that of its task. Returns the name of the task. */
function addFound(
  work: UnitOfWork,
  { task, records }: FoundAttempt,
  deps: RecoverDeps,
  unread: Set<TaskId>,
): string[] {
  const { state } = task;
  if (!isActive(state)) return [];
  const { attempt } = state;
  const known = work.get(task.id) ?? deps.store.byId(task.id);
  if (known !== null) {
    if (!work.change(task.id, { kind: 'found', attempt }, known)) return [];
  } else {
    // Its environment is not on disk, so it cannot be started again.
    const name = work.byName(task.project, task.name) === undefined ? task.name : task.id.toLowerCase();
    work.add({ ...task, name, after: null, retry: null, requeue: false }, {}, SUBMITTED);
  }
  // The host may have restarted after the end.
  if (attempt.bootId !== deps.bootId && records.exit !== null)
    work.change(task.id, { kind: 'end', exit: records.exit, usage: null, at: records.exit.at });
  else recoverTask(work, work.get(task.id) ?? task, deps, unread);
  return [work.get(task.id)?.name ?? task.name];
}

const RETRY_MS = 1000;

/** A full disk must not keep tasks from being watched: the findings are committed when there is space again. */
function retryReconcile(engine: Engine, apply: (work: UnitOfWork) => void, resolve: () => void): void {
  const retry = () => engine.request({ apply, resolve, reject: later });
  const later = (error: unknown) => {
    if (!isStopping(error)) setTimeout(retry, RETRY_MS).unref();
  };
  later(null);
}

function isStopping(error: unknown): boolean {
  return error instanceof BabysitError && error.code === 'daemon_stopping';
}

/** Puts the task into `unread` when its records cannot be read now. */
function recoverTask(work: UnitOfWork, task: Task, deps: RecoverDeps, unread: Set<TaskId>): void {
  const { state } = task;
  if (isActive(state)) {
    const { attempt } = state;
    const paths = attemptPaths(deps.tasksDir, task.id, attempt.number);
    const { dir } = paths;
    if (isOfEarlierBoot(task, deps.bootId)) {
      try {
        work.change(task.id, endOfBoot(task, attempt, paths, work.now.wallMs));
      } catch (error) {
        if (!(error instanceof RecordsUnreadable)) throw error;
        unread.add(task.id);
      }
      return;
    }
    if (attempt.startedAt === null && claimForRecovery(dir) === 'taken') {
      work.change(task.id, { kind: 'requeue', why: 'the daemon ended before the command started' });
      return;
    }
    work.emit(task, { event: 'daemon_restarted' });
    work.change(task.id, { kind: 'thaw', cause: 'daemon_restarted', at: work.now.wallMs });
    return;
  }
  if (state.status !== 'pending') return;
  // A dependency that ended was passed on in the same transaction. One that is missing was removed by clean.
  for (const id of state.waitsFor) {
    if (work.get(id) !== undefined) continue;
    const other = deps.store.byId(id);
    const removed = { id, name: id, status: 'removed' };
    const cause = task.after?.mode === 'any' ? null : other === null ? removed : causeOf(other);
    work.change(task.id, { kind: 'dependency_ended', id, cause, at: work.now.wallMs });
  }
}

/**
 * The host was off after the last sign of life. A task that had completed by then is not repeated. Throws
 * RecordsUnreadable.
 */
function endOfBoot(task: Task, attempt: Attempt, paths: AttemptPaths, nowMs: number): Change {
  const { exit, startFailed } = readRecords(paths.dir, true);
  // Another code, or a signal, may come from the shutdown.
  const hasCompleted = exit?.code === 0 && startFailed === null && exit.at < nowMs - uptime() * 1000;
  if (hasCompleted) return { kind: 'end', exit, usage: null, at: exit.at };
  const at = lastSignOfLife(paths, attempt, nowMs);
  return task.requeue
    ? { kind: 'requeue_lost', reason: 'host_rebooted', why: 'the host was restarted', at }
    : { kind: 'lose', reason: 'host_rebooted', usage: null, at };
}

/**
 * Removes groups without a live task, which a crash leaves before the commit of a dispatch or before the cleanup. Returns
 * the names of groups that hold processes and that the database does not know.
 */
function removeOrphans(engine: Engine, { driver, store, log }: RecoverDeps): string[] {
  const groups = driver.list();
  const attempts = groups.length === 0 ? new Map<string, number>() : store.attemptCounts();
  const unknown: string[] = [];
  for (const ref of groups) {
    const name = String(ref.name);
    const owner = attemptOfGroup(name);
    if (owner !== null && engine.attempt(owner.id)?.group.ref.name === name) continue;
    try {
      const group = driver.open(ref);
      const isOver = owner !== null && owner.number <= (attempts.get(owner.id) ?? 0);
      const isPopulated = group.populated();
      if (isPopulated && isOver) group.killAll();
      const isRemoved = (isOver || !isPopulated) && group.remove();
      group.close();
      if (isPopulated && !isOver) unknown.push(name);
      else log.info({ group: ref, removed: isRemoved }, 'orphaned group removed');
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      log.warn({ group: ref, err: error }, 'orphaned group not removed');
    }
  }
  return unknown;
}
