// What the watchdog remembers of one attempt between two samples. Passed in and out; nothing else holds state.

import type { Now } from '../core/clock.ts';
import type { Dim } from '../core/events.ts';

export interface WatchMemory {
  readonly lastMonoMs: number;
  /** Time the attempt has run, counted on the monotonic clock. */
  readonly elapsedMs: number;
  /** Time since output last grew. */
  readonly silentMs: number;
  readonly outputBytes: number;
  readonly outputAt: number | null;
  readonly cpu: { readonly usec: number; readonly monoMs: number; readonly cores: number | null };
  readonly peakMemBytes: number;
  /** How long, without a break, a dimension has been above twice its estimate. */
  readonly memOverMs: number | null;
  readonly cpuOverMs: number | null;
  readonly pids: { readonly hits: number; readonly growingMs: number | null };
  readonly risksTold: readonly Dim[];
  readonly stallTold: boolean;
}

/** One reading of an attempt. */
export interface Sample {
  readonly now: Now;
  readonly memBytes: number;
  readonly cpuUsec: number;
  readonly oomKills: number;
  readonly pidsMaxHits: number;
  /** Bytes the command has printed so far. */
  readonly outputBytes: number;
  /** When the log was last written to (epoch ms); moves on a full disk too, where its size does not. */
  readonly outputAt: number | null;
}

/** `elapsedMs` and `silentMs` are above zero when an attempt is taken over from an earlier daemon. */
export function newMemory(sample: Sample, elapsedMs: number, silentMs: number): WatchMemory {
  return {
    lastMonoMs: sample.now.monoMs,
    elapsedMs,
    silentMs,
    outputBytes: sample.outputBytes,
    outputAt: sample.outputAt,
    cpu: { usec: sample.cpuUsec, monoMs: sample.now.monoMs, cores: null },
    peakMemBytes: sample.memBytes,
    memOverMs: null,
    cpuOverMs: null,
    pids: { hits: sample.pidsMaxHits, growingMs: null },
    risksTold: [],
    stallTold: false,
  };
}

/** A rate over less than this is noise: scheduling and counter granularity are of the order of milliseconds. */
const MIN_CPU_INTERVAL_MS = 500;

/** Folds a sample into the memory: clocks, rates, peaks, sustained windows. Decides nothing. */
export function remember(
  memory: WatchMemory,
  sample: Sample,
  limits: { memBytes: number; cpuCores: number },
): WatchMemory {
  const stepMs = Math.max(0, sample.now.monoMs - memory.lastMonoMs);
  const cpu = cpuRate(memory.cpu, sample);
  const printed = sample.outputBytes !== memory.outputBytes || sample.outputAt !== memory.outputAt;
  const silentMs = printed ? 0 : memory.silentMs + stepMs;
  return {
    ...memory,
    lastMonoMs: sample.now.monoMs,
    elapsedMs: memory.elapsedMs + stepMs,
    silentMs,
    outputBytes: sample.outputBytes,
    outputAt: sample.outputAt,
    cpu,
    peakMemBytes: Math.max(memory.peakMemBytes, sample.memBytes),
    memOverMs: sustained(memory.memOverMs, sample.memBytes > limits.memBytes, stepMs),
    cpuOverMs: sustained(memory.cpuOverMs, (cpu.cores ?? 0) > limits.cpuCores, stepMs),
    pids: {
      hits: sample.pidsMaxHits,
      growingMs: sustained(memory.pids.growingMs, sample.pidsMaxHits > memory.pids.hits, stepMs),
    },
    stallTold: memory.stallTold && !printed,
  };
}

/** Null while the condition does not hold, 0 at its first sample, then the time it has held. */
function sustained(beforeMs: number | null, holds: boolean, stepMs: number): number | null {
  if (!holds) return null;
  return beforeMs === null ? 0 : beforeMs + stepMs;
}

function cpuRate(before: WatchMemory['cpu'], sample: Sample): WatchMemory['cpu'] {
  const intervalMs = sample.now.monoMs - before.monoMs;
  if (intervalMs < MIN_CPU_INTERVAL_MS) return before;
  const cores = Math.max(0, (sample.cpuUsec - before.usec) / 1000 / intervalMs);
  return { usec: sample.cpuUsec, monoMs: sample.now.monoMs, cores };
}
