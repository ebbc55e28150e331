// Resumes a paused task. The engine thaws its group after the commit.
import type { TaskView } from '../api/schemas/task.ts';
import { notRunning, type TaskAccess } from './lookup/task-access.ts';

/** A running task keeps running. Throws BabysitError not_running for a pending task. */
export function resume(tasks: TaskAccess, ref: string): Promise<TaskView> {
  return tasks.change(ref, (work, task) => {
    if (task.state.status === 'pending') throw notRunning(task, 'resumed');
    work.change(task.id, { kind: 'resume', at: work.now.wallMs });
  });
}
