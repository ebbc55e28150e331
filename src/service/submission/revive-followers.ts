// Lets the tasks that failed because a task ended wait for it again, when it is retried.
import { isEnded, type Task, type TaskId } from '../../core/task.ts';
import type { UnitOfWork } from '../../engine/unit-of-work.ts';
import type { Store } from '../../store/store.ts';

/** Call after the retry is staged. Leaves out tasks whose name is in use, or whose other dependency failed. */
export function reviveFollowers(store: Store, work: UnitOfWork, task: Task, endedAt: number): void {
  // A list instead of recursion: a chain may have 10 000 tasks.
  const revived = [task];
  for (const { id, name } of revived)
    for (const stored of store.failedFollowers(id, endedAt)) {
      const follower = work.get(stored.id) ?? stored;
      const waitsFor = openDependencies(store, work, follower);
      if (waitsFor === null || work.byName(follower.project, follower.name) !== undefined) continue;
      const why = `its dependency "${name}" is retried`;
      if (work.change(follower.id, { kind: 'revive', waitsFor, why }, follower)) revived.push(follower);
    }
}

/** The dependencies that have not completed; null when one of them never will. */
function openDependencies(store: Store, work: UnitOfWork, { after }: Task): TaskId[] | null {
  const open: TaskId[] = [];
  for (const { id } of after?.tasks ?? []) {
    const state = (work.get(id) ?? store.byId(id))?.state;
    if (state?.status === 'completed') continue;
    if (state === undefined || isEnded(state)) return null;
    open.push(id);
  }
  return open;
}
