// The API view of the events of a task that are to be delivered.
import type { TaskView } from '../../api/schemas/task.ts';
import type { TaskId } from '../../core/task.ts';
import type { Store } from '../../store/store.ts';

const iso = (ms: number) => new Date(ms).toISOString();

export function deliveryViews(deliveries: Store['deliveries'], id: TaskId): Pick<TaskView, 'deliveries'> {
  const rows = deliveries.ofTask(id);
  if (rows.length === 0) return {};
  return {
    deliveries: rows.map(({ target, seq, attempts, nextAt, error, doneAt }) => ({
      target,
      seq,
      attempts,
      next_at: doneAt === null ? iso(nextAt) : null,
      delivered_at: doneAt !== null && error === null ? iso(doneAt) : null,
      error,
    })),
  };
}
