// Ends a live task: records the intent; the engine then takes the steps of the kill ladder.
import type { TaskView } from '../api/schemas/task.ts';
import type { KillIntent } from '../core/task.ts';
import type { TaskAccess } from './task-access.ts';

/** `signal`: of the first step; SIGKILL skips the grace. Throws what `TaskAccess.change` throws. */
export function kill(tasks: TaskAccess, ref: string, signal: NodeJS.Signals): Promise<TaskView> {
  return tasks.change(ref, (work, task) => {
    const at = work.now.wallMs;
    const intent: KillIntent = { reason: 'manual', at, detail: { signal }, signal, killedAt: null };
    work.change(task.id, { kind: 'request_kill', intent });
  });
}
