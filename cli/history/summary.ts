// Sums up ended tasks: ends, kills, waits, and estimates against use, for each command, owner and project.
import type { PastRunView } from '../../src/api/schemas/observe/history.ts';

/** Estimate ÷ use: 1 is exact, 3 is three times too much, 0.5 is half of what was needed. */
export interface Calibration {
  readonly p50: number;
  readonly p90: number;
}

export interface HistoryGroup {
  readonly name: string;
  readonly runs: number;
  readonly failed: number;
  readonly killed: number;
  readonly waited_p50_ms: number | null;
  readonly waited_p90_ms: number | null;
  readonly ran_ms: number;
  /** Running time of tasks that did not complete. */
  readonly lost_ms: number;
  readonly time: Calibration | null;
  readonly mem: Calibration | null;
  /** Memory that was reserved and not used, times the running time: others waited for it. */
  readonly idle_mem_byte_s: number;
}

export interface HistoryBucket {
  /** Start of the time, in epoch ms. */
  readonly at: number;
  readonly completed: number;
  readonly failed: number;
  readonly killed: number;
  readonly waited_p90_ms: number | null;
}

export interface HistorySummary {
  readonly all: HistoryGroup;
  /** Most frequent first. Kills of earlier attempts count as well. */
  readonly kills: readonly { readonly reason: string; readonly count: number }[];
  readonly buckets: readonly HistoryBucket[];
  readonly by: Readonly<Record<Dimension, readonly HistoryGroup[]>>;
  /** Groups that are not shown, of the dimension with the most. */
  readonly more_groups: number;
}

export const DIMENSIONS = ['command', 'owner', 'project'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

const BUCKETS = 48;
const GROUPS_MAX = 100;

interface Sums {
  runs: number;
  failed: number;
  killed: number;
  ranMs: number;
  lostMs: number;
  idleMemByteS: number;
  readonly waitedMs: number[];
  readonly time: number[];
  readonly mem: number[];
}

const noSums = (): Sums => ({
  ...{ runs: 0, failed: 0, killed: 0, ranMs: 0, lostMs: 0, idleMemByteS: 0 },
  ...{ waitedMs: [], time: [], mem: [] },
});

export class HistorySums {
  readonly #from: number;
  readonly #bucketMs: number;
  /** What groups the runs of a command. */
  readonly #commandOf: (command: string) => string;
  readonly #all = noSums();
  readonly #kills = new Map<string, number>();
  readonly #groups = new Map<Dimension, Map<string, Sums>>(DIMENSIONS.map((dim) => [dim, new Map()]));
  readonly #buckets = Array.from({ length: BUCKETS }, noSums);

  constructor(from: number, to: number, commandOf: (command: string) => string) {
    this.#from = from;
    this.#bucketMs = Math.max(1, (to - from) / BUCKETS);
    this.#commandOf = commandOf;
  }

  add(run: PastRunView): void {
    const bucket = Math.floor((Date.parse(run.ended_at) - this.#from) / this.#bucketMs);
    const sums = [
      this.#all,
      this.#group('command', this.#commandOf(run.command)),
      this.#group('owner', run.owner),
      this.#group('project', run.project),
      this.#buckets[Math.min(BUCKETS - 1, Math.max(0, bucket))] ?? this.#all,
    ];
    for (const each of sums) addTo(each, run);
    const reasons = run.status === 'killed' && run.reason !== null ? [run.reason] : [];
    for (const reason of [...run.earlier_kills, ...reasons])
      this.#kills.set(reason, (this.#kills.get(reason) ?? 0) + 1);
  }

  summary(): HistorySummary {
    const groups = (dim: Dimension) =>
      [...(this.#groups.get(dim) ?? [])]
        .map(([name, sums]) => groupOf(name, sums))
        .sort((a, b) => b.runs - a.runs);
    const by = { command: groups('command'), owner: groups('owner'), project: groups('project') };
    return {
      all: groupOf('all', this.#all),
      kills: [...this.#kills].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count),
      buckets: this.#buckets.map(({ runs, failed, killed, waitedMs }, i) => ({
        at: Math.round(this.#from + i * this.#bucketMs),
        completed: runs - failed - killed,
        failed,
        killed,
        waited_p90_ms: percentile(waitedMs, 0.9),
      })),
      by: {
        command: by.command.slice(0, GROUPS_MAX),
        owner: by.owner.slice(0, GROUPS_MAX),
        project: by.project.slice(0, GROUPS_MAX),
      },
      more_groups: Math.max(0, ...Object.values(by).map(({ length }) => length - GROUPS_MAX)),
    };
  }

  #group(dim: Dimension, name: string): Sums {
    const groups = this.#groups.get(dim);
    const found = groups?.get(name) ?? noSums();
    groups?.set(name, found);
    return found;
  }
}

function addTo(sums: Sums, run: PastRunView): void {
  const { status, elapsed_ms: elapsed, peak_mem_bytes: peak, waited_ms: waited } = run;
  sums.runs += 1;
  if (status === 'killed') sums.killed += 1;
  else if (status !== 'completed') sums.failed += 1;
  if (waited !== null) sums.waitedMs.push(waited);
  if (elapsed === null || elapsed <= 0) return;
  sums.ranMs += elapsed;
  if (status !== 'completed') sums.lostMs += elapsed;
  // A run that was cut short shows neither its time nor its peak.
  if (status === 'completed') sums.time.push(run.estimated_time_ms / elapsed);
  if (peak === null || peak <= 0) return;
  if (status === 'completed') sums.mem.push(run.estimated_mem_bytes / peak);
  sums.idleMemByteS += (Math.max(0, run.estimated_mem_bytes - peak) * elapsed) / 1000;
}

function groupOf(name: string, sums: Sums): HistoryGroup {
  return {
    name,
    runs: sums.runs,
    failed: sums.failed,
    killed: sums.killed,
    waited_p50_ms: percentile(sums.waitedMs, 0.5),
    waited_p90_ms: percentile(sums.waitedMs, 0.9),
    ran_ms: sums.ranMs,
    lost_ms: sums.lostMs,
    time: calibration(sums.time),
    mem: calibration(sums.mem),
    idle_mem_byte_s: Math.round(sums.idleMemByteS),
  };
}

function calibration(ratios: readonly number[]): Calibration | null {
  const [p50, p90] = [percentile(ratios, 0.5), percentile(ratios, 0.9)];
  return p50 === null || p90 === null ? null : { p50, p90 };
}

/** The smallest value that is not below this part of the values; null without values. */
export function percentile(values: readonly number[], part: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
}
