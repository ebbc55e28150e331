// The estimates for the next run, from what this one was measured to need.
import { isEnded, type KillDetail, type KillReason, type Task, type Usage } from './task.ts';

export interface SuggestedEstimates {
  readonly timeMs: number;
  readonly memBytes: number;
  readonly cpuCores: number;
}

/** Room above what was measured: the next run has other data, a colder cache, a busier host. */
const HEADROOM = 1.25;
/** A run that was cut short shows only that it needs more than it was given: at least this much more. */
const CUT_SHORT_FACTOR = 1.5;
const MEM_STEP_BYTES = 64 * 1024 ** 2;
const CPU_STEP_CORES = 0.5;

const MEM_REASONS: ReadonlySet<string> = new Set<KillReason>([
  'estimated_mem_exceeded',
  'cgroup_oom_killed',
  'mem_exceeded',
]);

/**
 * For each dimension 1.25 x what was measured, rounded up (64 MiB, half a core, a second to a minute by size).
 * A run that did not reach its own end (killed, failed, interrupted) is never taken as a reason to ask for less time or memory; one that was
 * killed for a dimension asks for at least 1.5 x its old estimate there. What was not measured keeps its estimate.
 */
export function suggestEstimates(
  task: Task,
  usage: Usage | null,
  kill: { readonly reason: string; readonly detail: KillDetail } | null,
): SuggestedEstimates {
  const { estimate, state } = task;
  const isWhole = state.status === 'completed';
  const elapsedMs = largest(elapsedOf(task), numberIn(kill?.detail, 'elapsed_ms'));
  const suggest = (old: number, measured: number | null, isCutShort: boolean): number => {
    const least = isCutShort ? CUT_SHORT_FACTOR * old : isWhole && measured !== null ? 0 : old;
    return Math.max(least, HEADROOM * (measured ?? 0));
  };
  const isOverMem = kill !== null && MEM_REASONS.has(kill.reason);
  const peakMemBytes = largest(usage?.peakMemBytes, numberIn(kill?.detail, 'peak_mem_bytes'));
  const meanCores = elapsedMs === null ? null : (usage?.cpuSeconds ?? 0) / (elapsedMs / 1000);
  const peakCores = largest(usage?.peakCpuCores, numberIn(kill?.detail, 'cpu_cores'));
  // A mean hides phases: without the highest use it is no reason to ask for less.
  const leastCores = peakCores === null ? estimate.cpuCores : peakCores;
  const cores = suggest(estimate.cpuCores, meanCores, kill?.reason === 'estimated_cpu_exceeded');
  return {
    timeMs: roundUpTime(suggest(estimate.timeMs, elapsedMs, kill?.reason === 'elapsed_exceeded')),
    memBytes: roundUp(suggest(estimate.memBytes, peakMemBytes, isOverMem), MEM_STEP_BYTES),
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

function numberIn(detail: KillDetail | undefined, key: string): number | null {
  const value = detail?.[key];
  return typeof value === 'number' ? value : null;
}

function roundUp(value: number, step: number): number {
  return Math.max(1, Math.ceil(value / step - 1e-9)) * step;
}

function roundUpTime(timeMs: number): number {
  if (timeMs <= 60_000) return roundUp(timeMs, 1_000);
  return roundUp(timeMs, timeMs <= 600_000 ? 10_000 : 60_000);
}
