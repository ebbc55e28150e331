// The judge: (rules, subject, memory, sample) -> new memory, events to tell, at most one kill. Pure; the clock is in the sample.
import type { Dim, TaskEvent } from '../core/events.ts';
import type { Estimate, KillDetail, KillReason, Limits } from '../core/task.ts';
import { remember, type Sample, type WatchMemory } from './memory.ts';

export interface WatchRules {
  readonly toleranceWindowMs: number;
  readonly pidsWindowMs: number;
  readonly memTotalBytes: number;
  /** False: the driver cannot cap memory, so the watchdog has to. */
  readonly driverCapsMem: boolean;
}

/** What the judge has to know of the task. */
export interface Subject {
  readonly estimate: Estimate;
  readonly limits: Limits;
  readonly pidsMax: number;
  readonly memMaxBytes: number;
}

export interface Verdict {
  readonly memory: WatchMemory;
  readonly events: readonly TaskEvent[];
  readonly kill: { readonly reason: KillReason; readonly detail: KillDetail } | null;
  /** When a rule that only needs time to pass is due next, in ms from the sample; null: none. */
  readonly dueInMs: number | null;
}

/** The watchdog kills at this multiple of the estimate, when it is sustained. */
const KILL_FACTOR = 2;
/** A CPU rate has the granularity of its interval; one thread may read as 1.02 cores. */
const CPU_RISK_MARGIN = 1.05;
/** A stall is foretold at this part of the observability interval. */
const STALL_RISK_AT = 0.8;

export function judge(rules: WatchRules, subject: Subject, before: WatchMemory, sample: Sample): Verdict {
  const { estimate } = subject;
  const memory = remember(before, sample, {
    memBytes: KILL_FACTOR * estimate.memBytes,
    cpuCores: KILL_FACTOR * estimate.cpuCores,
  });
  const risks = (['elapsed', 'mem', 'cpu'] as const).filter(
    (dim) => !memory.risksTold.includes(dim) && aboveEstimate(dim, subject, memory, sample),
  );
  const events: TaskEvent[] = risks.map((dim) => runawayRisk(dim, rules, subject, memory, sample));
  const stall = stallRisk(subject, memory);
  if (stall !== null) events.push(stall);
  return {
    memory: {
      ...memory,
      risksTold: [...memory.risksTold, ...risks],
      stallTold: memory.stallTold || stall !== null,
    },
    events,
    kill: killFor(rules, subject, memory, sample),
    dueInMs: dueIn(subject, memory),
  };
}

function aboveEstimate(dim: Dim, { estimate }: Subject, memory: WatchMemory, sample: Sample): boolean {
  switch (dim) {
    case 'elapsed':
      return memory.elapsedMs > estimate.timeMs;
    case 'mem':
      return sample.memBytes > estimate.memBytes;
    case 'cpu':
      return (memory.cpu.cores ?? 0) > estimate.cpuCores * CPU_RISK_MARGIN;
  }
}

