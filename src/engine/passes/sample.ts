// Samples every live attempt, has the watchdog judge it, and stages the resulting events and kills.
import type { Logger } from 'pino';
import { frozenSince } from '../../core/elapsed.ts';
import { boundEstimate, statedEstimate } from '../../core/estimate.ts';
import type { KillReason } from '../../core/kill-reasons.ts';
import { isFileError } from '../../core/shortages.ts';
import { type Attempt, isActive, type Task } from '../../core/task.ts';
import { killTimeoutMs } from '../../core/transition/extend-time.ts';
import { readSlabBytes } from '../../procfs/meminfo.ts';
import { isStallNear, judge, type Subject, type WatchRules } from '../../watchdog/judge.ts';
import { stallDetail, withEvidence } from '../../watchdog/stall.ts';
import { applyPausedSample, type WatchState } from '../../watchdog/state.ts';
import type { LiveAttempt } from '../attempt/live-attempt.ts';
import { stallEvidence } from '../attempt/stall-diagnosis.ts';
import type { LogMaintenance } from '../log-maintenance.ts';
import type { UnitOfWork } from '../unit-of-work.ts';

export interface WatchDeps {
  readonly watchRules: WatchRules;
  readonly log: Logger;
  readonly logs: LogMaintenance;
}

/** The watchdog's new state of each attempt, to be kept once the round is committed. */
export type WatchStates = ReadonlyMap<LiveAttempt, WatchState>;
export const NO_WATCH_STATES: WatchStates = new Map();

/** Takes the attempts out of `left` until it is empty or the time is over. Calls `reconcile` for those that may be over. */
export function sampleSome(
  deps: WatchDeps,
  work: UnitOfWork,
  left: LiveAttempt[],
  reconcile: (live: LiveAttempt) => void,
  isTimeOver: () => boolean,
): WatchStates {
  const { watchRules } = deps;
  let slabBytes: number | null = null;
  const reclaimable = () => {
    slabBytes ??= readSlabBytes();
    return slabBytes;
  };
  const states = new Map<LiveAttempt, WatchState>();
  for (let live = left.pop(); live !== undefined; live = isTimeOver() ? undefined : left.pop())
    try {
      sampleOne(deps, watchRules, work, live, reconcile, states, reclaimable);
    } catch (error) {
      if (!isFileError(error)) throw error;
      // No descriptor is left, or a file was moved: the next sample may succeed.
      deps.log.warn({ task: live.id, err: error }, 'task not sampled');
    }
  return states;
}

