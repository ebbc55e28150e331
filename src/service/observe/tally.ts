// Adds up what ended tasks took, waited for and lost.
import { setImmediate } from 'node:timers/promises';
import type { HistoryGroup, Quantiles } from '../../api/schemas/observe/history-summary.ts';
import { meanCores } from '../../core/answers/suggest.ts';
import type { EndedState, Usage } from '../../core/task.ts';
import type { EndedTask } from '../../store/ended-tasks.ts';
import { roundCores } from '../../units/number.ts';

/** A shorter run shows no rate of CPU use. */
const CPU_MIN_MS = 5_000;

/** One attempt that was cut short. */
export interface Loss {
  readonly reason: string;
  readonly ranMs: number;
  readonly cpuSeconds: number;
}

/** What one ended task adds. */
export interface Run {
  readonly status: EndedState['status'];
  readonly endedAt: number;
  readonly ranMs: number;
  readonly cpuSeconds: number;
  /** Null: it never started. */
  readonly waitMs: number | null;
  readonly losses: readonly Loss[];
  /** Estimate / use; null: not measured, or the run was cut short. */
  readonly ratio: { readonly time: number | null; readonly mem: number | null; readonly cpu: number | null };
  readonly unusedMemByteS: number;
  readonly unusedCoreS: number;
}

export function runOf({ state, estimate, history, submittedAt }: EndedTask): Run {
  const { startedAt, pausedMs } = state;
  const lastMs =
    startedAt === null ? 0 : Math.max(0, Math.round(state.endedAt - startedAt - (pausedMs ?? 0)));
  const attempts = [
    ...history.map(({ status, reason, startedAt, endedAt, usage }) => ({
      ...{ status, reason: reason ?? status, usage },
      ranMs: startedAt === null ? 0 : Math.max(0, endedAt - startedAt),
    })),
    { status: state.status, reason: state.reason ?? state.status, usage: state.usage, ranMs: lastMs },
  ];
  const firstMs = history.find((attempt) => attempt.startedAt !== null)?.startedAt ?? startedAt;
  const isWhole = state.status === 'completed' && lastMs > 0;
  const peakBytes = isWhole ? (state.usage?.peakMemBytes ?? null) : null;
  const cores = isWhole && lastMs > CPU_MIN_MS ? meanCores(state.usage, lastMs) : null;
  return {
    status: state.status,
    endedAt: state.endedAt,
    ranMs: attempts.reduce((sum, { ranMs }) => sum + ranMs, 0),
    cpuSeconds: attempts.reduce((sum, { usage }) => sum + cpuOf(usage), 0),
    waitMs: firstMs === null ? null : Math.max(0, firstMs - submittedAt),
    losses: attempts
      .filter(({ status }) => status === 'killed' || status === 'interrupted')
      .map(({ reason, ranMs, usage }) => ({ reason, ranMs, cpuSeconds: cpuOf(usage) })),
    ratio: {
      time: isWhole ? estimate.timeMs / lastMs : null,
      mem: ratioOf(estimate.memBytes, peakBytes),
      cpu: ratioOf(estimate.cpuCores, cores),
    },
    unusedMemByteS: peakBytes === null ? 0 : (Math.max(0, estimate.memBytes - peakBytes) * lastMs) / 1000,
    unusedCoreS: cores === null ? 0 : (Math.max(0, estimate.cpuCores - cores) * lastMs) / 1000,
  };
}

function cpuOf(usage: Usage | null): number {
  return usage?.cpuSeconds ?? 0;
}

function ratioOf(estimate: number, used: number | null): number | null {
  return used === null || used <= 0 ? null : estimate / used;
}

/** Of one group, or of all tasks. */
export class Tally {
  readonly #counts = { completed: 0, failed: 0, killed: 0, interrupted: 0 };
  readonly #waits: number[] = [];
  readonly #ratios = { time: [] as number[], mem: [] as number[], cpu: [] as number[] };
  readonly #sums = {
    ranMs: 0,
    cpuSeconds: 0,
    lostMs: 0,
    lostCpuSeconds: 0,
    unusedMemByteS: 0,
    unusedCoreS: 0,
  };

  add(run: Run): void {
    this.#counts[run.status] += 1;
    if (run.waitMs !== null) this.#waits.push(run.waitMs);
    for (const dim of ['time', 'mem', 'cpu'] as const) {
      const ratio = run.ratio[dim];
      if (ratio !== null) this.#ratios[dim].push(ratio);
    }
    const sums = this.#sums;
    sums.ranMs += run.ranMs;
    sums.cpuSeconds += run.cpuSeconds;
    sums.unusedMemByteS += run.unusedMemByteS;
    sums.unusedCoreS += run.unusedCoreS;
    for (const { ranMs, cpuSeconds } of run.losses) {
      sums.lostMs += ranMs;
      sums.lostCpuSeconds += cpuSeconds;
    }
  }

  get ranMs(): number {
    return this.#sums.ranMs;
  }

  async view(): Promise<Omit<HistoryGroup, 'key'>> {
    const { completed, failed, killed, interrupted } = this.#counts;
    const sums = this.#sums;
    return {
      tasks: completed + failed + killed + interrupted,
      ...{ completed, failed, killed, interrupted },
      ran_ms: Math.round(sums.ranMs),
      cpu_seconds: round(sums.cpuSeconds),
      wait_ms: await quantiles(this.#waits, Math.round),
      waited_ms: this.#waits.reduce((sum, ms) => sum + ms, 0),
      lost_ms: Math.round(sums.lostMs),
      lost_cpu_seconds: round(sums.lostCpuSeconds),
      time_ratio: await quantiles(this.#ratios.time, round),
      mem_ratio: await quantiles(this.#ratios.mem, round),
      cpu_ratio: await quantiles(this.#ratios.cpu, round),
      unused_mem_byte_s: Math.round(sums.unusedMemByteS),
      unused_core_s: roundCores(sums.unusedCoreS),
    };
  }
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}

/** Sorting so many takes a millisecond: other clients come in between. */
const MANY = 10_000;

/** Nearest rank: the values are those of runs. */
export async function quantiles(
  values: readonly number[],
  shown: (value: number) => number,
): Promise<Quantiles> {
  if (values.length === 0) return null;
  if (values.length > MANY) await setImmediate();
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => shown(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return { n: sorted.length, p50: at(0.5), p90: at(0.9) };
}
