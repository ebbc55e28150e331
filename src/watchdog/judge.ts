// The judge: (rules, subject, memory, sample) -> new memory, events to tell, at most one kill. Pure; the clock is in the sample.
import type { Dim, TaskEvent } from '../core/events.ts';
import type { Estimate, KillDetail, KillReason, Limits } from '../core/task.ts';
import { STALL_RISK_AT, stallRisk } from './stall.ts';
import { remember, resetFor, type Sample, type WatchState } from './state.ts';

export interface WatchRules {
  readonly toleranceWindowMs: number;
  readonly pidsWindowMs: number;
  readonly memTotalBytes: number;
  /** False: the driver cannot cap memory, so the watchdog has to. */
  readonly driverCapsMem: boolean;
  /** Samples farther apart than this leave a gap in which nobody watched. */
  readonly gapMs: number;
  /** Tell what would be killed, kill nothing. */
  readonly dryRun: boolean;
}

/** What the judge has to know of the task. */
export interface Subject {
  readonly estimate: Estimate;
  readonly limits: Limits;
  readonly pidsMax: number;
  readonly memMaxBytes: number;
}

export interface Kill {
  readonly reason: KillReason;
  readonly detail: KillDetail;
}

export interface Verdict {
  readonly state: WatchState;
  readonly events: readonly TaskEvent[];
  readonly kill: Kill | null;
  /** In a dry run, what `kill` would have been; once for each reason. */
  readonly wouldKill: Kill | null;
  /** When a rule that only needs time to pass is due next, in ms from the sample; null: none. */
  readonly dueInMs: number | null;
}

const DIMS = ['elapsed', 'mem', 'cpu'] as const;
/** The watchdog kills at this multiple of the estimate, when it is sustained. */
const KILL_FACTOR = 2;
/** A CPU rate has the granularity of its interval; one thread may read as 1.02 cores. */
const CPU_RISK_MARGIN = 1.05;
/** After a gap the task may have come to its end or printed, and the news be under way: this long to hear of it. */
const AFTER_GAP_MS = 1_000;

/** A subject with other numbers than the one before, as `adjust` makes it, begins anew what was counted against the old ones. */
export function judge(rules: WatchRules, subject: Subject, before: WatchState, sample: Sample): Verdict {
  const { estimate, limits } = subject;
  const isGap = before.isNew || sample.now.monoMs - before.lastMonoMs > rules.gapMs;
  const marks = {
    memBytes: KILL_FACTOR * estimate.memBytes,
    cpuCores: KILL_FACTOR * estimate.cpuCores,
    silentMs:
      limits.observabilityMs === 0 ? Number.POSITIVE_INFINITY : STALL_RISK_AT * limits.observabilityMs,
  };
  const state = remember(resetFor(before, { estimate, limits }), sample, marks, isGap);
  const risks = DIMS.filter(
    (dim) => aboveEstimate(dim, subject, state, sample) && !state.risksTold.includes(dim),
  );
  const events: TaskEvent[] = risks.map((dim) => runawayRisk(dim, rules, subject, state, sample));
  const stall = stallRisk(limits, state);
  if (stall !== null) events.push(stall);
  const byTime = killByTime(rules, subject, state, sample);
  const kill = killAtOnce(rules, subject, state, sample) ?? (isGap ? null : byTime);
  const isNews = kill !== null && !state.wouldKillTold.includes(kill.reason);
  const wouldKill = rules.dryRun && isNews ? kill : null;
  const dueInMs = dueIn(subject, state);
  return {
    state: withTold(state, risks, stall !== null, wouldKill),
    events,
    kill: rules.dryRun ? null : kill,
    wouldKill,
    dueInMs: isGap && byTime !== null ? Math.min(dueInMs ?? AFTER_GAP_MS, AFTER_GAP_MS) : dueInMs,
  };
}

/** Most samples have nothing to tell and leave the memory as it is. */
function withTold(
  state: WatchState,
  risks: readonly Dim[],
  isStallTold: boolean,
  wouldKill: Kill | null,
): WatchState {
  if (risks.length === 0 && !isStallTold && wouldKill === null) return state;
  return {
    ...state,
    risksTold: [...state.risksTold, ...risks],
    stallTold: state.stallTold || isStallTold,
    wouldKillTold: wouldKill === null ? state.wouldKillTold : [...state.wouldKillTold, wouldKill.reason],
  };
}

/** True while the warning of a stall may be due within `withinMs`: it tells rates, which take two samples. */
export function isStallNear({ observabilityMs }: Limits, state: WatchState, withinMs: number): boolean {
  return observabilityMs > 0 && state.silentMs + withinMs > STALL_RISK_AT * observabilityMs;
}

function aboveEstimate(dim: Dim, { estimate }: Subject, state: WatchState, sample: Sample): boolean {
  switch (dim) {
    case 'elapsed':
      return state.elapsedMs > estimate.timeMs;
    case 'mem':
      return sample.memBytes > estimate.memBytes;
    case 'cpu':
      return (state.cpu.cores ?? 0) > estimate.cpuCores * CPU_RISK_MARGIN;
  }
}

