// The only file that gives a task a new status. Pure: (task, change) -> task, and the event to record with it.

import { withPause } from '../elapsed.ts';
import { restated } from '../estimate.ts';
import type { AskedBy, TaskEvent } from '../events.ts';
import {
  type ActiveState,
  type Attempt,
  type Cause,
  type EndedState,
  type Exit,
  type GroupRef,
  type InterruptReason,
  isActive,
  isEnded,
  type KillIntent,
  READY,
  type Task,
  type TaskId,
  type Usage,
} from '../task.ts';
import { type AdjustChange, adjust, applyProfile, askedBy, withAttempt } from './adjust.ts';
import { end, endedState, failedBy, lost } from './end-state.ts';
import { type ExtendTimeChange, extendTime } from './extend-time.ts';
import { applyHold, type HoldChange } from './hold.ts';
import { type PlaceChange, place, whilePlaced } from './place.ts';
import { pastAttempt, reasonOf, retried } from './retry.ts';
import { applyThrottle, type ThrottleChange } from './throttle.ts';

export type Change =
  | { readonly kind: 'dispatch'; readonly attempt: Attempt }
  | { readonly kind: 'started'; readonly pid: number | null; readonly group: GroupRef; readonly at: number }
  | { readonly kind: 'could_not_start'; readonly message: string; readonly at: number }
  /** The attempt was dispatched and its command certainly never began. */
  | {
      readonly kind: 'requeue';
      readonly why: string;
      /** Its engine has lost it. */
      readonly loss?: { readonly notBefore: number };
    }
  /** The command began and its host or node was lost; only with `requeue`. */
  | {
      readonly kind: 'requeue_lost';
      readonly reason: InterruptReason;
      readonly why: string;
      readonly at: number;
    }
  | { readonly kind: 'request_kill'; readonly intent: KillIntent }
  | { readonly kind: 'ready'; readonly at: number }
  | { readonly kind: 'escalate_kill'; readonly at: number }
  | ({ readonly kind: 'pause'; readonly at: number } & AskedBy)
  | ({ readonly kind: 'resume'; readonly at: number } & AskedBy)
  | HoldChange
  | ThrottleChange
  | ExtendTimeChange
  | PlaceChange
  /** A dependency has ended. */
  | {
      readonly kind: 'dependency_ended';
      readonly id: TaskId;
      /** Null when the dependency no longer blocks this task. */
      readonly cause: Cause | null;
      readonly at: number;
    }
  | AdjustChange
  /** Manual retry of a task that has ended, with what changes in its request. */
  | {
      readonly kind: 'retry';
      readonly changes?: Partial<Pick<Task, 'command' | 'estimate' | 'limits' | 'priority'>>;
    }
  /** The task that failed this dependent one is retried: it waits again. */
  | { readonly kind: 'revive'; readonly waitsFor: readonly TaskId[]; readonly why: string }
  /** At a start: an attempt on disk that is newer than the database. */
  | { readonly kind: 'found'; readonly attempt: Attempt }
  /** The group is empty and the supervisor wrote an exit record. */
  | { readonly kind: 'end'; readonly exit: Exit; readonly usage: Usage | null; readonly at: number }
  /** The attempt is gone and left no exit record. */
  | {
      readonly kind: 'lose';
      readonly reason: InterruptReason;
      readonly usage: Usage | null;
      readonly at: number;
    };

export interface Transition {
  readonly task: Task;
  /** Null when no event is recorded. */
  readonly event: TaskEvent | null;
}

