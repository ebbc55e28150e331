// The operations that the verbs share: find a task, commit a change, build a view.
import type { TaskView } from '../../api/schemas/task.ts';
import type { Clock } from '../../core/clock.ts';
import { BabysitError } from '../../core/errors.ts';
import { isActive, isEnded, type Task, type TaskId } from '../../core/task.ts';
import { type EndedEvent, pastEnd } from '../../core/transition/past-end.ts';
import { attemptPaths } from '../../engine/attempt/paths.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Profiles } from '../../engine/profiles/profiles.ts';
import type { UnitOfWork } from '../../engine/unit-of-work.ts';
import { largestNeed } from '../../scheduler/admission.ts';
import type { Plan } from '../../scheduler/plan.ts';
import type { Store } from '../../store/store.ts';
import { capacitiesOf } from '../submission/capacity-of.ts';
import { pastEndView } from '../views/past-end-view.ts';
import { type RowContext, taskRow } from '../views/task-row.ts';
import { taskView } from '../views/task-view.ts';
import { waitingView } from '../views/waiting-view.ts';
import { resolveRef } from './resolve.ts';

export interface TaskAccessDeps {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
  readonly tasksDir: string;
  readonly profiles: Pick<Profiles, 'capacity' | 'largest'>;
}

export interface TaskAccess {
  /** By name, id or unique id prefix, live or ended; in `project` first. Throws BabysitError not_found or ambiguous. */
  find(ref: string, project?: string | null): Task;
  /** Throws BabysitError not_found. */
  byId(id: TaskId): Task;
  /** `plan`: for the predicted start of a pending task; null: leave it out. */
  view(task: Task, plan: Plan | null): TaskView;
  /** With the predicted start of a pending task. */
  planned(task: Task): Promise<TaskView>;
  /** Refers to the task in a command: its name, or its id when a newer task has the name. */
  ref(task: Task): string;
  /** The fields that lists show. */
  row(task: Task, plan: Plan): ReturnType<typeof taskRow>;
  /** The task as it was at this end, also when it was retried since. */
  viewAtEnd(event: EndedEvent): TaskView;
  /** Runs `apply` in the next round; resolves with its result after the commit. */
  commit<T>(apply: (work: UnitOfWork) => T): Promise<T>;
  /** Changes the live task that `ref` names. Throws BabysitError already_ended, or what `find` and `apply` throw. */
  change(ref: string, apply: (work: UnitOfWork, task: Task) => void): Promise<TaskView>;
}

export function createTaskAccess({ engine, store, clock, tasksDir, profiles }: TaskAccessDeps): TaskAccess {
  // A live task referenced by id needs no query.
  const find: TaskAccess['find'] = (ref, project = null) =>
    engine.live.get(ref as TaskId) ?? resolveRef(store, ref, project);
  const byId = (id: TaskId): Task => {
    const task = engine.live.get(id) ?? store.byId(id);
    if (task === null) throw new BabysitError('not_found', `no task has the id ${id}`);
    return task;
  };
  const refTo = ({ id, name }: Pick<Task, 'id' | 'name'>, project: string): string =>
    store.byName(project, name)?.id === id ? name : id;
  const ref: TaskAccess['ref'] = (task) => refTo(task, task.project);
  const rowContext = (task: Task, plan: Plan | null): RowContext => {
    const attempt = isActive(task.state) ? engine.attempt(task.id) : undefined;
    const named = namedInHint(task);
    const { wallMs, monoMs } = clock.now();
    return {
      nowMs: wallMs,
      live: attempt?.figures() ?? null,
      progress: attempt?.progress.progress(monoMs) ?? null,
      waiting: plan === null ? null : waitingView(task, engine, wallMs, plan),
      most: largestNeed(capacitiesOf(task, profiles).largest, task.limits),
      ref: named === null ? task.name : refTo(named, task.project),
    };
  };
  const row: TaskAccess['row'] = (task, plan) => taskRow(task, rowContext(task, plan));
  const view: TaskAccess['view'] = (task, plan) =>
    taskView(task, {
      ...rowContext(task, plan),
      waiters: engine.eventBus.count(task.id),
      children: engine.live.children(task).map(({ name }) => name),
      logPath: task.attempts === 0 ? null : attemptPaths(tasksDir, task.id, task.attempts).log,
    });
  const planned: TaskAccess['planned'] = async (task) => {
    if (task.state.status !== 'pending') return view(task, null);
    const plan = await engine.plan();
    return view(engine.live.get(task.id) ?? store.byId(task.id) ?? task, plan);
  };
  const viewAtEnd: TaskAccess['viewAtEnd'] = (event) => {
    const task = byId(event.taskId);
    const past = pastEnd(task, event);
    if (past === null) return view(task, null);
    const logPath = past.startedAt === null ? null : attemptPaths(tasksDir, task.id, past.number).log;
    return pastEndView(view(task, null), past, logPath);
  };
  const commit = <T>(apply: (work: UnitOfWork) => T): Promise<T> =>
    new Promise((resolve, reject) => {
      let value: T;
      engine.request({
        apply: (work) => {
          value = apply(work);
        },
        resolve: () => resolve(value),
        reject,
      });
    });
  const change: TaskAccess['change'] = async (ref, apply) => {
    const { id, name } = find(ref);
    await commit((work) => {
      const task = work.get(id) ?? byId(id);
      if (isEnded(task.state))
        throw new BabysitError('already_ended', `"${name}" is ${task.state.status}`, {
          name,
          task_status: task.state.status,
        });
      apply(work, task);
    });
    return planned(byId(id));
  };
  return { find, byId, ref, view, planned, row, viewAtEnd, commit, change };
}

/** The task that the command in the hint of this end is for; null when the hint has none. */
function namedInHint(task: Task): Pick<Task, 'id' | 'name'> | null {
  const { state } = task;
  if (state.status === 'failed') return state.cause ?? null;
  return state.status === 'killed' || state.status === 'interrupted' ? task : null;
}

export function notRunning(task: Task, what: string, hint?: string): BabysitError {
  return new BabysitError('not_running', `"${task.name}" is ${task.state.status} and cannot be ${what}`, {
    name: task.name,
    task_status: task.state.status,
    ...(hint === undefined ? {} : { hint }),
  });
}
