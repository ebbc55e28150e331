// The watchdog's state of one attempt between two samples. Pure: a new state for each sample.
import type { Now } from '../core/clock.ts';
import type { Estimate, Limits } from '../core/estimate.ts';
import type { Dim, StrayProcess } from '../core/events.ts';
import type { KillReason } from '../core/kill-reasons.ts';
import { type CpuTrail, extendCpuTrail, newCpuTrail } from './cpu-trail.ts';
import { type Demand, starvedPart } from './starvation.ts';

/** The estimate and limits that the task was measured against. */
interface Requested {
  readonly estimate: Estimate;
  readonly limits: Limits;
}

export interface WatchState {
  readonly lastMonoMs: number;
  /** No sample has been judged yet: the elapsed and silent times come from files and the wall clock. */
  readonly isNew: boolean;
  /** Null before the first judged sample. */
  readonly requested: Requested | null;
  /** Running time by the monotonic clock, without pauses. */
  readonly elapsedMs: number;
  /** Time since output last counted as progress. */
  readonly silentMs: number;
  /** The part of the silence in which it was ready and the host did not run it. */
  readonly starvedSilentMs: number;
  readonly outputBytes: number;
  readonly outputAt: number | null;
  /** CPU time at the last output. */
  readonly cpuUsecAtOutput: number;
  readonly cpu: { readonly usec: number; readonly monoMs: number; readonly cores: number | null };
  readonly cpuTrail: CpuTrail;
  readonly io: { readonly bytes: number | null; readonly monoMs: number; readonly bytesPerS: number | null };
  readonly peakMemBytes: number;
  /** How fast the peak rises, from two readings; a use that goes up and down below its peak does not grow. */
  readonly growth: { readonly peakBytes: number; readonly monoMs: number; readonly bytesPerS: number };
  /** CPU use as an exponentially weighted mean over about ten seconds, and its maximum. */
  readonly smoothCpuCores: number;
  readonly peakCpuCores: number;
  /** How long the use has been above twice the estimate without a break; null when it is not. */
  readonly memOverMs: number | null;
  readonly cpuOverMs: number | null;
  readonly pids: { readonly hits: number; readonly growingMs: number | null };
  readonly reportedRisks: readonly Dim[];
  readonly isStallReported: boolean;
  readonly areStraysReported: boolean;
  readonly isOutlivedReported: boolean;
  readonly reportedWouldKills: readonly KillReason[];
}

/** The main process has ended, and others are left. */
export interface Outlived {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** From the start of the main process to its end. */
  readonly mainRanMs: number;
  /** Since its end. */
  readonly sinceMs: number;
  /** Some of those that are left. */
  readonly processes: readonly { readonly pid: number; readonly name: string }[];
  readonly count: number;
}

/** One reading of an attempt. */
export interface Sample {
  readonly now: Now;
  readonly memBytes: number;
  readonly cpuUsec: number;
  /** Null when the driver does not count it, or when no stall warning is near. */
  readonly ioReadBytes: number | null;
  readonly ioWriteBytes: number | null;
  readonly oomKills: number;
  /** The OOM kills happened at the task's own cap, not for lack of memory outside of it. */
  readonly isOomAtOwnCap: boolean;
  readonly pidsMaxHits: number;
  /** Processes of the task outside of its group. */
  readonly strays: readonly StrayProcess[];
  /** Null while the main process lives, or when its end is not known. */
  readonly outlived: Outlived | null;
  /** Over the last seconds. Null: not measured, or idle. */
  readonly demand: Demand | null;
  /** Since the start: seconds ready without CPU for each second of CPU time. Null: not measured. */
  readonly waitPerCpuSecond: number | null;
  /** Bytes the command has printed so far; 0 with --observability=strict (see repetition.ts). */
  readonly outputBytes: number;
  /** When the log was last written to, or strict progress was last seen, epoch ms. A full disk stops the log's size, not this. */
  readonly outputAt: number | null;
}