/** Returns null when the change does not apply to the task's status: it came late or twice. */
export function transition(task: Task, change: Change): Transition | null {
  const { state } = task;
  if (change.kind === 'dispatch') {
    if (state.status !== 'pending' || state.placed !== undefined) return null;
    const { attempt } = change;
    return {
      task: { ...task, attempts: attempt.number, state: { status: 'running', attempt } },
      event: null,
    };
  }
  if (change.kind === 'place') return place(task, change.attempt);
  if (state.status === 'pending' && state.placed !== undefined)
    return whilePlaced(task, state, state.placed, change, transition);
  if (change.kind === 'found') return found(task, change.attempt);
  if (change.kind === 'adjust') return adjust(task, change);
  if (change.kind === 'retry') return isEnded(state) ? retry(task, state, change.changes) : null;
  if (change.kind === 'revive') return revive(task, change);
  if (state.status === 'pending') {
    if (change.kind === 'request_kill') return killPending(task, change.intent);
    if (change.kind === 'dependency_ended') return dependencyEnded(task, change);
  }
  if (!isActive(state)) return null;
  switch (change.kind) {
    case 'started': {
      if (state.attempt.startedAt !== null) return null;
      const attempt = { ...state.attempt, startedAt: change.at, pid: change.pid, group: change.group };
      return {
        task: withAttempt(task, state, attempt),
        event: { event: 'started', attempt: attempt.number, pid: attempt.pid },
      };
    }
    case 'could_not_start':
      if (state.attempt.kill !== null) return killPending(task, state.attempt.kill);
      return end(task, {
        status: 'failed',
        reason: 'could_not_start',
        message: change.message,
        endedAt: change.at,
        attempt: state.attempt,
        exit: null,
        usage: null,
      });
    case 'requeue':
      if (state.attempt.startedAt !== null) return null;
      if (state.attempt.kill !== null) return killPending(task, state.attempt.kill);
      if (state.status === 'paused') return null;
      return {
        task: {
          ...(change.loss === undefined ? task : withLoss(task)),
          state: { status: 'pending', ...READY, notBefore: change.loss?.notBefore ?? null },
        },
        event: { event: 'requeued', why: change.why },
      };
    case 'requeue_lost':
      if (state.attempt.kill !== null) return killPending(task, state.attempt.kill);
      return {
        task: {
          // A restart of the host is not the fault of an engine.
          ...(change.reason === 'host_rebooted' ? task : withLoss(task)),
          history: [
            ...task.history,
            pastAttempt(task, lost(withPause(state, change.at), change.reason, null, change.at)),
          ],
          retriedFrom: task.retriedFrom + 1,
          state: { status: 'pending', ...READY },
        },
        event: { event: 'requeued', why: change.why },
      };
    case 'request_kill':
      return requestKill(task, state, change.intent);
    case 'ready': {
      if (state.attempt.readyAt !== undefined || state.attempt.startedAt === null) return null;
      return {
        task: withAttempt(task, state, { ...state.attempt, readyAt: change.at }),
        event: { event: 'ready', attempt: state.attempt.number },
      };
    }
    case 'escalate_kill': {
      const { kill } = state.attempt;
      if (kill === null || kill.killedAt !== null) return null;
      const attempt = { ...state.attempt, kill: { ...kill, killedAt: change.at } };
      return { task: withAttempt(task, state, attempt), event: null };
    }
    case 'apply_profile':
      return applyProfile(task, state, change);
    case 'pause':
      if (state.status === 'paused') return null;
      return {
        task: {
          ...task,
          state: { status: 'paused', attempt: withPause(state, change.at), pausedAt: change.at },
        },
        event: { event: 'paused', ...askedBy(change) },
      };
    case 'resume': {
      if (state.status === 'running') return null;
      return {
        task: { ...task, state: { status: 'running', attempt: withPause(state, change.at) } },
        event: { event: 'resumed', ...askedBy(change) },
      };
    }
    case 'hold':
    case 'thaw':
      return onAttempt(task, state, applyHold(state, change));
    case 'throttle':
    case 'unthrottle':
      return onAttempt(task, state, applyThrottle(state.attempt, change));
    case 'extend_time':
      return onAttempt(task, state, extendTime(state.attempt, change));
    case 'end':
      return retryOrEnd(task, endedState(withPause(state, change.at), change.exit, change.usage, change.at));
    case 'lose':
      return retryOrEnd(task, lost(withPause(state, change.at), change.reason, change.usage, change.at));
    // Its engine reported the job after the command began.
    case 'queued':
      return {
        task: withAttempt(task, state, { ...state.attempt, group: change.group }),
        event: null,
      };
    case 'dependency_ended':
      return null;
  }
}

/** A change of the attempt alone; null when it does not apply. */
function onAttempt(
  task: Task,
  state: ActiveState,
  changed: { readonly attempt: Attempt; readonly event: TaskEvent } | null,
): Transition | null {
  return changed && { task: withAttempt(task, state, changed.attempt), event: changed.event };
}

