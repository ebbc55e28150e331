// What the watchdog remembers of one attempt between two samples. Passed in and out; nothing else holds state.

import type { Now } from '../core/clock.ts';
import type { Dim } from '../core/events.ts';
import type { Estimate, KillReason, Limits } from '../core/task.ts';

/** What the task was measured against. */
export interface Asked {
  readonly estimate: Estimate;
  readonly limits: Limits;
}

export interface WatchState {
  readonly lastMonoMs: number;
  /** No sample has been judged yet: the clocks come from files and the wall clock. */
  readonly isNew: boolean;
  /** Null: nothing has been judged yet. */
  readonly asked: Asked | null;
  /** Time the attempt has run, counted on the monotonic clock, pauses left out. */
  readonly elapsedMs: number;
  /** Time since output last counted as progress. */
  readonly silentMs: number;
  readonly outputBytes: number;
  readonly outputAt: number | null;
  readonly cpu: { readonly usec: number; readonly monoMs: number; readonly cores: number | null };
  readonly io: { readonly bytes: number | null; readonly monoMs: number; readonly bytesPerS: number | null };
  readonly peakMemBytes: number;
  /** CPU use in cores as an exponentially weighted mean over about ten seconds, and the highest it has been. */
  readonly smoothCpuCores: number;
  readonly peakCpuCores: number;
  /** How long, without a break, a dimension has been above twice its estimate. */
  readonly memOverMs: number | null;
  readonly cpuOverMs: number | null;
  readonly pids: { readonly hits: number; readonly growingMs: number | null };
  readonly risksTold: readonly Dim[];
  readonly stallTold: boolean;
  readonly wouldKillTold: readonly KillReason[];
}

/** One reading of an attempt. */
export interface Sample {
  readonly now: Now;
  readonly memBytes: number;
  readonly cpuUsec: number;
  /** Null: not counted by this driver, or not looked at: only the warning of a stall tells it. */
  readonly ioReadBytes: number | null;
  readonly ioWriteBytes: number | null;
  readonly oomKills: number;
  readonly pidsMaxHits: number;
  /** Bytes the command has printed so far; 0 where only progress counts (see progress.ts). */
  readonly outputBytes: number;
  /** When the log was last written to, or the last progress was seen (epoch ms). Moves on a full disk too, where the log's size does not. */
  readonly outputAt: number | null;
}

/** `elapsedMs` and `silentMs` are above zero when an attempt is taken over from an earlier daemon. */
export function newWatchState(sample: Sample, elapsedMs: number, silentMs: number): WatchState {
  const { monoMs } = sample.now;
  return {
    lastMonoMs: monoMs,
    isNew: true,
    asked: null,
    elapsedMs,
    silentMs,
    outputBytes: sample.outputBytes,
    outputAt: sample.outputAt,
    cpu: { usec: sample.cpuUsec, monoMs, cores: null },
    io: { bytes: ioBytes(sample), monoMs, bytesPerS: null },
    peakMemBytes: sample.memBytes,
    smoothCpuCores: 0,
    peakCpuCores: 0,
    memOverMs: null,
    cpuOverMs: null,
    pids: { hits: sample.pidsMaxHits, growingMs: null },
    risksTold: [],
    stallTold: false,
    wouldKillTold: [],
  };
}

/** Above which a use counts as sustained, and how far a gap may move the silence. */
export interface Marks {
  readonly memBytes: number;
  readonly cpuCores: number;
  readonly silentMs: number;
}

/** A rate over less than this is noise: scheduling and counter granularity are of the order of milliseconds. */
const MIN_RATE_INTERVAL_MS = 500;
const CPU_SMOOTHING_MS = 10_000;

/**
 * Folds a sample into the memory: clocks, rates, peaks, sustained windows. Decides nothing. Across a gap (nobody watched:
 * the daemon or the machine stood still) running time counts, because the task may have run; silence counts up to its
 * mark only, and windows begin anew, because nobody saw what was in between.
 */
