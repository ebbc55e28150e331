// Reads the ids of tasks that match a filter in pages, newest first. The daemon serves other requests between two pages.
import { setImmediate } from 'node:timers/promises';
import type { TaskId } from '../../core/task.ts';
import type { Store } from '../../store/store.ts';
import type { TaskFilter } from '../../store/task-filter.ts';

/** A page and the work on it take the daemon some milliseconds. */
const PAGE = 200;

export async function* idPages(
  store: Pick<Store, 'idsBefore'>,
  filter: TaskFilter,
  before: string | null = null,
): AsyncGenerator<readonly TaskId[]> {
  for (let bound = before; ; await setImmediate()) {
    const { ids, next } = store.idsBefore(filter, bound, PAGE);
    yield ids;
    if (next === null) return;
    bound = next;
  }
}
