// Pauses a running task. The engine freezes its group after the commit.
import type { TaskView } from '../../api/schemas/task.ts';
import { notRunning, type TaskAccess } from '../lookup/task-access.ts';

/** A paused task stays paused. Throws BabysitError not_running for a pending task. */
export function pause(tasks: TaskAccess, ref: string, by: string | null): Promise<TaskView> {
  return tasks.change(ref, (work, task) => {
    if (task.state.status === 'pending') throw notRunning(task, 'paused');
    work.change(task.id, { kind: 'pause', at: work.now.wallMs, by: by ?? undefined });
  });
}
