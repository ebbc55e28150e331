// Kills a live task: stages the request; the engine then advances the kill ladder.
import type { TaskView } from '../api/schemas/task.ts';
import type { TaskAccess } from './task-access.ts';

/**
 * `signal` is sent first and at once; SIGKILL skips the grace time. Null: the first step of the kill ladder. Throws what
 * `TaskAccess.change` throws.
 */
export function kill(tasks: TaskAccess, ref: string, signal: NodeJS.Signals | null): Promise<TaskView> {
  const first = signal ?? 'SIGTERM';
  const request = { reason: 'manual', detail: { signal: first }, signal: first } as const;
  return tasks.change(ref, (work, task) =>
    work.requestKill(task.id, { ...request, isUrgent: signal !== null }),
  );
}
