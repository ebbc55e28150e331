// Pauses and resumes a running task. The engine freezes or thaws its group after the commit.
import type { TaskView } from '../api/schemas/task.ts';
import { notRunning, type TaskAccess } from './task-access.ts';

/** Throws BabysitError not_running for a pending task. */
export function pause(tasks: TaskAccess, ref: string): Promise<TaskView> {
  return tasks.change(ref, (work, task) => {
    if (task.state.status === 'pending') throw notRunning(task, 'paused');
    work.change(task.id, { kind: 'pause', at: work.now.wallMs });
  });
}

/** Throws BabysitError not_running for a pending task. */
export function resume(tasks: TaskAccess, ref: string): Promise<TaskView> {
  return tasks.change(ref, (work, task) => {
    if (task.state.status === 'pending') throw notRunning(task, 'resumed');
    work.change(task.id, { kind: 'resume', at: work.now.wallMs });
  });
}
