// Computes the figures of a replay.
import { p95 } from '../support/statistics.ts';
import type { Replay } from './simulate.ts';
import type { Trace } from './swf.ts';

export interface Figures {
  readonly jobs: number;
  readonly averageBoundedSlowdown: number;
  readonly meanWaitS: number;
  readonly p95WaitS: number;
  /** Used / available processor time, from the first submission to the last end. */
  readonly utilisation: number;
  /** Jain's index of the owners' mean bounded slowdowns: 1 when all are equal, 1/owners when one has all of it. */
  readonly fairness: number;
  /** Mean bounded slowdown of the owner with the most work; the others have the rest of `averageBoundedSlowdown`. */
  readonly largestOwner: number;
  /** Share of the promised starts that came more than a second late; NaN without a promise. */
  readonly late: number;
}

/** Limits the slowdown of jobs that are too short for a user to notice a delay. */
const TAU_MS = 10_000;

/** max(1, (wait + run) / max(run, tau)), Feitelson and Rudolph, JSSPP 1998. */
export function boundedSlowdown(waitMs: number, runMs: number): number {
  return Math.max(1, (waitMs + runMs) / Math.max(runMs, TAU_MS));
}

/** (sum of x)^2 / (n x sum of x^2), Jain, Chiu and Hawe, DEC-TR-301, 1984. */
export function jainIndex(values: readonly number[]): number {
  const sum = total(values);
  return (sum * sum) / (values.length * total(values.map((value) => value * value)));
}

export function figuresOf({ jobs, processors }: Trace, { startsMs, promisesMs }: Replay): Figures {
  const waitsMs = jobs.map(({ submitMs }, index) => (startsMs[index] ?? Number.NaN) - submitMs);
  const slowdowns = jobs.map(({ runMs }, index) => boundedSlowdown(waitsMs[index] ?? Number.NaN, runMs));
  const endsMs = jobs.map(({ runMs }, index) => (startsMs[index] ?? Number.NaN) + runMs);
  const lastMs = endsMs.reduce((last, end) => Math.max(last, end), 0);
  const usedMs = total(jobs.map((job) => job.processors * job.runMs));
  const byOwner = Map.groupBy(jobs.keys(), (index) => jobs[index]?.owner);
  const slowdownOf = (own: readonly number[]) => mean(own.map((index) => slowdowns[index] ?? Number.NaN));
  const workOf = (own: readonly number[]) =>
    total(own.map((index) => (jobs[index]?.processors ?? 0) * (jobs[index]?.runMs ?? 0)));
  const owners = [...byOwner.values()].map((own) => ({ slowdown: slowdownOf(own), work: workOf(own) }));
  const largest = owners.reduce((most, owner) => (owner.work > most.work ? owner : most));
  return {
    jobs: jobs.length,
    averageBoundedSlowdown: mean(slowdowns),
    meanWaitS: mean(waitsMs) / 1000,
    p95WaitS: p95(waitsMs) / 1000,
    utilisation: usedMs / (processors * (lastMs - (jobs[0]?.submitMs ?? 0))),
    fairness: jainIndex(owners.map(({ slowdown }) => slowdown)),
    largestOwner: largest.slowdown,
    late: lateShare(startsMs, promisesMs),
  };
}

const LATE_MS = 1000;

function lateShare(startsMs: Float64Array, promisesMs: Float64Array): number {
  const promised = [...promisesMs.keys()].filter((index) => !Number.isNaN(promisesMs[index]));
  const isLate = (index: number) => Number(startsMs[index]) > Number(promisesMs[index]) + LATE_MS;
  return promised.filter(isLate).length / promised.length;
}

function mean(values: readonly number[]): number {
  return total(values) / values.length;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
