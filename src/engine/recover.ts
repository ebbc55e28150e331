// At start: reconciles the database with the host. Each live task is adopted, ended, requeued or interrupted.
import { uptime } from 'node:os';
import type { Logger } from 'pino';
import { type Driver, DriverError } from '../cgroups/port.ts';
import type { Clock } from '../core/clock.ts';
import { BabysitError } from '../core/errors.ts';
import { type Attempt, isActive, type Task } from '../core/task.ts';
import { type Change, causeOf } from '../core/transition.ts';
import { claimForRecovery, type Records, RecordsUnreadable, readRecords } from '../exec/records.ts';
import type { Store } from '../store/store.ts';
import { lastSignOfLife } from './attempt/last-sign.ts';
import { type AttemptPaths, attemptPaths } from './attempt/paths.ts';
import type { Engine } from './engine.ts';
import { UnitOfWork } from './unit-of-work.ts';

export interface RecoverDeps {
  readonly store: Store;
  readonly driver: Driver;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bootId: string;
  readonly tasksDir: string;
}

export function recover(engine: Engine, deps: RecoverDeps): void {
  const { store, clock } = deps;
  const now = clock.now();
  for (const lease of store.leases()) engine.leases.put(lease, now);
  const found = store.liveTasks();
  for (const task of found) engine.live.put(task.id, task, now.wallMs);
  const reconcile = (work: UnitOfWork) => {
    for (const task of found) {
      // On a retry the task may have changed, and its attempt may belong to this daemon.
      if (isActive(task.state) && work.get(task.id) !== task) continue;
      recoverTask(work, task, deps);
    }
  };
  const work = new UnitOfWork(engine.live, engine.leases, now);
  reconcile(work);
  try {
    store.commit(work.writes());
  } catch (error) {
    deps.log.error({ err: error }, 'commit failed, tasks adopted unchanged');
    work.rollback();
    retryReconcile(engine, reconcile);
  }
  const kept = new Set<string>();
  for (const task of engine.live.active()) {
    if (!isActive(task.state)) continue;
    const group = deps.driver.open(task.state.attempt.group);
    kept.add(String(group.ref.name));
    engine.adopt(task, group);
  }
  removeOrphans(deps, kept);
  engine.wake();
}

const RETRY_MS = 1000;

/** A full disk must not keep tasks from being watched: the findings are committed when there is space again. */
function retryReconcile(engine: Engine, apply: (work: UnitOfWork) => void): void {
  const retry = () => engine.request({ apply, resolve() {}, reject: later });
  const later = (error: unknown) => {
    if (!(error instanceof BabysitError && error.code === 'daemon_stopping'))
      setTimeout(retry, RETRY_MS).unref();
  };
  later(null);
}

function recoverTask(work: UnitOfWork, task: Task, deps: RecoverDeps): void {
  const { state } = task;
  if (isActive(state)) {
    const { attempt } = state;
    const paths = attemptPaths(deps.tasksDir, task.id, attempt.number);
    const { dir } = paths;
    if (attempt.bootId !== deps.bootId) {
      work.change(task.id, endOfBoot(task, attempt, paths, work.now.wallMs));
      return;
    }
    if (attempt.startedAt === null && claimForRecovery(dir) === 'taken') {
      work.change(task.id, { kind: 'requeue', why: 'the daemon ended before the command started' });
      return;
    }
    work.emit(task, { event: 'daemon_restarted' });
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

/** The host was off after the last sign of life. A task that had completed by then is not repeated. */
function endOfBoot(task: Task, attempt: Attempt, paths: AttemptPaths, nowMs: number): Change {
  const { exit, startFailed } = recordsOrNone(paths.dir);
  // Another code, or a signal, may come from the shutdown.
  const hasCompleted = exit?.code === 0 && startFailed == null && exit.at < nowMs - uptime() * 1000;
  if (hasCompleted) return { kind: 'end', exit, usage: null, at: exit.at };
  const at = lastSignOfLife(paths, attempt, nowMs);
  return task.requeue
    ? { kind: 'requeue_lost', why: 'the host was restarted', at }
    : { kind: 'lose', reason: 'host_rebooted', usage: null, at };
}

function recordsOrNone(dir: string): Partial<Records> {
  try {
    return readRecords(dir, true);
  } catch (error) {
    if (error instanceof RecordsUnreadable) return {};
    throw error;
  }
}

/** Removes groups without a live task, which a crash leaves before the commit of a dispatch or before the cleanup. */
function removeOrphans({ driver, log }: RecoverDeps, kept: ReadonlySet<string>): void {
  for (const ref of driver.list()) {
    if (kept.has(String(ref.name))) continue;
    try {
      const group = driver.open(ref);
      if (group.populated()) group.killAll();
      const isRemoved = group.remove();
      group.close();
      log.info({ group: ref, removed: isRemoved }, 'orphaned group removed');
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      log.warn({ group: ref, err: error }, 'orphaned group not removed');
    }
  }
}
