// Reads what an attempt has left behind and stages what follows from it. Repeating it does no harm.
import { isActive } from '../core/task.ts';
import type { LiveAttempt } from './attempt.ts';
import type { Stage } from './stage.ts';

/** `look_again`: the main process has ended, others of its tree live on, and not every kernel tells when they go. */
export function examine(stage: Stage, live: LiveAttempt): 'done' | 'look_again' {
  const { id } = live;
  const task = stage.get(id);
  if (task === undefined || !live.isObserved || !isActive(task.state)) return 'done';
  const isSupervisorGone = live.isSupervisorGone();
  const records = live.records();
  if (records.started !== null)
    stage.change(id, {
      kind: 'started',
      pid: records.started.main?.pid ?? null,
      group: live.group.ref,
      at: records.started.at,
    });
  if (!records.closed && !isSupervisorGone) return 'done';
  if (live.group.populated()) {
    live.hasLeftovers = true;
    return 'look_again';
  }
  const at = stage.now.wallMs;
  if (records.startFailed !== null)
    stage.change(id, { kind: 'could_not_start', message: records.startFailed, at });
  else if (records.exit === null)
    stage.change(id, { kind: 'lose', reason: 'supervisor_lost', usage: live.finalUsage(), at });
  else {
    const endedAt = live.hasLeftovers ? at : records.exit.at;
    stage.change(id, { kind: 'end', exit: records.exit, usage: live.finalUsage(), at: endedAt });
  }
  return 'done';
}
