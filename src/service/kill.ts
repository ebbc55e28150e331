// Kills a live task: stages the request; the engine then advances the kill ladder.
import type { TaskView } from '../api/schemas/task.ts';
import type { TaskAccess } from './task-access.ts';

/** `signal` is sent first; SIGKILL skips the grace time. Throws what `TaskAccess.change` throws. */
export function kill(tasks: TaskAccess, ref: string, signal: NodeJS.Signals): Promise<TaskView> {
  return tasks.change(ref, (work, task) =>
    work.requestKill(task.id, { reason: 'manual', detail: { signal }, signal }),
  );
}
