// Judges one sample of an attempt: new state, events, at most one kill. Pure; the sample carries the clock.

import { coresAhead, roundUpMem, timeAhead } from '../core/answers/suggest.ts';
import { CPU_RISK_MARGIN, type Estimate, KILL_FACTOR, type Limits } from '../core/estimate.ts';
import { DIMS, type Dim, type EventMap, type TaskEvent } from '../core/events.ts';
import type { KillDetail, KillReason } from '../core/kill-reasons.ts';
import { exactDuration, formatDuration } from '../units/duration.ts';
import { exactSize } from '../units/size.ts';
import { outlivedDetail, outlivedEvent } from './outlived.ts';
import { countedSilenceMs, STALL_RISK_AT, stallRisk } from './stall.ts';
import { lowOverallSharePct, lowSharePct } from './starvation.ts';
import { applyAdjust, applySample, type Sample, type WatchState } from './state.ts';

export interface WatchRules {
  readonly toleranceWindowMs: number;
  readonly pidsWindowMs: number;
  readonly memTotalBytes: number;
  /** False: the driver cannot cap memory, so the watchdog enforces the cap. */
  readonly driverCapsMem: boolean;
  /** A longer time between two samples is a gap. */
  readonly gapMs: number;
  /** Report kills without killing. */
  readonly dryRun: boolean;
}

/** The numbers of a task that the judge needs. */
export interface Subject {
  readonly name: string;
  /** `runaway_risk` is reported above this. */
  readonly estimate: Estimate;
  /** Kills above KILL_FACTOR x this. At least the estimate in each dimension. */
  readonly bound: Estimate;
  readonly limits: Limits;
  /** The kill timeout in force has been extended. */
  readonly isTimeExtended: boolean;
  readonly pidsMax: number;
  readonly memMaxBytes: number;
  readonly cpuMaxCores: number;
  /** By its progress; null: unknown. */
  readonly remainingMs: number | null;
}

export interface Kill {
  readonly reason: KillReason;
  readonly detail: KillDetail;
}

export interface Verdict {
  readonly state: WatchState;
  readonly events: readonly TaskEvent[];
  readonly kill: Kill | null;
  /** The kill that a dry run left out; once per reason. */
  readonly wouldKill: Kill | null;
  /** More time instead of a kill at the kill timeout. */
  readonly extension: EventMap['time_extended'] | null;
  /** Time from the sample to the next rule that depends on time alone; null: none. */
  readonly dueInMs: number | null;
}

/** After a gap the task may have ended or printed: time for the daemon to read that before a kill. */
const AFTER_GAP_MS = 1_000;

const LEFT_HINT =
  'No cap of the kernel holds for these processes. babysit counts their memory and CPU time, and ends them with the task. Run the command without systemd-run, su or a write to cgroup.procs to have it capped.';

