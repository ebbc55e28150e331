// At start: reconciles the record with what is found. Each live task is adopted, finished, queued again or interrupted.
import type { Logger } from 'pino';
import { type Driver, DriverError } from '../cgroups/port.ts';
import type { Clock } from '../core/clock.ts';
import { BabysitError } from '../core/errors.ts';
import { type GroupRef, isActive, type Task } from '../core/task.ts';
import { type Change, causeOf } from '../core/transition.ts';
import { claimForRecovery } from '../exec/records.ts';
import type { Store } from '../store/store.ts';
import { attemptPaths } from './attempt/paths.ts';
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
  for (const lease of store.leases()) engine.adoptLease(lease);
  const found = store.liveTasks();
  for (const task of found) engine.live.put(task.id, task, now.wallMs);
  const reconcile = (work: UnitOfWork) => {
    for (const task of found) {
      // Asked again, it may have moved on: an attempt of this daemon is none that an earlier one has left.
      if (isActive(task.state) && work.get(task.id) !== task) continue;
      recoverTask(work, task, deps);
    }
  };
  const work = new UnitOfWork(engine.live, engine.leases, now);
  reconcile(work);
  try {
    store.commit(work.writes());
  } catch (error) {
    deps.log.error({ err: error }, 'the record cannot be written; tasks are adopted as they were');
    work.rollback();
    askAgain(engine, reconcile);
  }
  const kept = new Set<string>();
  for (const task of engine.live.active()) {
    if (!isActive(task.state)) continue;
    const group = deps.driver.open(task.state.attempt.group);
    kept.add(nameOf(group.ref));
    engine.adopt(task, engine.newAttempt(task.id, task.attempts, group));
  }
  sweep(deps, kept);
  engine.wake();
}

const ASK_AGAIN_MS = 1000;

/** A full disk must not keep tasks from being watched: what was found enters the record when there is room again. */
function askAgain(engine: Engine, apply: (work: UnitOfWork) => void): void {
  const ask = () => engine.request({ apply, resolve() {}, reject: later });
  const later = (error: unknown) => {
    if (!(error instanceof BabysitError && error.code === 'daemon_stopping'))
      setTimeout(ask, ASK_AGAIN_MS).unref();
  };
  later(null);
}

function recoverTask(work: UnitOfWork, task: Task, deps: RecoverDeps): void {
  const { state } = task;
  if (isActive(state)) {
    const { attempt } = state;
    if (attempt.bootId !== deps.bootId) {
      const change: Change = task.requeue
        ? { kind: 'requeue_lost', why: 'the host was restarted', at: work.now.wallMs }
        : { kind: 'lose', reason: 'host_rebooted', usage: null, at: work.now.wallMs };
      work.change(task.id, change);
      return;
    }
    const { dir } = attemptPaths(deps.tasksDir, task.id, attempt.number);
    if (attempt.startedAt === null && claimForRecovery(dir) === 'taken') {
      work.change(task.id, { kind: 'requeue', why: 'the daemon ended before the command had begun' });
      return;
    }
    work.tell(task, { event: 'daemon_restarted' });
    return;
  }
  if (state.status !== 'pending') return;
  // Those that ended are told about in the same transaction; one that was removed since is gone for good.
  for (const id of state.waitsFor) {
    if (work.get(id) !== undefined) continue;
    const other = deps.store.byId(id);
    const gone = { id, name: id, status: 'removed' };
    const blame = task.after?.mode === 'any' ? null : other === null ? gone : causeOf(other);
    work.change(task.id, { kind: 'dependency_ended', id, cause: blame, at: work.now.wallMs });
  }
}

/** Groups without a live task: left by a crash between making the group and recording it, or by a task that has ended. */
function sweep({ driver, log }: RecoverDeps, kept: ReadonlySet<string>): void {
  for (const ref of driver.list()) {
    if (kept.has(nameOf(ref))) continue;
    try {
      const group = driver.open(ref);
      if (group.populated()) group.killAll();
      const isRemoved = group.remove();
      group.close();
      log.info({ group: ref, removed: isRemoved }, 'swept a group without a task');
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      log.warn({ group: ref, err: error }, 'sweep failed');
    }
  }
}

function nameOf(ref: GroupRef): string {
  return String(ref.name);
}
