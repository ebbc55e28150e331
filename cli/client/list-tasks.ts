// Reads a list of tasks page by page, the newest page first, and folds batches on the way.
import type { TaskView } from '../../src/api/schemas/task.ts';
import { PAGE_TASKS } from '../../src/core/task.ts';
import { foldBatches, foldPending, type Row } from '../output/fold.ts';
import { call, type Session } from './session.ts';

export interface Listing<R> {
  /** The newest rows, oldest first. */
  readonly rows: readonly R[];
  /** Older rows come before the task with this id; null: none are left. */
  readonly next: string | null;
}

export function listTasks(
  session: Session,
  query: URLSearchParams,
  limit: number,
): Promise<Listing<TaskView>> {
  return readPages(session, query, limit, (rows) => rows);
}

/**
 * Counts a fold as one row, so a batch of any size is one row with the number of its tasks. A caller that asks for statuses gets
 * each ended task.
 */
export function listFolded(session: Session, query: URLSearchParams, limit: number): Promise<Listing<Row>> {
  return readPages<Row>(session, query, limit, query.has('status') ? foldPending : foldBatches);
}

async function readPages<R>(
  session: Session,
  query: URLSearchParams,
  limit: number,
  fold: (rows: readonly (R | TaskView)[]) => readonly R[],
): Promise<Listing<R>> {
  const page = new URLSearchParams(query);
  for (let rows: readonly R[] = []; ; ) {
    page.set('limit', String(Math.min(PAGE_TASKS, limit - rows.length)));
    const { tasks, next } = await call<{ tasks: TaskView[]; next: string | null }>(
      session,
      'GET',
      `/v1/tasks?${page}`,
    );
    rows = fold([...tasks, ...rows]);
    if (next === null || rows.length >= limit) return { rows, next };
    page.set('before', next);
  }
}