function sampleOne(
  { log, logs }: WatchDeps,
  watchRules: WatchRules,
  work: UnitOfWork,
  live: LiveAttempt,
  reconcile: (live: LiveAttempt) => void,
  states: Map<LiveAttempt, WatchState>,
  reclaimableBytes: () => number,
): void {
  const task = work.get(live.id);
  if (task === undefined || !isActive(task.state)) return;
  const { attempt } = task.state;
  if (attempt.startedAt === null) {
    // Without a free inotify watch nothing else reports the start.
    reconcile(live);
    if (frozenSince(task.state) === null) live.continueStart();
    return;
  }
  if (!live.supervision.reportsChanges) {
    // Nothing else reports its end.
    reconcile(live);
    if (isOver(work, live)) return;
  }
  const usage = live.readUsage();
  // The supervisor matters only after the main process has ended.
  if (!live.hasMain) {
    // A readiness command must not keep the group alive.
    live.readiness?.close();
    if (live.supervision.logWriter === null || live.isSupervisorGone()) reconcile(live);
    else {
      live.signalStuckSupervisor('SIGCONT');
      live.supervision.wakeSupervisor();
    }
    if (isOver(work, live)) return;
  }
  if (usage === null) return;
  const { isStrict, observe = [] } = task.limits;
  const withIo = live.watchState === null || isStallNear(task.limits, live.watchState, 2 * watchRules.gapMs);
  const own = live.sample(usage, work.now, {
    isStrict,
    observe,
    cwd: task.cwd,
    startedAt: attempt.startedAt,
    withIo,
  });
  if (own === null) return;
  // While tasks run inside it, it waits for them: their own silence is watched.
  const isWaiting = work.children(task).length > 0;
  const sample = isWaiting ? { ...own, outputAt: work.now.wallMs } : own;
  live.rankForOom(task.estimate.memBytes, attempt.envelope.oomScoreAdj);
  if (live.mayHaveActed) live.group.allowKernelMemory(attempt.envelope.memMaxBytes, reclaimableBytes);
  live.continueSupervisor();
  logs.maintain(live.log, live.supervision.logWriter, work.now);
  live.heartbeat.beat(task.name, sample, () => live.progress.progress(work.now.monoMs));
  const before = live.watchState ?? live.firstWatchState(sample, task.state);
  if (frozenSince(task.state) !== null) {
    states.set(live, applyPausedSample(before, sample));
    live.dueInMs = null;
    return;
  }
  const mayBecomeReady = attempt.readyAt === undefined && attempt.kill === null && live.hasMain;
  if (mayBecomeReady && live.isReady()) work.change(live.id, { kind: 'ready', at: work.now.wallMs });
  const remainingMs = live.progress.remainingMs(work.now.monoMs);
  const verdict = judge(watchRules, subjectOf(task, attempt, remainingMs), before, sample);
  states.set(live, verdict.state);
  live.dueInMs = verdict.dueInMs;
  if (attempt.kill !== null) {
    // A task that reaches the limit during its grace period has no cap either.
    if (attempt.kill.signal !== 'SIGKILL' && verdict.kill?.reason === 'mem_exceeded')
      work.requestKill(live.id, { ...verdict.kill, signal: 'SIGKILL' });
    return;
  }
  for (const event of verdict.events)
    work.emit(
      task,
      event.event === 'stall_risk'
        ? withEvidence(event, stallEvidence(live, task, verdict.state, work.now))
        : event,
    );
  if (verdict.wouldKill !== null) {
    work.emit(task, { event: 'would_kill', ...verdict.wouldKill });
    log.warn({ task: live.id, name: task.name, ...verdict.wouldKill }, 'dry run: would kill');
  }
  if (verdict.extension !== null) work.change(live.id, { kind: 'extend_time', details: verdict.extension });
  if (verdict.kill === null) return;
  const { reason } = verdict.kill;
  const detail =
    reason === 'observability_stall'
      ? stallDetail(verdict.kill.detail, stallEvidence(live, task, verdict.state, work.now))
      : verdict.kill.detail;
  const signal = WITHOUT_GRACE.has(reason) ? 'SIGKILL' : 'SIGTERM';
  work.requestKill(live.id, { reason, detail, signal });
  log.warn({ task: live.id, name: task.name, reason, detail }, 'watchdog kill');
}

/** A task is a new object after each change: most subjects are those of the sample before. */
const subjects = new WeakMap<Task, Subject>();

function subjectOf(task: Task, attempt: Attempt, remainingMs: number | null): Subject {
  const known = subjects.get(task);
  if (known !== undefined && known.remainingMs === remainingMs) return known;
  const { name } = task;
  const { pidsMax, memMaxBytes, cpuMaxCores } = attempt.envelope;
  const limits = { ...task.limits, killTimeoutMs: killTimeoutMs(attempt, task.limits) };
  const isTimeExtended = attempt.extendedTimeoutMs !== undefined;
  const [estimate, bound] = [statedEstimate(task), boundEstimate(task)];
  const subject = {
    name,
    estimate,
    bound,
    limits,
    isTimeExtended,
    pidsMax,
    memMaxBytes,
    cpuMaxCores,
    remainingMs,
  };
  subjects.set(task, subject);
  return subject;
}

/** mem_exceeded: no kernel limit stops the growth, and the host may run out of memory within the grace period. */
const WITHOUT_GRACE: ReadonlySet<KillReason> = new Set(['cgroup_oom_killed', 'kernel_oom', 'mem_exceeded']);

function isOver(work: UnitOfWork, { id }: LiveAttempt): boolean {
  const task = work.get(id);
  return task === undefined || !isActive(task.state);
}
