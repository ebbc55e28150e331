// At start: reconciles the record with what is found. Each live task is adopted, finished, queued again or interrupted.
import type { Logger } from 'pino';
import { type Driver, DriverError } from '../cgroups/driver.ts';
import type { Clock } from '../core/clock.ts';
import { type GroupRef, isActive, isEnded, type Task } from '../core/task.ts';
import { claimForRecovery } from '../exec/records.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { attemptPaths } from './paths.ts';
import { Stage } from './stage.ts';

export interface RecoverDeps {
  readonly store: Store;
  readonly driver: Driver;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bootId: string;
  readonly tasksDir: string;
}

export function recover(engine: Engine, deps: RecoverDeps): void {
  const live = new Map(deps.store.liveTasks().map((task) => [task.id, task]));
  const stage = new Stage(live, deps.clock.now());
  for (const task of live.values()) recoverTask(stage, task, deps);
  deps.store.commit(stage.writes());
  const kept = new Set<string>();
  for (const task of stage.tasks()) {
    if (isEnded(task.state)) continue;
    const group = isActive(task.state) ? deps.driver.open(task.state.attempt.group) : null;
    if (group !== null) kept.add(nameOf(group.ref));
    engine.adopt(task, group && engine.newAttempt(task.id, task.attempts, group));
  }
  sweep(deps, kept);
  engine.wake();
}

function recoverTask(stage: Stage, task: Task, deps: RecoverDeps): void {
  const { state } = task;
  if (isActive(state)) {
    const { attempt } = state;
    if (attempt.bootId !== deps.bootId) {
      stage.change(task.id, { kind: 'lose', reason: 'host_rebooted', usage: null, at: stage.now.wallMs });
      return;
    }
    const { dir } = attemptPaths(deps.tasksDir, task.id, attempt.number);
    if (attempt.startedAt === null && claimForRecovery(dir)) {
      stage.change(task.id, { kind: 'requeue', why: 'the daemon ended before the command had begun' });
      return;
    }
  }
  stage.tell(task, { event: 'daemon_restarted' });
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
