// Tasks of engines with a queue of their own: hands them over, and stages what the engine reports until they begin.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BabysitError } from '../core/errors.ts';
import { isFileError } from '../core/shortages.ts';
import { type Attempt, type GroupRef, liveAttemptOf, type Task, type TaskId } from '../core/task.ts';
import type { Engines } from '../engines/engines.ts';
import type { EngineReports, Handover, StartFailure } from '../engines/port.ts';
import { claimForRecovery, readRecords } from '../exec/records.ts';
import { afterLostStart } from './attempt/after-loss.ts';
import { writeDescription } from './attempt/description.ts';
import { type LaunchDeps, launchOf } from './attempt/launch.ts';
import { attemptPaths } from './attempt/paths.ts';
import type { Loop } from './attempts.ts';
import { unlessShort } from './reconcile.ts';
import type { UnitOfWork } from './unit-of-work.ts';

export interface PlacementsDeps extends LaunchDeps {
  readonly engines: Engines;
  /** On this host. */
  readonly tasksDir: string;
  /** See afterLostStart. */
  readonly requeueMax: number;
}

export class Placements implements EngineReports {
  readonly #deps: PlacementsDeps;
  readonly #loop: Loop;
  /** The number of the attempt that an engine has of each task. */
  readonly #handed = new Map<TaskId, number>();

  constructor(deps: PlacementsDeps, loop: Loop) {
    this.#deps = deps;
    this.#loop = loop;
  }

  /** Call after the commit of each change of a task. */
  applyChange(task: Task): void {
    const engine = this.#deps.engines.queueOf(task);
    if (engine === null) return;
    const attempt = liveAttemptOf(task.state);
    const handed = this.#handed.get(task.id);
    if (handed !== undefined && handed !== attempt?.number) {
      this.#handed.delete(task.id);
      engine.release(task.id);
    }
    if (attempt === null) return;
    if (!this.#handed.has(task.id)) {
      this.#prepare(task);
      engine.submit(this.#handOver(task, attempt));
    } else engine.adjust(task, attempt);
    if (isWithdrawn(task, attempt)) this.#withdraw(task, attempt);
  }

  /** Takes over an attempt of an earlier daemon. */
  adopt(task: Task, attempt: Attempt): void {
    if (this.#handed.get(task.id) === attempt.number) return;
    this.#deps.engines.queueOf(task)?.adopt(this.#handOver(task, attempt));
    if (isWithdrawn(task, attempt)) this.#withdraw(task, attempt);
  }

  /** Stages what the records and the engine show of an attempt that has not begun. */
  reconcile(work: UnitOfWork, id: TaskId): 'done' | 'recheck' {
    return unlessShort(() => {
      this.#applyReport(work, id);
      return 'done';
    });
  }

  #applyReport(work: UnitOfWork, id: TaskId): void {
    const task = work.get(id);
    if (task?.state.status !== 'pending' || task.state.placed === undefined) return;
    const { placed } = task.state;
    const { started } = readRecords(this.#dirOf(task, placed));
    const engine = this.#deps.engines.queueOf(task);
    if (started !== null)
      work.change(id, {
        kind: 'started',
        pid: started.main?.pid ?? null,
        group: placed.group,
        at: started.at,
      });
    else if (engine !== null) this.#failed(work, task, placed, engine.failureOf(id));
  }

  queued(id: TaskId, attempt: number, group: GroupRef): void {
    this.#loop.later(id, attempt, (work) => work.change(id, { kind: 'queued', group }));
  }

  refused(id: TaskId, attempt: number, error: BabysitError): void {
    const message = `${error.message}. ${error.hint}`;
    this.#loop.later(id, attempt, (work) => {
      const task = work.get(id);
      const placed = task === undefined ? null : liveAttemptOf(task.state);
      if (task !== undefined && placed !== null)
        this.#failed(work, task, placed, { kind: 'failed', message });
    });
  }

  adjustRefused(id: TaskId, attempt: number, { message, hint }: BabysitError): void {
    this.#loop.later(id, attempt, (work) => {
      const task = work.get(id);
      if (task === undefined) return;
      const again = `${hint} Until another adjust the job may keep the limits that it had.`;
      work.emit(task, { event: 'adjust_refused', why: message, hint: again });
    });
  }

  changed(id: TaskId): void {
    this.#loop.enqueueReconcile(id);
  }

  /** The claim decides whether its command can still begin. */
  #failed(work: UnitOfWork, task: Task, placed: Attempt, failure: StartFailure | null): void {
    if (failure === null) return;
    const dir = this.#dirOf(task, placed);
    const claim = claimForRecovery(dir);
    if (claim === 'unknown') return;
    const { id } = task;
    const at = work.now.wallMs;
    const records = readRecords(dir, true);
    if (claim === 'begun' && records.started !== null) this.changed(id);
    else if (claim === 'begun' || failure.kind === 'failed') {
      const reported = failure.kind === 'failed' ? failure.message : 'its job ended before the command began';
      work.change(id, { kind: 'could_not_start', message: records.startFailed ?? reported, at });
    } else if (failure.kind === 'requeue') work.change(id, { kind: 'requeue', why: failure.why });
    else if (failure.kind === 'lost')
      work.change(id, afterLostStart(task, failure, this.#deps.requeueMax, at));
    else {
      work.requestKill(id, { reason: 'manual', detail: failure.detail, signal: 'SIGTERM' });
      work.change(id, { kind: 'could_not_start', message: '', at });
    }
  }

  /** A kill before the start, or a failed dependency. The holder of the claim decides whether the command begins. */
  #withdraw(task: Task, placed: Attempt): void {
    const { id } = task;
    this.#takeBack(task, placed, (work) =>
      work.change(id, { kind: 'could_not_start', message: '', at: work.now.wallMs }),
    );
  }

  /** Takes it back from the queue of its engine, unless its command has begun. */
  recall(task: Task, placed: Attempt, why: string): void {
    this.#takeBack(task, placed, (work) => work.change(task.id, { kind: 'requeue', why }));
  }

  #takeBack(task: Task, placed: Attempt, apply: (work: UnitOfWork) => void): void {
    if (claimForRecovery(this.#dirOf(task, placed)) === 'taken')
      this.#loop.later(task.id, placed.number, apply);
    else this.changed(task.id);
  }

  #dirOf(task: Task, { number }: Attempt): string {
    return attemptPaths(this.#deps.engines.tasksDirOf(task), task.id, number).dir;
  }

  #handOver(task: Task, attempt: Attempt): Handover {
    this.#handed.set(task.id, attempt.number);
    const { engines } = this.#deps;
    const paths = attemptPaths(engines.tasksDirOf(task), task.id, attempt.number);
    const describe = () => {
      const { state } = task;
      // So that a daemon on a restored backup recognizes the attempt as one that has begun.
      if (state.status === 'pending')
        writeDescription(paths.description, { ...task, state: { status: 'running', attempt } });
      return launchOf(this.#deps, task, attempt, paths, null);
    };
    return { task, attempt, describe };
  }

  /** Logs and records are read through the directory of this host. Throws nothing: a start without them fails. */
  #prepare(task: Task): void {
    const { engines, tasksDir } = this.#deps;
    const [here, there] = [join(tasksDir, task.id), join(engines.tasksDirOf(task), task.id)];
    try {
      mkdirSync(join(there, 'checkpoint'), { recursive: true, mode: 0o700 });
      if (here !== there) symlinkSync(there, here);
    } catch (error) {
      if (!isFileError(error) && (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function isWithdrawn({ state }: Task, { kill }: Attempt): boolean {
  return state.status === 'pending' && (kill !== null || state.blame !== undefined);
}
