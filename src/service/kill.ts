// Kills a live task: stages the request; the engine then advances the kill ladder.
import type { KillRequest, TaskView } from '../api/schemas/task.ts';
import type { TaskAccess } from './lookup/task-access.ts';

/** Throws what `TaskAccess.change` throws. */
export function kill(tasks: TaskAccess, ref: string, { signal, by }: KillRequest): Promise<TaskView> {
  const first = signal ?? 'SIGTERM';
  const detail = by === null ? { signal: first } : { signal: first, killed_by: by };
  const request = { reason: 'manual', detail, signal: first } as const;
  return tasks.change(ref, (work, task) =>
    work.requestKill(task.id, { ...request, isUrgent: signal !== null }),
  );
}