export function judge(rules: WatchRules, subject: Subject, before: WatchState, sample: Sample): Verdict {
  const { estimate, bound, limits } = subject;
  const isGap = before.isNew || sample.now.monoMs - before.lastMonoMs > rules.gapMs;
  const thresholds = {
    memBytes: KILL_FACTOR * bound.memBytes,
    cpuCores: KILL_FACTOR * bound.cpuCores,
    silentMs:
      limits.observabilityMs === 0 ? Number.POSITIVE_INFINITY : STALL_RISK_AT * limits.observabilityMs,
    claimedCores: bound.cpuCores,
  };
  const state = applySample(applyAdjust(before, { estimate, limits }), sample, thresholds, isGap);
  const risks = DIMS.filter(
    (dim) => isAboveEstimate(dim, subject, state, sample) && !state.reportedRisks.includes(dim),
  );
  const events: TaskEvent[] = risks.map((dim) => runawayRisk(dim, rules, subject, state, sample));
  const stall = stallRisk(limits, state);
  if (stall !== null) events.push(stall);
  const left = sample.strays.length > 0 && !state.areStraysReported;
  if (left) events.push({ event: 'left_its_group', processes: sample.strays, hint: LEFT_HINT });
  const outlived = state.isOutlivedReported ? null : outlivedEvent(sample.outlived);
  if (outlived !== null) events.push(outlived);
  const extension = isGap ? null : extensionOf(subject, state, sample);
  const timed =
    extension === null
      ? subject
      : { ...subject, limits: { ...limits, killTimeoutMs: extension.kill_timeout_ms } };
  const sustained = sustainedKill(rules, timed, state, sample);
  const cause = immediateKill(rules, subject, state, sample) ?? (isGap ? null : sustained);
  const kill = cause && { ...cause, detail: { ...cause.detail, ...outlivedDetail(sample.outlived) } };
  const wouldKill =
    rules.dryRun && kill !== null && !state.reportedWouldKills.includes(kill.reason) ? kill : null;
  const stepMs = sample.now.monoMs - before.lastMonoMs;
  const grownBytes = rules.driverCapsMem || isGap ? 0 : sample.memBytes - before.peakMemBytes;
  const dueInMs = soonest(
    dueIn(timed, state),
    growthLook(rules, subject, sample.memBytes, grownBytes / stepMs),
  );
  return {
    state: withReports(
      extension === null ? state : { ...state, requested: { estimate, limits: timed.limits } },
      risks,
      { stall: stall !== null, strays: left, outlived: outlived !== null },
      wouldKill,
    ),
    events,
    kill: rules.dryRun ? null : kill,
    wouldKill,
    extension,
    dueInMs: isGap && sustained !== null ? Math.min(dueInMs ?? AFTER_GAP_MS, AFTER_GAP_MS) : dueInMs,
  };
}

function withReports(
  state: WatchState,
  risks: readonly Dim[],
  reported: Readonly<Record<'stall' | 'strays' | 'outlived', boolean>>,
  wouldKill: Kill | null,
): WatchState {
  if (risks.length === 0 && !Object.values(reported).includes(true) && wouldKill === null) return state;
  return {
    ...state,
    reportedRisks: [...state.reportedRisks, ...risks],
    isStallReported: state.isStallReported || reported.stall,
    areStraysReported: state.areStraysReported || reported.strays,
    isOutlivedReported: state.isOutlivedReported || reported.outlived,
    reportedWouldKills:
      wouldKill === null ? state.reportedWouldKills : [...state.reportedWouldKills, wouldKill.reason],
  };
}

/** True when a stall warning may be due within `withinMs`. It contains an I/O rate, which takes two samples. */
export function isStallNear({ observabilityMs }: Limits, state: WatchState, withinMs: number): boolean {
  return observabilityMs > 0 && countedSilenceMs(state) + withinMs > STALL_RISK_AT * observabilityMs;
}

function isAboveEstimate(dim: Dim, { estimate }: Subject, state: WatchState, sample: Sample): boolean {
  switch (dim) {
    case 'elapsed':
      return state.elapsedMs > estimate.timeMs;
    case 'mem':
      return sample.memBytes > estimate.memBytes;
    case 'cpu':
      return (state.cpuTrail.coveredCores ?? 0) > estimate.cpuCores * CPU_RISK_MARGIN;
  }
}

/** The rules that one sample decides. */
function immediateKill(rules: WatchRules, subject: Subject, state: WatchState, sample: Sample): Kill | null {
  if (sample.oomKills > 0)
    return {
      reason: sample.isOomAtOwnCap ? 'cgroup_oom_killed' : 'kernel_oom',
      detail: {
        cap_bytes: subject.memMaxBytes,
        peak_mem_bytes: state.peakMemBytes,
        oom_kills: sample.oomKills,
      },
    };
  const pctLimitBytes = memPctLimitBytes(rules, subject);
  const limitBytes = Math.min(pctLimitBytes, subject.memMaxBytes);
  const isCapped = rules.driverCapsMem && sample.strays.length === 0;
  if (!isCapped && sample.memBytes > limitBytes)
    return {
      reason: 'mem_exceeded',
      detail: {
        peak_mem_bytes: state.peakMemBytes,
        limit_bytes: limitBytes,
        mem_pct_limit_bytes: pctLimitBytes,
      },
    };
  return null;
}

