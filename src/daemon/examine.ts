// Reads what an attempt has left behind and stages what follows from it. Repeating it does no harm.

import type { Now } from '../core/clock.ts';
import { type Attempt, isActive } from '../core/task.ts';
import { claimForRecovery } from '../exec/records.ts';
import type { LiveAttempt } from './attempt.ts';
import type { Stage } from './stage.ts';

/** `look_again`: the main process has ended, others of its tree live on, and not every kernel tells when they go. */
export function examine(stage: Stage, live: LiveAttempt): 'done' | 'look_again' {
  const { id } = live;
  const task = stage.get(id);
  if (task === undefined || !live.isObserved || !isActive(task.state)) return 'done';
  const records = live.records();
  if (records.started !== null)
    stage.change(id, {
      kind: 'started',
      pid: records.started.main?.pid ?? null,
      group: live.group.ref,
      at: records.started.at,
    });
  const { attempt } = task.state;
  const hasBegun = records.started !== null || records.supervisor !== null;
  // Somebody may have deleted the records of an attempt that had begun.
  const areLost = !hasBegun && attempt.startedAt !== null;
  if (!records.closed && !areLost) {
    if (!hasBegun && isOverdue(attempt, stage.now))
      // Whatever was to start it is lost. The claim decides, should it come after all.
      stage.change(
        id,
        claimForRecovery(live.paths.dir)
          ? { kind: 'requeue', why: 'its supervisor did not begin' }
          : { kind: 'lose', reason: 'supervisor_lost', usage: null, at: stage.now.wallMs },
      );
    return 'done';
  }
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

const BEGIN_DEADLINE_MS = 30_000;

/** The attempt should have begun long ago. */
export function isOverdue(attempt: Attempt, { wallMs }: Now): boolean {
  return attempt.startedAt === null && wallMs - attempt.dispatchedAt > BEGIN_DEADLINE_MS;
}