/** `elapsedMs` and `silentMs` are above zero for an attempt adopted from an earlier daemon. */
export function newWatchState(sample: Sample, elapsedMs: number, silentMs: number): WatchState {
  const { monoMs } = sample.now;
  return {
    lastMonoMs: monoMs,
    isNew: true,
    requested: null,
    elapsedMs,
    silentMs,
    starvedSilentMs: 0,
    outputBytes: sample.outputBytes,
    outputAt: sample.outputAt,
    cpuUsecAtOutput: sample.cpuUsec,
    cpu: { usec: sample.cpuUsec, monoMs, cores: null },
    cpuTrail: newCpuTrail({ usec: sample.cpuUsec, monoMs }),
    io: { bytes: ioBytes(sample), monoMs, bytesPerS: null },
    peakMemBytes: sample.memBytes,
    growth: { peakBytes: sample.memBytes, monoMs, bytesPerS: 0 },
    smoothCpuCores: 0,
    peakCpuCores: 0,
    memOverMs: null,
    cpuOverMs: null,
    pids: { hits: sample.pidsMaxHits, growingMs: null },
    reportedRisks: [],
    isStallReported: false,
    areStraysReported: false,
    isOutlivedReported: false,
    reportedWouldKills: [],
  };
}

/** The use above which a window grows, and the silence up to which a gap counts. */
export interface Thresholds {
  readonly memBytes: number;
  readonly cpuCores: number;
  readonly silentMs: number;
  /** The estimate, up to which the task has a claim to CPU. */
  readonly claimedCores: number;
}

/** A rate over a shorter time is noise: scheduling and counters have a granularity of milliseconds. */
const MIN_RATE_INTERVAL_MS = 500;
/** Samples that growth causes are 100 ms apart; memory is counted exactly. */
const MIN_GROWTH_INTERVAL_MS = 50;
const CPU_SMOOTHING_MS = 10_000;

/**
 * Updates clocks, rates, peaks and windows. Over a gap (no samples: the daemon or the host stood still) running time
 * counts, and silence counts up to its threshold. A window keeps what it had counted if its condition holds after the gap.
 */
export function applySample(
  state: WatchState,
  sample: Sample,
  thresholds: Thresholds,
  isGap: boolean,
): WatchState {
  const stepMs = Math.max(0, sample.now.monoMs - state.lastMonoMs);
  const cpu = cpuRate(state.cpu, sample);
  const isCpuFresh = cpu !== state.cpu;
  const smoothCpuCores = isCpuFresh
    ? smooth(state.smoothCpuCores, cpu.cores ?? 0, cpu.monoMs - state.cpu.monoMs)
    : state.smoothCpuCores;
  const printed = sample.outputBytes !== state.outputBytes || sample.outputAt !== state.outputAt;
  const starvedMs = isGap ? 0 : stepMs * starvedPart(sample.demand, thresholds.claimedCores);
  // The use during a gap is unknown: the gap itself counts for no window.
  const over = (beforeMs: number | null, holds: boolean) => sustained(beforeMs, holds, isGap ? 0 : stepMs);
  return {
    ...state,
    lastMonoMs: sample.now.monoMs,
    isNew: false,
    elapsedMs: state.elapsedMs + stepMs,
    silentMs: printed ? 0 : silence(state, stepMs, isGap ? thresholds.silentMs : Number.POSITIVE_INFINITY),
    starvedSilentMs: printed ? 0 : state.starvedSilentMs + starvedMs,
    outputBytes: sample.outputBytes,
    outputAt: sample.outputAt,
    cpuUsecAtOutput: printed ? sample.cpuUsec : state.cpuUsecAtOutput,
    cpu,
    cpuTrail: extendCpuTrail(state.cpuTrail, { usec: sample.cpuUsec, monoMs: sample.now.monoMs }),
    io: ioRate(state.io, sample),
    peakMemBytes: Math.max(state.peakMemBytes, sample.memBytes),
    growth: growth(state.growth, sample),
    smoothCpuCores,
    peakCpuCores: Math.max(state.peakCpuCores, smoothCpuCores),
    memOverMs: over(state.memOverMs, sample.memBytes > thresholds.memBytes),
    // After a pause there is no rate yet: the window neither grows nor ends.
    cpuOverMs: cpu.cores === null ? state.cpuOverMs : over(state.cpuOverMs, cpu.cores > thresholds.cpuCores),
    pids: refusals(state.pids, sample, over),
    isStallReported: state.isStallReported && !printed,
  };
}

