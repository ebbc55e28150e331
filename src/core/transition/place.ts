// A task that waits in the queue of its engine: it is pending, and has an attempt that has not started. Pure.
import { type Attempt, type GroupRef, READY, type Task } from '../task.ts';
import type { Change, Transition } from './transition.ts';

export type PlaceChange =
  /** The attempt is handed to an engine with a queue of its own. */
  | { readonly kind: 'place'; readonly attempt: Attempt }
  /** The engine has accepted it. `group`: what it is called there. */
  | { readonly kind: 'queued'; readonly group: GroupRef };

export function place(task: Task, attempt: Attempt): Transition | null {
  const { state } = task;
  if (state.status !== 'pending' || state.placed !== undefined) return null;
  return {
    task: { ...task, attempts: attempt.number, state: { status: 'pending', ...READY, placed: attempt } },
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
  placed: Attempt,
  change: Change,
  transition: (task: Task, change: Change) => Transition | null,
): Transition | null {
  const waiting = (attempt: Attempt) => ({ status: 'pending' as const, ...READY, placed: attempt });
  if (change.kind === 'queued')
    return { task: { ...task, state: waiting({ ...placed, group: change.group }) }, event: null };
  if (!APPLY.has(change.kind)) return null;
  const result = transition({ ...task, state: { status: 'running', attempt: placed } }, change);
  if (result?.task.state.status !== 'running' || result.task.state.attempt.startedAt !== null) return result;
  return { ...result, task: { ...result.task, state: waiting(result.task.state.attempt) } };
}
