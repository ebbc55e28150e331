// Reads what an attempt has left behind and stages what follows from it. Repeating it does no harm.

import { isActive } from '../core/task.ts';
import { claimForRecovery, exitThroughTerminal, RecordsUnreadable } from '../exec/records.ts';
import type { LiveAttempt } from './attempt/live-attempt.ts';
import type { UnitOfWork } from './unit-of-work.ts';

/**
 * `recheck`: the main process has ended, others of its tree live on, and not every kernel tells when they go; or
 * there are no descriptors to look with.
 */
export function reconcile(work: UnitOfWork, live: LiveAttempt): 'done' | 'recheck' {
  try {
    return follow(work, live);
  } catch (error) {
    if (error instanceof RecordsUnreadable) return 'recheck';
    throw error;
  }
}

function follow(work: UnitOfWork, live: LiveAttempt): 'done' | 'recheck' {
  const { id } = live;
  const task = work.get(id);
  if (task === undefined || !live.isObserved || !isActive(task.state)) return 'done';
  const records = live.records(work.now);
  if (records.started !== null)
    work.change(id, {
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
    if (!hasBegun && live.isOverdue(work.now)) giveUp(work, live);
    return 'done';
  }
  if (live.group.populated()) {
    live.hasLeftovers = true;
    return 'recheck';
  }
  const at = work.now.wallMs;
  if (records.startFailed !== null) {
    // systemd removes the empty groups of a daemon that has died, also one that is about to be entered.
    const { existsBeforeEntry } = live.group;
    const isGone = existsBeforeEntry && records.started === null && live.group.usage() === null;
    if (isGone)
      work.change(id, { kind: 'requeue', why: 'its cgroup was removed before the command had entered it' });
    else work.change(id, { kind: 'could_not_start', message: records.startFailed, at });
  } else if (records.exit === null)
    work.change(id, { kind: 'lose', reason: 'supervisor_lost', usage: live.finalUsage(), at });
  else {
    // A child that outlived the main process may have held the output open, which kept the attempt from closing.
    const endedAt = live.hasLeftovers ? at : (records.closedAt ?? records.exit.at);
    const exit = task.execOptions.usesPty
      ? exitThroughTerminal(records.exit, attempt.kill !== null)
      : records.exit;
    work.change(id, { kind: 'end', exit, usage: live.finalUsage(), at: endedAt });
  }
  return 'done';
}

/** Whatever was to start it is lost. The claim decides, should it come after all. */
function giveUp(work: UnitOfWork, { id, paths }: LiveAttempt): void {
  switch (claimForRecovery(paths.dir)) {
    case 'taken':
      work.change(id, { kind: 'requeue', why: 'its supervisor did not begin' });
      break;
    case 'begun':
      work.change(id, { kind: 'lose', reason: 'supervisor_lost', usage: null, at: work.now.wallMs });
      break;
    case 'unknown':
      break;
  }
}
