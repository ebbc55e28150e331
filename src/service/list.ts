// Lists the tasks that match a query: the newest of them, oldest first. Each step costs the daemon some milliseconds.
import type { ListQuery, TaskPage, TaskView } from '../api/schemas/task.ts';
import type { TaskId } from '../core/task.ts';
import type { Plan } from '../scheduler/plan.ts';
import type { TaskFilter } from '../store/task-filter.ts';
import { idPages } from './lookup/pages.ts';
import type { TaskAccess, TaskAccessDeps } from './lookup/task-access.ts';

type Deps = Pick<TaskAccessDeps, 'engine' | 'store'>;

export async function list(
  deps: Deps,
  tasks: TaskAccess,
  query: ListQuery,
  nowMs: number,
): Promise<TaskPage> {
  const { project, owner, tag, statuses, sinceMs } = query;
  const filter = {
    ...(project === null ? {} : { project }),
    ...(owner === null ? {} : { owner }),
    ...(statuses === null ? {} : { statuses }),
    ...(tag === null ? {} : { tag }),
    ...(sinceMs === null ? {} : { endedSince: nowMs - sinceMs }),
  };
  // One more than the limit shows whether a page follows.
  const ids = await newestIds(deps, filter, query.before, query.limit + 1);
  const page = ids.slice(0, query.limit);
  const next = ids.length > page.length ? (page.at(-1) ?? null) : null;
  // One plan for the whole list, because a change while it is sent would cost another one for each piece.
  const plan = statuses === null || statuses.includes('pending') ? await deps.engine.plan() : null;
  return { tasks: views(deps, tasks, page.toReversed(), query, plan), next };
}

async function newestIds(
  { store }: Deps,
  filter: TaskFilter,
  before: string | null,
  limit: number,
): Promise<TaskId[]> {
  const found: TaskId[] = [];
  for await (const ids of idPages(store, filter, before)) {
    found.push(...ids);
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

/** Views are built when they are sent. Leaves out what was removed or got another status since the selection. */
function* views(
  { engine, store }: Deps,
  tasks: TaskAccess,
  ids: readonly TaskId[],
  { statuses }: ListQuery,
  plan: Plan | null,
): Generator<TaskView> {
  for (const id of ids) {
    const task = engine.live.get(id) ?? store.byId(id);
    if (task === null || (statuses !== null && !statuses.includes(task.state.status))) continue;
    yield tasks.view(task, plan);
  }
}
