// Reads the records of an attempt and stages the changes that follow from them. Idempotent.

import { shortageOf } from '../core/shortages.ts';
import { type Attempt, type Exit, isActive, type KillIntent, type Task } from '../core/task.ts';
import type { Loss } from '../engines/port.ts';
import {
  claimForRecovery,
  exitThroughTerminal,
  NOT_STARTED,
  type Records,
  RecordsUnreadable,
} from '../exec/records.ts';
import { mayRequeue } from './attempt/after-loss.ts';
import { lastSignOfLife } from './attempt/last-sign.ts';
import type { LiveAttempt } from './attempt/live-attempt.ts';
import { lossReason } from './attempt/loss.ts';
import type { DispatchHold } from './dispatch-hold.ts';
import type { UnitOfWork } from './unit-of-work.ts';

/** When the sessions of the user that last until now began, in epoch ms. Null when a logout ends no process, or unknown. */
export type LoginAt = () => number | null;

export interface ReconcileDeps {
  readonly hold: DispatchHold;
  readonly loginAt: LoginAt;
  /** See mayRequeue. */
  readonly requeueMax: number;
  /** See Spawner. */
  forkShortage(): string | null;
}

/** Returns `recheck` when processes outlived the main process, because not every kernel reports when the last one ends. */
export function reconcile(work: UnitOfWork, live: LiveAttempt, deps: ReconcileDeps): 'done' | 'recheck' {
  return unlessShort(() => applyRecords(work, live, deps));
}

/** Returns `recheck` when no file descriptor is left to read the records with. */
export function unlessShort(apply: () => 'done' | 'recheck'): 'done' | 'recheck' {
  try {
    return apply();
  } catch (error) {
    if (error instanceof RecordsUnreadable || shortageOf(error) !== null) return 'recheck';
    throw error;
  }
}

function applyRecords(
  work: UnitOfWork,
  live: LiveAttempt,
  { hold, loginAt, requeueMax, forkShortage }: ReconcileDeps,
): 'done' | 'recheck' {
  const { id } = live;
  const task = work.get(id);
  if (task === undefined || !live.isObserved || !isActive(task.state)) return 'done';
  const records = live.records();
  if (records.started !== null && task.state.attempt.startedAt === null) hold.succeeded();
  if (records.started !== null)
    work.change(id, {
      kind: 'started',
      pid: records.started.main?.pid ?? null,
      group: live.group.ref,
      at: records.started.at,
    });
  const { attempt } = task.state;
  const hasBegun = records.started !== null || records.supervisor !== null;
  // The records of a started attempt may have been deleted.
  const isRecordLost = !hasBegun && attempt.startedAt !== null;
  if (!records.isOver && !isRecordLost) {
    const shortage = hasBegun ? null : forkShortage();
    if (!hasBegun && (shortage !== null || live.isOverdue(work.now)))
      abandonStart(work, live, hold, shortage);
    return 'done';
  }
  if (live.group.populated()) {
    live.outlivedMain = true;
    return 'recheck';
  }
  if (isRecordLost && !live.areRecordsLost()) return 'recheck';
  const at = work.now.wallMs;
  const loss = isExplained(records, attempt) ? null : live.supervision.loss();
  if (loss === 'unknown') return 'recheck';
  if (records.startFailed !== null) {
    // When a daemon dies, systemd removes its empty groups, including one that a command is about to enter.
    const { existsBeforeEntry } = live.group;
    const isGone = existsBeforeEntry && records.started === null && live.group.usage() === null;
    if (isGone)
      work.change(id, { kind: 'requeue', why: 'its cgroup was removed before the command entered it' });
    else work.change(id, { kind: 'could_not_start', message: records.startFailed, at });
  } else if (neverBegan(records, attempt)) {
    const why = 'the host could not start its command';
    // A paused task stays as it is at each look.
    if (work.change(id, { kind: 'requeue', why }))
      hold.failed({ what: 'processes', message: why }, work.now.monoMs);
  } else if (wasStartKilled(records, attempt) && live.finalUsage()?.oom == null) {
    work.change(id, { kind: 'requeue', why: `${records.exit?.signal} ended its start` });
  } else if (loss !== null) {
    applyLoss(work, task, live, loss, { exit: records.exit, requeueMax });
  } else if (records.exit === null) {
    // It may have ended while no daemon ran.
    const isUnwatched = live.watchState === null;
    const endedAt = isUnwatched ? lastSignOfLife(live.paths, attempt, at) : at;
    const found = isUnwatched ? lossReason(attempt.group, endedAt, loginAt()) : 'supervisor_lost';
    const reason = found === 'supervisor_lost' && records.areRemoved ? 'records_removed' : found;
    work.change(id, { kind: 'lose', reason, usage: live.finalUsage(), at: endedAt });
  } else {
    // A process that outlived the main process may have held the output open, which delays `closed`.
    const endedAt = live.outlivedMain ? at : (records.closedAt ?? records.exit.at);
    const usage = live.finalUsage();
    // With an OOM policy of its unit, systemd ends it because the kernel has killed for memory.
    if (records.isUnitEnded && attempt.kill === null && !usage?.oom)
      work.requestKill(id, records.isUnitOom ? oomOfUnit(attempt) : BY_SYSTEMD);
    const exit = task.execOptions.usesPty
      ? exitThroughTerminal(records.exit, attempt.kill !== null || records.isUnitEnded)
      : records.exit;
    work.change(id, { kind: 'end', exit, usage, at: endedAt });
  }
  return 'done';
}