export function remember(state: WatchState, sample: Sample, marks: Marks, isGap: boolean): WatchState {
  const stepMs = Math.max(0, sample.now.monoMs - state.lastMonoMs);
  const cpu = cpuRate(state.cpu, sample);
  const isCpuFresh = cpu !== state.cpu;
  const smoothCpuCores = isCpuFresh
    ? smooth(state.smoothCpuCores, cpu.cores ?? 0, cpu.monoMs - state.cpu.monoMs)
    : state.smoothCpuCores;
  const printed = sample.outputBytes !== state.outputBytes || sample.outputAt !== state.outputAt;
  const over = (beforeMs: number | null, holds: boolean) => sustained(isGap ? null : beforeMs, holds, stepMs);
  return {
    lastMonoMs: sample.now.monoMs,
    isNew: false,
    asked: state.asked,
    elapsedMs: state.elapsedMs + stepMs,
    silentMs: printed ? 0 : silence(state, stepMs, isGap ? marks.silentMs : Number.POSITIVE_INFINITY),
    outputBytes: sample.outputBytes,
    outputAt: sample.outputAt,
    cpu,
    io: ioRate(state.io, sample),
    peakMemBytes: Math.max(state.peakMemBytes, sample.memBytes),
    smoothCpuCores,
    peakCpuCores: Math.max(state.peakCpuCores, smoothCpuCores),
    memOverMs: over(state.memOverMs, sample.memBytes > marks.memBytes),
    // Right after a pause there is no rate yet: the window neither grows nor ends.
    cpuOverMs: cpu.cores === null ? state.cpuOverMs : over(state.cpuOverMs, cpu.cores > marks.cpuCores),
    pids: {
      hits: sample.pidsMaxHits,
      growingMs: over(state.pids.growingMs, sample.pidsMaxHits > state.pids.hits),
    },
    risksTold: state.risksTold,
    stallTold: state.stallTold && !printed,
    wouldKillTold: state.wouldKillTold,
  };
}

/** A sample of a paused attempt: no clock and no window moves, and what passes meanwhile is in no rate. */
export function rememberPaused(state: WatchState, sample: Sample): WatchState {
  const { monoMs } = sample.now;
  return {
    ...state,
    lastMonoMs: monoMs,
    cpu: { usec: sample.cpuUsec, monoMs, cores: null },
    io: { bytes: ioBytes(sample), monoMs, bytesPerS: null },
    peakMemBytes: Math.max(state.peakMemBytes, sample.memBytes),
    pids: { ...state.pids, hits: sample.pidsMaxHits },
  };
}

/** After `adjust` gave the task new numbers: what was told or counted against the old ones begins anew, facts stay. */
export function resetFor(state: WatchState, asked: Asked): WatchState {
  const before = state.asked;
  if (before === null) return { ...state, asked };
  if (before.estimate === asked.estimate && before.limits === asked.limits) return state;
  const changed: Readonly<Record<Dim, boolean>> = {
    elapsed:
      before.estimate.timeMs !== asked.estimate.timeMs ||
      before.limits.killTimeoutMs !== asked.limits.killTimeoutMs,
    mem: before.estimate.memBytes !== asked.estimate.memBytes,
    cpu: before.estimate.cpuCores !== asked.estimate.cpuCores,
  };
  const isSilenceChanged = before.limits.observabilityMs !== asked.limits.observabilityMs;
  if (!isSilenceChanged && !Object.values(changed).includes(true)) return state;
  return {
    ...state,
    asked,
    silentMs: isSilenceChanged ? 0 : state.silentMs,
    stallTold: state.stallTold && !isSilenceChanged,
    memOverMs: changed.mem ? null : state.memOverMs,
    cpuOverMs: changed.cpu ? null : state.cpuOverMs,
    risksTold: state.risksTold.filter((dim) => !changed[dim]),
    wouldKillTold: [],
  };
}

/** Never above `limitMs`, unless it was seen to be. */
function silence({ isNew, silentMs }: WatchState, stepMs: number, limitMs: number): number {
  const seenMs = isNew ? 0 : silentMs;
  return Math.min(silentMs + stepMs, Math.max(seenMs, limitMs));
}

/** Null while the condition does not hold, 0 at its first sample, then the time it has held. */
function sustained(beforeMs: number | null, holds: boolean, stepMs: number): number | null {
  if (!holds) return null;
  return beforeMs === null ? 0 : beforeMs + stepMs;
}

function cpuRate(before: WatchState['cpu'], sample: Sample): WatchState['cpu'] {
  const intervalMs = sample.now.monoMs - before.monoMs;
  if (intervalMs < MIN_RATE_INTERVAL_MS) return before;
  const cores = Math.max(0, (sample.cpuUsec - before.usec) / 1000 / intervalMs);
  return { usec: sample.cpuUsec, monoMs: sample.now.monoMs, cores };
}

function ioRate(before: WatchState['io'], sample: Sample): WatchState['io'] {
  const intervalMs = sample.now.monoMs - before.monoMs;
  if (intervalMs < MIN_RATE_INTERVAL_MS) return before;
  const bytes = ioBytes(sample);
  const bytesPerS =
    bytes === null || before.bytes === null ? null : (Math.max(0, bytes - before.bytes) * 1000) / intervalMs;
  return { bytes, monoMs: sample.now.monoMs, bytesPerS };
}

function ioBytes({ ioReadBytes, ioWriteBytes }: Sample): number | null {
  return ioReadBytes === null && ioWriteBytes === null ? null : (ioReadBytes ?? 0) + (ioWriteBytes ?? 0);
}

/** Weight of the new value: 1 - e^(-interval / time constant). */
function smooth(before: number, value: number, intervalMs: number): number {
  return before + (value - before) * (1 - Math.exp(-intervalMs / CPU_SMOOTHING_MS));
}