/** The rules that need time. The first sample after a gap does not decide them. */
function sustainedKill(rules: WatchRules, subject: Subject, state: WatchState, sample: Sample): Kill | null {
  const { bound, limits, remainingMs } = subject;
  if (state.elapsedMs > limits.killTimeoutMs)
    return {
      reason: 'elapsed_exceeded',
      detail: {
        elapsed_ms: Math.round(state.elapsedMs),
        kill_timeout_ms: limits.killTimeoutMs,
        ...(remainingMs === null ? {} : { remaining_ms: Math.round(remainingMs) }),
        ...overallShare(subject, state, sample),
      },
    };
  if (atLeast(state.memOverMs, rules.toleranceWindowMs))
    return {
      reason: 'estimated_mem_exceeded',
      detail: {
        peak_mem_bytes: state.peakMemBytes,
        mem_bytes: sample.memBytes,
        estimated_mem_bytes: bound.memBytes,
        sustained_ms: Math.round(state.memOverMs ?? 0),
      },
    };
  if (atLeast(state.cpuOverMs, rules.toleranceWindowMs))
    return {
      reason: 'estimated_cpu_exceeded',
      detail: {
        cpu_cores: round2(state.cpu.cores ?? 0),
        estimated_cpu_cores: bound.cpuCores,
        sustained_ms: Math.round(state.cpuOverMs ?? 0),
      },
    };
  if (atLeast(state.pids.growingMs, rules.pidsWindowMs))
    return {
      reason: 'pids_exceeded',
      detail: { pids_max: subject.pidsMax, refused_forks: sample.pidsMaxHits },
    };
  if (limits.observabilityMs > 0 && countedSilenceMs(state) > limits.observabilityMs)
    return {
      reason: 'observability_stall',
      detail: {
        silent_ms: Math.round(state.silentMs),
        observability_interval_ms: limits.observabilityMs,
        ...shareDetail(lowSharePct(state.starvedSilentMs, state.silentMs)),
      },
    };
  return null;
}

function overallShare({ bound }: Subject, { elapsedMs }: WatchState, sample: Sample) {
  return shareDetail(lowOverallSharePct(sample, elapsedMs, bound.cpuCores));
}

function shareDetail(pct: number | null): { readonly cpu_share_pct?: number } {
  return pct === null ? {} : { cpu_share_pct: pct };
}

/** A task that hangs, or whose estimate is wrong, ends at the latest then. */
const EXTENSION_MAX = 2;

/**
 * A kill timeout that follows the estimate assumes that the task gets its CPU time. Where the host gave it little, the time
 * is extended once, by what was missing. Another one, which the caller has set, holds as it is.
 */
function extensionOf(
  subject: Subject,
  { elapsedMs }: WatchState,
  sample: Sample,
): EventMap['time_extended'] | null {
  const { bound, limits, isTimeExtended } = subject;
  const { killTimeoutMs } = limits;
  if (elapsedMs <= killTimeoutMs || isTimeExtended || killTimeoutMs !== KILL_FACTOR * bound.timeMs)
    return null;
  const pct = lowOverallSharePct(sample, elapsedMs, bound.cpuCores);
  if (pct === null) return null;
  const extendedMs = Math.round(killTimeoutMs * Math.min(EXTENSION_MAX, 100 / pct));
  if (extendedMs <= elapsedMs) return null;
  return {
    kill_timeout_ms: extendedMs,
    cpu_share_pct: pct,
    hint: `The host gave it ${pct} % of the CPU time that it wanted, so it is killed at ${formatDuration(extendedMs)} instead of ${formatDuration(killTimeoutMs)}.`,
  };
}

