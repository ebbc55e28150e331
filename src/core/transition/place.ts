// A task that waits in the queue of its engine: it is pending, and has an attempt that has not started. Pure.
import type { Attempt, GroupRef, Task, TaskState } from '../task.ts';
import { failedBy } from './end-state.ts';
import type { Change, Transition } from './transition.ts';

export type PlaceChange =
  /** The attempt is handed to an engine with a queue of its own. */
  | { readonly kind: 'place'; readonly attempt: Attempt }
  /** The engine has accepted it. `group`: what it is called there. */
  | { readonly kind: 'queued'; readonly group: GroupRef };

/** It may still wait for other tasks: then its engine keeps it waiting, too. */
export function place(task: Task, attempt: Attempt): Transition | null {
  const { state } = task;
  if (state.status !== 'pending' || state.placed !== undefined) return null;
  const { waitsFor } = state;
  return {
    task: {
      ...task,
      attempts: attempt.number,
      state: { status: 'pending', waitsFor, notBefore: null, placed: attempt },
    },
    event: null,
  };
}

/** Changes of an attempt before its start. It stays pending until `started`. */
const APPLY: ReadonlySet<Change['kind']> = new Set<Change['kind']>([
  'started',
  'could_not_start',
  'requeue',
  'request_kill',
  'adjust',
]);

/** `transition`: decides the change as that of a running attempt that has not started its command. */
export function whilePlaced(
  task: Task,
  state: Extract<TaskState, { status: 'pending' }>,
  placed: Attempt,
  change: Change,
  transition: (task: Task, change: Change) => Transition | null,
): Transition | null {
  const waiting = (attempt: Attempt): TaskState => ({ ...state, placed: attempt });
  if (change.kind === 'queued')
    return { task: { ...task, state: waiting({ ...placed, group: change.group }) }, event: null };
  if (change.kind === 'dependency_ended') return dependencyEnded(task, state, change);
  if (!APPLY.has(change.kind)) return null;
  const isOver = change.kind === 'could_not_start' || change.kind === 'requeue';
  if (isOver && state.blame !== undefined && placed.kill === null)
    return failedBy(task, state.blame.cause, state.blame.at);
  const result = transition({ ...task, state: { status: 'running', attempt: placed } }, change);
  const after = result?.task.state;
  if (result === null || after === undefined) return null;
  if (after.status === 'pending')
    return { ...result, task: { ...result.task, state: { ...after, waitsFor: state.waitsFor } } };
  if (after.status !== 'running' || after.attempt.startedAt !== null) return result;
  return { ...result, task: { ...result.task, state: waiting(after.attempt) } };
}

/** Its command may be about to begin: the claim decides whether it is withdrawn. */
function dependencyEnded(
  task: Task,
  state: Extract<TaskState, { status: 'pending' }>,
  { id, cause, at }: Extract<Change, { kind: 'dependency_ended' }>,
): Transition | null {
  if (!state.waitsFor.includes(id)) return null;
  const waitsFor = state.waitsFor.filter((other) => other !== id);
  const blame = state.blame ?? (cause === null ? undefined : { cause, at });
  return {
    task: { ...task, state: { ...state, waitsFor, ...(blame === undefined ? {} : { blame }) } },
    event: null,
  };
}
