// Kills a live task: stages the request; the engine then advances the kill ladder.
import type { KillRequest } from '../../api/schemas/change/kill.ts';
import type { TaskView } from '../../api/schemas/task.ts';
import { BabysitError } from '../../core/errors.ts';
import { userName } from '../../systemd/user-name.ts';
import type { TaskAccess } from '../lookup/task-access.ts';

/** Throws what `TaskAccess.change` throws, and operator_only for the task of another agent. */
export function kill(
  tasks: TaskAccess,
  ref: string,
  { signal, owner, session }: KillRequest,
  caller: string | null,
  mayKillOthers: boolean,
): Promise<TaskView> {
  const first = signal ?? 'SIGTERM';
  const by = owner ?? caller;
  const detail = by === null ? { signal: first } : { signal: first, killed_by: by };
  const request = { reason: 'manual', detail, signal: first } as const;
  return tasks.change(ref, (work, task) => {
    if (session !== null && task.owner !== null && task.owner !== session && !mayKillOthers)
      throw new BabysitError(
        'operator_only',
        `"${task.name}" belongs to ${task.owner}, and this is the session of an agent`,
        {
          setting: 'agents.may_kill_others',
          hint: 'Ask the user. Outside of the session, babysit config set agents.may_kill_others true allows it.',
        },
      );
    const isOthers = task.owner === null ? owner !== null && owner !== task.project : owner !== task.owner;
    if (isOthers)
      work.noteLever({ lever: 'kill_others', of: task.name, by: session ?? caller ?? userName() });
    work.requestKill(task.id, { ...request, isUrgent: signal !== null });
  });
}