/** An exit that no engine has caused: it did not end by a signal, or by one of the daemon. */
function isExplained({ exit, startFailed }: Records, { kill }: Attempt): boolean {
  if (startFailed !== null || kill !== null) return true;
  return exit !== null && exit.signal !== 'SIGTERM' && exit.signal !== 'SIGKILL';
}

/** The engine knows why an attempt left no exit record. */
function applyLoss(
  work: UnitOfWork,
  task: Task,
  live: LiveAttempt,
  loss: Loss,
  { exit, requeueMax }: { readonly exit: Exit | null; readonly requeueMax: number },
): void {
  const { id } = task;
  const at = work.now.wallMs;
  if (loss.kind === 'interrupted' && task.requeue && mayRequeue(task, requeueMax)) {
    work.change(id, { kind: 'requeue_lost', reason: loss.reason, why: loss.why, at });
    return;
  }
  if (loss.kind === 'killed')
    work.requestKill(id, { reason: loss.reason, detail: loss.detail, signal: 'SIGKILL' });
  const usage = live.finalUsage();
  const reason = loss.kind === 'interrupted' ? loss.reason : 'supervisor_lost';
  if (loss.kind === 'killed' && exit !== null) work.change(id, { kind: 'end', exit, usage, at: exit.at });
  else work.change(id, { kind: 'lose', reason, usage, at });
}

type KillRequest = Pick<KillIntent, 'reason' | 'detail' | 'signal'>;

const BY_SYSTEMD: KillRequest = { reason: 'manual', detail: { by: 'systemd' }, signal: 'SIGTERM' };

/** systemd may remove the counters of the group before they are copied. */
function oomOfUnit({ envelope: { memMaxBytes } }: Attempt): KillRequest {
  const detail = { cap_bytes: memMaxBytes, peak_mem_bytes: memMaxBytes };
  return { reason: 'cgroup_oom_killed', detail, signal: 'SIGKILL' };
}

/** The pipe of the log is closed, so no process of the attempt lives, and no record of a start exists: a fork failed. */
function neverBegan({ started, exit, closedAt }: Records, { startedAt }: Attempt): boolean {
  if (started !== null || startedAt !== null || closedAt === null) return false;
  return exit === null || exit.code === NOT_STARTED;
}

/**
 * A signal that babysit did not send ended the launch script before the command began. The repeats are limited, so that a
 * task whose every start is killed fails and shows the signal.
 */
function wasStartKilled({ started, exit }: Records, { startedAt, kill, number }: Attempt): boolean {
  const isUnbegun = started === null && startedAt === null;
  return isUnbegun && kill === null && number < KILLED_STARTS_MAX && exit !== null && exit.signal !== null;
}

const KILLED_STARTS_MAX = 5;

/** Requeues a task that no supervisor started. The claim decides if a late supervisor competes. */
function abandonStart(
  work: UnitOfWork,
  live: LiveAttempt,
  hold: DispatchHold,
  shortage: string | null,
): void {
  const { id, paths } = live;
  switch (claimForRecovery(paths.dir)) {
    case 'taken':
      if (shortage === null) work.change(id, { kind: 'requeue', why: 'its supervisor did not start' });
      else if (work.change(id, { kind: 'requeue', why: shortage }))
        hold.failed({ what: 'processes', message: shortage }, work.now.monoMs);
      break;
    case 'begun':
      if (!live.awaitRecord(work.now))
        work.change(id, { kind: 'lose', reason: 'supervisor_lost', usage: null, at: work.now.wallMs });
      break;
    case 'unknown':
      break;
  }
}