/** What one sample proves. */
function killAtOnce(rules: WatchRules, subject: Subject, state: WatchState, sample: Sample): Kill | null {
  const { limits } = subject;
  if (sample.oomKills > 0)
    return {
      reason: 'cgroup_oom_killed',
      detail: {
        cap_bytes: subject.memMaxBytes,
        peak_mem_bytes: state.peakMemBytes,
        oom_kills: sample.oomKills,
      },
    };
  const pctLimitBytes = Math.floor((rules.memTotalBytes * limits.memPctLimit) / 100);
  const limitBytes = Math.min(pctLimitBytes, subject.memMaxBytes);
  if (!rules.driverCapsMem && sample.memBytes > limitBytes)
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

/** What only time proves; never decided by the first sample after a gap. */
function killByTime(rules: WatchRules, subject: Subject, state: WatchState, sample: Sample): Kill | null {
  const { estimate, limits } = subject;
  if (state.elapsedMs > limits.killTimeoutMs)
    return {
      reason: 'elapsed_exceeded',
      detail: { elapsed_ms: Math.round(state.elapsedMs), kill_timeout_ms: limits.killTimeoutMs },
    };
  if (atLeast(state.memOverMs, rules.toleranceWindowMs))
    return {
      reason: 'estimated_mem_exceeded',
      detail: {
        peak_mem_bytes: state.peakMemBytes,
        mem_bytes: sample.memBytes,
        estimated_mem_bytes: estimate.memBytes,
        sustained_ms: Math.round(state.memOverMs ?? 0),
      },
    };
  if (atLeast(state.cpuOverMs, rules.toleranceWindowMs))
    return {
      reason: 'estimated_cpu_exceeded',
      detail: {
        cpu_cores: round2(state.cpu.cores ?? 0),
        estimated_cpu_cores: estimate.cpuCores,
        sustained_ms: Math.round(state.cpuOverMs ?? 0),
      },
    };
  if (atLeast(state.pids.growingMs, rules.pidsWindowMs))
    return {
      reason: 'pids_exceeded',
      detail: { pids_max: subject.pidsMax, refused_forks: sample.pidsMaxHits },
    };
  if (limits.observabilityMs > 0 && state.silentMs > limits.observabilityMs)
    return {
      reason: 'observability_stall',
      detail: { silent_ms: Math.round(state.silentMs), observability_interval_ms: limits.observabilityMs },
    };
  return null;
}

function runawayRisk(
  dim: Dim,
  rules: WatchRules,
  { estimate, limits }: Subject,
  state: WatchState,
  sample: Sample,
): TaskEvent {
  const windowS = Math.round(rules.toleranceWindowMs / 1000);
  switch (dim) {
    case 'elapsed':
      return {
        event: 'runaway_risk',
        dim,
        estimate: estimate.timeMs,
        actual: Math.round(state.elapsedMs),
        kill_at: limits.killTimeoutMs,
        kill_in_s: Math.max(0, Math.round((limits.killTimeoutMs - state.elapsedMs) / 1000)),
        hint: 'It runs longer than estimated; it will be killed at kill_timeout unless it ends before.',
      };
    case 'mem':
      return {
        event: 'runaway_risk',
        dim,
        estimate: estimate.memBytes,
        actual: sample.memBytes,
        kill_at: KILL_FACTOR * estimate.memBytes,
        kill_in_s: windowS,
        hint: `It uses more memory than estimated; above kill_at for ${windowS} s it will be killed, at its cap at once.`,
      };
    case 'cpu':
      return {
        event: 'runaway_risk',
        dim,
        estimate: estimate.cpuCores,
        actual: round2(state.cpu.cores ?? 0),
        kill_at: KILL_FACTOR * estimate.cpuCores,
        kill_in_s: windowS,
        hint: `It uses more CPU than estimated; above kill_at for ${windowS} s it will be killed.`,
      };
  }
}

/** Time until elapsed or silence crosses its next mark, so that no such rule waits for the next tick. */
function dueIn({ estimate, limits }: Subject, state: WatchState): number | null {
  const { elapsedMs, silentMs } = state;
  const elapsed = Math.min(ahead(estimate.timeMs - elapsedMs), ahead(limits.killTimeoutMs - elapsedMs));
  const { observabilityMs } = limits;
  const silence =
    observabilityMs === 0
      ? Number.POSITIVE_INFINITY
      : Math.min(ahead(STALL_RISK_AT * observabilityMs - silentMs), ahead(observabilityMs - silentMs));
  const dueMs = Math.min(elapsed, silence);
  return dueMs === Number.POSITIVE_INFINITY ? null : Math.floor(dueMs) + 1;
}

/** A mark that has been passed comes no more. */
function ahead(ms: number): number {
  return ms >= 0 ? ms : Number.POSITIVE_INFINITY;
}

function atLeast(value: number | null, threshold: number): boolean {
  return value !== null && value >= threshold;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