/** `kill_in_s` only while time runs towards a kill: below `kill_at` no window of the memory or CPU rule has begun. */
function runawayRisk(
  dim: Dim,
  rules: WatchRules,
  subject: Subject,
  state: WatchState,
  sample: Sample,
): TaskEvent {
  const { name, estimate, bound, limits, memMaxBytes, cpuMaxCores, remainingMs } = subject;
  const windowS = Math.round(rules.toleranceWindowMs / 1000);
  const adjust = `babysit adjust ${name}`;
  const windowLeft = (overMs: number | null) =>
    overMs === null ? {} : killIn(rules.toleranceWindowMs - overMs);
  switch (dim) {
    case 'elapsed': {
      const timeMs = timeAhead(state.elapsedMs, remainingMs);
      return {
        event: 'runaway_risk',
        dim,
        estimate: estimate.timeMs,
        actual: Math.round(state.elapsedMs),
        kill_at: limits.killTimeoutMs,
        ...killIn(limits.killTimeoutMs - state.elapsedMs),
        ...overallShare(subject, state, sample),
        hint: 'The watchdog kills the task at kill_at. If it is healthy, give it more time with suggested_command.',
        suggested_command: `${adjust} --estimated_time=${exactDuration(timeMs)} --kill_timeout=${exactDuration(Math.max(2 * timeMs, limits.killTimeoutMs))}`,
      };
    }
    case 'mem': {
      const memBytes = memAhead(sample.memBytes, memMaxBytes);
      return {
        event: 'runaway_risk',
        dim,
        estimate: estimate.memBytes,
        actual: sample.memBytes,
        kill_at: KILL_FACTOR * bound.memBytes,
        cap: memMaxBytes,
        ...windowLeft(state.memOverMs),
        hint: `The task is killed after ${windowS} s above kill_at, and at once at its cap. If it is healthy, raise both with suggested_command.`,
        suggested_command: `${adjust} --estimated_mem_bytes=${exactSize(memBytes)}`,
      };
    }
    case 'cpu': {
      const meanCores = state.cpuTrail.coveredCores ?? 0;
      const cores = coresAhead(meanCores, cpuMaxCores);
      return {
        event: 'runaway_risk',
        dim,
        estimate: estimate.cpuCores,
        actual: round2(meanCores),
        kill_at: round2(KILL_FACTOR * bound.cpuCores),
        cap: round2(cpuMaxCores),
        ...windowLeft(state.cpuOverMs),
        hint: `The task is slowed down at its cap, and killed after ${windowS} s above kill_at. If it is healthy, raise both with suggested_command.`,
        suggested_command: `${adjust} --estimated_cpu_cores=${cores}`,
      };
    }
  }
}

/** A task that grows needs more than it has now. */
const AHEAD = 1.5;

/** The estimate to suggest for a task above its own. */
export function memAhead(memBytes: number, memMaxBytes: number): number {
  return Math.min(roundUpMem(AHEAD * memBytes), memMaxBytes);
}

function killIn(leftMs: number): { readonly kill_in_s: number } {
  return { kill_in_s: Math.max(0, Math.round(leftMs / 1000)) };
}

/** Time until the elapsed or silent time crosses its next limit, so that the daemon need not wait for a tick. */
function dueIn({ estimate, limits }: Subject, state: WatchState): number | null {
  const { elapsedMs } = state;
  const silentMs = countedSilenceMs(state);
  const { observabilityMs } = limits;
  const quietMs = observabilityMs > 0 ? observabilityMs : Number.NEGATIVE_INFINITY;
  const nextMs = Math.min(
    ahead(estimate.timeMs - elapsedMs),
    ahead(limits.killTimeoutMs - elapsedMs),
    ahead(STALL_RISK_AT * quietMs - silentMs),
    ahead(quietMs - silentMs),
  );
  return nextMs === Number.POSITIVE_INFINITY ? null : Math.floor(nextMs) + 1;
}

function ahead(ms: number): number {
  return ms >= 0 ? ms : Number.POSITIVE_INFINITY;
}

/** Without a cap of the kernel, a task that grows is sampled again on half of the way to its limit. */
const GROWTH_LOOK_MIN_MS = 100;

function growthLook(
  rules: WatchRules,
  subject: Subject,
  memBytes: number,
  bytesPerMs: number,
): number | null {
  if (!(bytesPerMs > 0)) return null;
  const roomBytes = Math.min(memPctLimitBytes(rules, subject), subject.memMaxBytes) - memBytes;
  return Math.max(GROWTH_LOOK_MIN_MS, Math.floor(roomBytes / bytesPerMs / 2));
}

function memPctLimitBytes({ memTotalBytes }: WatchRules, { limits }: Subject): number {
  return Math.floor((memTotalBytes * limits.memPctLimit) / 100);
}

function soonest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function atLeast(value: number | null, threshold: number): boolean {
  return value !== null && value >= threshold;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
