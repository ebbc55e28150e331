// Lists the tasks that match a query, oldest first.
import type { ListQuery, TaskView } from '../api/schemas/task.ts';
import type { Store } from '../store/store.ts';
import type { TaskAccess } from './task-access.ts';

export function list(
  store: Store,
  tasks: TaskAccess,
  { project, owner, tag, statuses, sinceMs }: ListQuery,
  nowMs: number,
): TaskView[] {
  return store
    .list({
      ...(project === null ? {} : { project }),
      ...(owner === null ? {} : { owner }),
      ...(statuses === null ? {} : { statuses }),
      ...(tag === null ? {} : { tag }),
      ...(sinceMs === null ? {} : { endedSince: nowMs - sinceMs }),
    })
    .map((task) => tasks.view(task));
}
