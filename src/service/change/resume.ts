// Resumes a paused task. The engine thaws its group after the commit.
import type { TaskView } from '../../api/schemas/task.ts';
import { isActive, type Task } from '../../core/task.ts';
import { notRunning, type TaskAccess } from '../lookup/task-access.ts';

/** A running task keeps running, and a held one stays held: the note says so. Throws not_running for a pending task. */
export async function resume(tasks: TaskAccess, ref: string, by: string | null): Promise<TaskView> {
  let note: string | undefined;
  const view = await tasks.change(ref, (work, task) => {
    if (task.state.status === 'pending') throw notRunning(task, 'resumed');
    const change = { kind: 'resume', at: work.now.wallMs, by: by ?? undefined } as const;
    if (!work.change(task.id, change)) note = whyNot(task);
  });
  return note === undefined ? view : { ...view, note };
}

function whyNot({ name, state }: Task): string {
  if (!isActive(state) || state.attempt.heldAt === null) return `${name} is not paused`;
  return `${name} stays held: the host is short of memory, and it thaws when there is room. To let it run now, raise its estimate: babysit adjust ${name} --estimated_mem_bytes=SIZE --force`;
}
