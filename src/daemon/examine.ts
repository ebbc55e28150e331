// Reads what an attempt has left behind and stages what follows from it. Repeating it does no harm.

import { isActive } from '../core/task.ts';
import { claimForRecovery, exitThroughTerminal, RecordsUnreadable } from '../exec/records.ts';
import type { LiveAttempt } from './attempt.ts';
import type { Stage } from './stage.ts';

/**
 * `look_again`: the main process has ended, others of its tree live on, and not every kernel tells when they go; or
 * there are no descriptors to look with.
 */
export function examine(stage: Stage, live: LiveAttempt): 'done' | 'look_again' {
  try {
    return follow(stage, live);
  } catch (error) {
    if (error instanceof RecordsUnreadable) return 'look_again';
    throw error;
  }
}

function follow(stage: Stage, live: LiveAttempt): 'done' | 'look_again' {
  const { id } = live;
  const task = stage.get(id);
  if (task === undefined || !live.isObserved || !isActive(task.state)) return 'done';
  const records = live.records(stage.now);
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
  if (!records.isOver && !areLost) {
    if (!hasBegun && live.isOverdue(stage.now)) giveUp(stage, live);
    return 'done';
  }
  if (live.group.populated()) {
    live.hasLeftovers = true;
    return 'look_again';
  }
  const at = stage.now.wallMs;
  if (records.startFailed !== null) {
    // systemd removes the empty groups of a daemon that has died, also one that is about to be entered.
    const wasMade = live.group.ref.driver !== 'systemd';
    const isGone = wasMade && records.started === null && live.group.usage() === null;
    if (isGone)
      stage.change(id, { kind: 'requeue', why: 'its cgroup was removed before the command had entered it' });
    else stage.change(id, { kind: 'could_not_start', message: records.startFailed, at });
  } else if (records.exit === null)
    stage.change(id, { kind: 'lose', reason: 'supervisor_lost', usage: live.finalUsage(), at });
  else {
    // A child that outlived the main process may have held the output open, which kept the attempt from closing.
    const endedAt = live.hasLeftovers ? at : (records.closedAt ?? records.exit.at);
    const exit = task.manner.usesPty
      ? exitThroughTerminal(records.exit, attempt.kill !== null)
      : records.exit;
    stage.change(id, { kind: 'end', exit, usage: live.finalUsage(), at: endedAt });
  }
  return 'done';
}

/** Whatever was to start it is lost. The claim decides, should it come after all. */
function giveUp(stage: Stage, { id, paths }: LiveAttempt): void {
  switch (claimForRecovery(paths.dir)) {
    case 'taken':
      stage.change(id, { kind: 'requeue', why: 'its supervisor did not begin' });
      break;
    case 'begun':
      stage.change(id, { kind: 'lose', reason: 'supervisor_lost', usage: null, at: stage.now.wallMs });
      break;
    case 'unknown':
      break;
  }
}