function killFor(rules: WatchRules, subject: Subject, memory: WatchMemory, sample: Sample): Verdict['kill'] {
  const { estimate, limits } = subject;
  if (sample.oomKills > 0)
    return {
      reason: 'cgroup_oom_killed',
      detail: {
        cap_bytes: subject.memMaxBytes,
        peak_mem_bytes: memory.peakMemBytes,
        oom_kills: sample.oomKills,
      },
    };
  const pctLimitBytes = Math.floor((rules.memTotalBytes * limits.memPctLimit) / 100);
  const limitBytes = Math.min(pctLimitBytes, subject.memMaxBytes);
  if (!rules.driverCapsMem && sample.memBytes > limitBytes)
    return {
      reason: 'mem_exceeded',
      detail: {
        peak_mem_bytes: memory.peakMemBytes,
        limit_bytes: limitBytes,
        mem_pct_limit_bytes: pctLimitBytes,
      },
    };
  if (memory.elapsedMs > limits.killTimeoutMs)
    return {
      reason: 'elapsed_exceeded',
      detail: { elapsed_ms: Math.round(memory.elapsedMs), kill_timeout_ms: limits.killTimeoutMs },
    };
  if (atLeast(memory.memOverMs, rules.toleranceWindowMs))
    return {
      reason: 'estimated_mem_exceeded',
      detail: {
        peak_mem_bytes: memory.peakMemBytes,
        mem_bytes: sample.memBytes,
        estimated_mem_bytes: estimate.memBytes,
        sustained_ms: Math.round(memory.memOverMs ?? 0),
      },
    };
  if (atLeast(memory.cpuOverMs, rules.toleranceWindowMs))
    return {
      reason: 'estimated_cpu_exceeded',
      detail: {
        cpu_cores: round2(memory.cpu.cores ?? 0),
        estimated_cpu_cores: estimate.cpuCores,
        sustained_ms: Math.round(memory.cpuOverMs ?? 0),
      },
    };
  if (atLeast(memory.pids.growingMs, rules.pidsWindowMs))
    return {
      reason: 'pids_exceeded',
      detail: { pids_max: subject.pidsMax, refused_forks: sample.pidsMaxHits },
    };
  if (limits.observabilityMs > 0 && memory.silentMs > limits.observabilityMs)
    return {
      reason: 'observability_stall',
      detail: { silent_ms: Math.round(memory.silentMs), observability_interval_ms: limits.observabilityMs },
    };
  return null;
}

function runawayRisk(
  dim: Dim,
  rules: WatchRules,
  { estimate, limits }: Subject,
  memory: WatchMemory,
  sample: Sample,
): TaskEvent {
  const windowS = Math.round(rules.toleranceWindowMs / 1000);
  switch (dim) {
    case 'elapsed':
      return {
        event: 'runaway_risk',
        dim,
        estimate: estimate.timeMs,
        actual: Math.round(memory.elapsedMs),
        kill_at: limits.killTimeoutMs,
        kill_in_s: Math.max(0, Math.round((limits.killTimeoutMs - memory.elapsedMs) / 1000)),
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
        actual: round2(memory.cpu.cores ?? 0),
        kill_at: KILL_FACTOR * estimate.cpuCores,
        kill_in_s: windowS,
        hint: `It uses more CPU than estimated; above kill_at for ${windowS} s it will be killed.`,
      };
  }
}

function stallRisk({ limits }: Subject, memory: WatchMemory): TaskEvent | null {
  const { observabilityMs } = limits;
  if (observabilityMs === 0 || memory.stallTold || memory.silentMs <= STALL_RISK_AT * observabilityMs)
    return null;
  const cores = memory.cpu.cores ?? 0;
  return {
    event: 'stall_risk',
    silent_s: Math.round(memory.silentMs / 1000),
    kill_in_s: Math.max(0, Math.round((observabilityMs - memory.silentMs) / 1000)),
    diagnosis:
      cores > 0.05
        ? `busy: using ${round2(cores)} cores without printing`
        : 'idle: using no CPU and printing nothing',
    last_line: null,
    hint: 'Print a line of progress, or raise --observability_interval; Python and C programs may be buffering their output.',
  };
}

/** Time until elapsed or silence crosses its next mark, so that no such rule waits for the next tick. */
function dueIn({ estimate, limits }: Subject, memory: WatchMemory): number | null {
  const marks = [estimate.timeMs - memory.elapsedMs, limits.killTimeoutMs - memory.elapsedMs];
  if (limits.observabilityMs > 0)
    marks.push(
      STALL_RISK_AT * limits.observabilityMs - memory.silentMs,
      limits.observabilityMs - memory.silentMs,
    );
  const ahead = marks.filter((mark) => mark >= 0);
  return ahead.length === 0 ? null : Math.floor(Math.min(...ahead)) + 1;
}

function atLeast(value: number | null, threshold: number): boolean {
  return value !== null && value >= threshold;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