/** A sample of a paused attempt: clocks and windows stand still, and rates start again after the pause. */
export function applyPausedSample(state: WatchState, sample: Sample): WatchState {
  const { monoMs } = sample.now;
  return {
    ...state,
    lastMonoMs: monoMs,
    cpu: { usec: sample.cpuUsec, monoMs, cores: null },
    cpuTrail: newCpuTrail({ usec: sample.cpuUsec, monoMs }),
    io: { bytes: ioBytes(sample), monoMs, bytesPerS: null },
    peakMemBytes: Math.max(state.peakMemBytes, sample.memBytes),
    growth: { peakBytes: Math.max(state.growth.peakBytes, sample.memBytes), monoMs, bytesPerS: 0 },
    pids: { ...state.pids, hits: sample.pidsMaxHits },
  };
}

/** After `adjust`: resets the reports and windows of every number that changed; measurements stay. */
export function applyAdjust(state: WatchState, requested: Requested): WatchState {
  const before = state.requested;
  if (before === null) return { ...state, requested };
  if (before.estimate === requested.estimate && before.limits === requested.limits) return state;
  const changed: Readonly<Record<Dim, boolean>> = {
    elapsed:
      before.estimate.timeMs !== requested.estimate.timeMs ||
      before.limits.killTimeoutMs !== requested.limits.killTimeoutMs,
    mem: before.estimate.memBytes !== requested.estimate.memBytes,
    cpu: before.estimate.cpuCores !== requested.estimate.cpuCores,
  };
  const isSilenceChanged = before.limits.observabilityMs !== requested.limits.observabilityMs;
  if (!isSilenceChanged && !Object.values(changed).includes(true)) return state;
  return {
    ...state,
    requested,
    silentMs: isSilenceChanged ? 0 : state.silentMs,
    starvedSilentMs: isSilenceChanged ? 0 : state.starvedSilentMs,
    isStallReported: state.isStallReported && !isSilenceChanged,
    memOverMs: changed.mem ? null : state.memOverMs,
    cpuOverMs: changed.cpu ? null : state.cpuOverMs,
    reportedRisks: state.reportedRisks.filter((dim) => !changed[dim]),
    reportedWouldKills: [],
  };
}

/** At most `limitMs`, unless the observed silence was already longer. */
function silence({ isNew, silentMs }: WatchState, stepMs: number, limitMs: number): number {
  const observedMs = isNew ? 0 : silentMs;
  return Math.min(silentMs + stepMs, Math.max(observedMs, limitMs));
}

/** Null while the condition does not hold, 0 at its first sample, then how long it has held. */
function sustained(beforeMs: number | null, holds: boolean, stepMs: number): number | null {
  if (!holds) return null;
  return beforeMs === null ? 0 : beforeMs + stepMs;
}

function refusals(
  before: WatchState['pids'],
  { pidsMaxHits: hits }: Sample,
  over: (beforeMs: number | null, holds: boolean) => number | null,
): WatchState['pids'] {
  if (hits === before.hits && before.growingMs === null) return before;
  return { hits, growingMs: over(before.growingMs, hits > before.hits) };
}

function cpuRate(before: WatchState['cpu'], sample: Sample): WatchState['cpu'] {
  const intervalMs = sample.now.monoMs - before.monoMs;
  if (intervalMs < MIN_RATE_INTERVAL_MS) return before;
  const cores = Math.max(0, (sample.cpuUsec - before.usec) / 1000 / intervalMs);
  return { usec: sample.cpuUsec, monoMs: sample.now.monoMs, cores };
}

function growth(before: WatchState['growth'], { now, memBytes }: Sample): WatchState['growth'] {
  const intervalMs = now.monoMs - before.monoMs;
  if (intervalMs < MIN_GROWTH_INTERVAL_MS) return before;
  const peakBytes = Math.max(before.peakBytes, memBytes);
  return {
    peakBytes,
    monoMs: now.monoMs,
    bytesPerS: ((peakBytes - before.peakBytes) * 1000) / intervalMs,
  };
}

function ioRate(before: WatchState['io'], sample: Sample): WatchState['io'] {
  const intervalMs = sample.now.monoMs - before.monoMs;
  if (intervalMs < MIN_RATE_INTERVAL_MS) return before;
  const bytes = ioBytes(sample);
  if (bytes === null && before.bytes === null) return before;
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
