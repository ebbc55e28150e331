// Starts another attempt of an ended task with the same request.
import type { TaskView } from '../api/schemas/task.ts';
import { BabysitError } from '../core/errors.ts';
import { isEnded } from '../core/task.ts';
import { notRunning, type TaskAccess } from './task-access.ts';

/** Throws BabysitError not_running for a live task, and name_taken if a live task has its name. */
export async function retry(tasks: TaskAccess, ref: string): Promise<TaskView> {
  const found = tasks.find(ref);
  await tasks.commit((work) => {
    const task = work.get(found.id) ?? found;
    if (!isEnded(task.state)) throw notRunning(task, 'retried before it ends');
    const holder = work.byName(task.project, task.name);
    if (holder !== undefined && holder.id !== task.id)
      throw new BabysitError('name_taken', `a live task of its project has the name "${task.name}"`, {
        name: task.name,
      });
    work.change(task.id, { kind: 'retry' }, task);
  });
  return tasks.view(tasks.byId(found.id));
}
