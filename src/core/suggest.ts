// Suggests estimates for the next run from the use measured in this one.
import type { Estimate } from './estimate.ts';
import { type KillDetail, type KillReason, killReasonRow, numberIn } from './kill-reasons.ts';
import { isEnded, type Task, type Usage } from './task.ts';

/** The next run may have other data, a colder cache and a busier host. */
const HEADROOM = 1.25;
/** A killed run shows only that the estimate was too low, not by how much. */
const CUT_SHORT_FACTOR = 1.5;
const MEM_STEP_BYTES = 64 * 1024 ** 2;
const CPU_STEP_CORES = 0.5;

/**
 * Per dimension 1.25 x the measured use, rounded up (64 MiB, half a core, 1 s to 1 min). Only a completed run lowers an
 * estimate; a run killed for a dimension raises it to at least 1.5 x. A dimension without a measurement keeps its estimate.
 */
export function suggestEstimates(
  task: Task,
  usage: Usage | null,
  kill: { readonly reason: KillReason; readonly detail: KillDetail } | null,
): Estimate {
  const { estimate, state } = task;
  const isWhole = state.status === 'completed';
  const elapsedMs = largest(elapsedOf(task), numberIn(kill?.detail, 'elapsed_ms'));
  const suggest = (old: number, measured: number | null, isCutShort: boolean): number => {
    const least = isCutShort ? CUT_SHORT_FACTOR * old : isWhole && measured !== null ? 0 : old;
    return Math.max(least, HEADROOM * (measured ?? 0));
  };
  const exceeded = kill === null ? undefined : killReasonRow(kill.reason).exceeded;
  const peakMemBytes = largest(usage?.peakMemBytes, numberIn(kill?.detail, 'peak_mem_bytes'));
  const meanCores = elapsedMs === null ? null : (usage?.cpuSeconds ?? 0) / (elapsedMs / 1000);
  const peakCores = largest(usage?.peakCpuCores, numberIn(kill?.detail, 'cpu_cores'));
  // A mean hides phases of high use: without a measured peak the estimate is not lowered.
  const leastCores = peakCores === null ? estimate.cpuCores : peakCores;
  const cores = suggest(estimate.cpuCores, meanCores, exceeded === 'cpuCores');
  return {
    timeMs: roundUpTime(suggest(estimate.timeMs, elapsedMs, exceeded === 'timeMs')),
    memBytes: roundUp(suggest(estimate.memBytes, peakMemBytes, exceeded === 'memBytes'), MEM_STEP_BYTES),
    cpuCores: roundUp(Math.max(leastCores, cores), CPU_STEP_CORES),
  };
}

function elapsedOf({ state }: Task): number | null {
  if (!isEnded(state) || state.attempt?.startedAt == null) return null;
  const { startedAt, pausedMs } = state.attempt;
  return Math.max(1, state.endedAt - startedAt - pausedMs);
}

function largest(...values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? null : Math.max(...known);
}

function roundUp(value: number, step: number): number {
  return Math.max(1, Math.ceil(value / step - 1e-9)) * step;
}

function roundUpTime(timeMs: number): number {
  if (timeMs <= 60_000) return roundUp(timeMs, 1_000);
  return roundUp(timeMs, timeMs <= 600_000 ? 10_000 : 60_000);
}