function withLoss(task: Task): Task {
  return { ...task, lostAttempts: (task.lostAttempts ?? 0) + 1 };
}

/** A restored backup may know an earlier attempt, as pending, running or ended. */
function found(task: Task, attempt: Attempt): Transition | null {
  if (attempt.number <= task.attempts) return null;
  const { state } = task;
  const past = isEnded(state) && state.attempt !== null ? [pastAttempt(task, state)] : [];
  return {
    task: {
      ...task,
      attempts: attempt.number,
      history: [...task.history, ...past],
      state: { status: 'running', attempt },
    },
    event: null,
  };
}

function killPending(task: Task, intent: KillIntent): Transition {
  return end(task, {
    status: 'killed',
    kill: intent,
    stoppedGracefully: false,
    endedAt: intent.at,
    attempt: null,
    exit: null,
    usage: null,
  });
}

function requestKill(task: Task, state: ActiveState, intent: KillIntent): Transition | null {
  const first = state.attempt.kill;
  if (first !== null) {
    const isForced = intent.signal === 'SIGKILL' && first.signal !== 'SIGKILL';
    const endsStopGrace = first.stopGraceMs !== undefined && intent.stopGraceMs === undefined;
    if (!isForced && !endsStopGrace) return null;
    const { stopGraceMs: _, ...kill } = first;
    const attempt = { ...state.attempt, kill: { ...kill, signal: intent.signal } };
    return { task: withAttempt(task, state, attempt), event: null };
  }
  const { reason, signal, detail, stopGraceMs } = intent;
  return {
    task: withAttempt(task, state, { ...state.attempt, kill: intent }),
    event: {
      event: 'kill_requested',
      reason,
      signal,
      ...(stopGraceMs === undefined ? {} : { stop_grace_ms: stopGraceMs }),
      detail,
    },
  };
}

function revive(task: Task, { waitsFor, why }: Extract<Change, { kind: 'revive' }>): Transition | null {
  if (task.state.status !== 'failed' || task.state.reason !== 'dependency_failed') return null;
  return {
    task: { ...task, state: { status: 'pending', waitsFor, notBefore: null } },
    event: { event: 'requeued', why },
  };
}

function retry(
  { lostAttempts: _, ...task }: Task,
  ended: EndedState,
  changes: Partial<Task> = {},
): Transition {
  const history = ended.attempt === null ? task.history : [...task.history, pastAttempt(task, ended)];
  return {
    task: {
      ...task,
      ...changes,
      ...restated(task, changes.estimate ?? task.estimate),
      after: null,
      history,
      retriedFrom: history.length,
      state: { status: 'pending', ...READY },
    },
    event: retrying(task, ended, 0, (changes.estimate ?? task.estimate).memBytes),
  };
}

function retryOrEnd(task: Task, ended: EndedState): Transition {
  const next = retried(task, ended);
  if (next === null || next.state.status !== 'pending') return end(task, ended);
  const delayMs = (next.state.notBefore ?? ended.endedAt) - ended.endedAt;
  return { task: next, event: retrying(task, ended, delayMs, next.estimate.memBytes) };
}

function retrying(task: Task, ended: EndedState, delayMs: number, memBytes: number): TaskEvent {
  return {
    event: 'retrying',
    attempt: task.attempts,
    status: ended.status,
    reason: reasonOf(ended),
    in_s: Math.round(delayMs / 100) / 10,
    estimated_mem_bytes: memBytes,
  };
}

function dependencyEnded(
  task: Task,
  { id, cause, at }: Extract<Change, { kind: 'dependency_ended' }>,
): Transition | null {
  const { state } = task;
  if (state.status !== 'pending' || !state.waitsFor.includes(id)) return null;
  if (cause === null)
    return {
      task: { ...task, state: { ...state, waitsFor: state.waitsFor.filter((other) => other !== id) } },
      event: null,
    };
  return failedBy(task, cause, at);
}

/** Why a task that depends on this ended one fails; null when this one completed. */
export function causeOf(task: Task): Cause | null {
  const { state } = task;
  if (state.status === 'completed') return null;
  if (state.status === 'failed' && state.cause !== undefined) return state.cause;
  return { id: task.id, name: task.name, status: state.status };
}
