// Replays a trace in simulated time through the daemon's queue.

import { KILL_FACTOR } from '../../src/core/estimate.ts';
import { type PendingItem, type RunningItem, toRunning } from '../../src/scheduler/items.ts';
import { OwnerUse, useSoFar } from '../../src/scheduler/owner-use.ts';
import type { Policy } from '../../src/scheduler/pass.ts';
import { Heap } from '../../src/scheduler/queue/heap.ts';
import { Queue } from '../../src/scheduler/queue/queue.ts';
import { Learner, type Quantile } from './learner.ts';
import type { ReplayPolicy } from './policies.ts';
import type { Job, Trace } from './swf.ts';

/**
 * The run time that the scheduler sees. `actual` is the real one, which only a replay knows. `omitted`: the request has
 * none, so it is what was learned, else ten minutes, with the daemon's kill timeout. A job of the trace that runs longer
 * than that is not killed: its limit is raised to its request, as `adjust` does.
 */
export type EstimateUsed = 'requested' | 'actual' | 'omitted';

/** How a replay learns, and what the policy does with it; null: it learns nothing. */
export interface Learning {
  readonly use: Policy['learned'];
  readonly quantile: Quantile;
}

export interface Replay {
  /** Start times in ms since the epoch of the trace, by the index of the job. */
  readonly startsMs: Float64Array;
  /** The latest start that the first reservation of a job promised; NaN: it started without. */
  readonly promisesMs: Float64Array;
  readonly passes: number;
}

/** Receives the number of ended jobs. */
export type Progress = (ended: number) => void;

const PROGRESS_EVERY = 1024;

/** Runs one pass for each time at which jobs end or are submitted. Throws when a job never starts. */
export function simulate(
  trace: Trace,
  policy: ReplayPolicy,
  used: EstimateUsed,
  progress: Progress,
  learning: Learning | null = null,
): Replay {
  const { jobs } = trace;
  const learner = learning && new Learner(learning.quantile);
  const promisesMs = new Float64Array(jobs.length).fill(Number.NaN);
  const startsMs = new Float64Array(jobs.length).fill(Number.NaN);
  const indexOf = new Map(jobs.map(({ id }, index) => [id, index]));
  const queue = new Queue(new OwnerUse(policy.useHalfLifeMs));
  const running: RunningItem[] = [];
  const snapshot = {
    capacity: capacityOf(trace),
    outsideMemBytes: 0,
    outsideCpuCores: 0,
    running,
    leases: [],
    queue,
  };
  const ends = new Heap<{ atMs: number; item: RunningItem }>((a, b) => a.atMs - b.atMs);
  const nextEndMs = () => ends.first?.atMs ?? Number.POSITIVE_INFINITY;
  let submitted = 0;
  let ended = 0;
  let passes = 0;
  while (ended < jobs.length) {
    const nowMs = Math.min(jobs[submitted]?.submitMs ?? Number.POSITIVE_INFINITY, nextEndMs());
    if (nowMs === Number.POSITIVE_INFINITY) throw new Error(`${queue.size} jobs never start`);
    for (; nextEndMs() <= nowMs; ended += 1) {
      const end = ends.take();
      if (end !== undefined) queue.used.add(end.item.owner, useSoFar(end.item, end.atMs), end.atMs);
      removeFrom(running, end?.item.id);
      const job = jobs[indexOf.get(end?.item.id ?? '') ?? Number.NaN];
      if (job !== undefined) learner?.ended(job, statedTimeMs(job, used));
      if (ended % PROGRESS_EVERY === 0) progress(ended);
    }
    for (let job = jobs[submitted]; job !== undefined && job.submitMs <= nowMs; job = jobs[submitted]) {
      queue.add(pendingOf(job, used, policy.isFair, learner), nowMs);
      submitted += 1;
    }
    if (used === 'omitted') raiseLimits(running, nowMs, (id) => jobs[indexOf.get(id) ?? Number.NaN]);
    const { starts, reservation } = policy.decide(snapshot, nowMs, learning?.use);
    passes += 1;
    for (const id of starts) {
      const item = queue.get(id);
      const index = indexOf.get(id) ?? Number.NaN;
      const job = jobs[index];
      if (item === undefined || job === undefined) throw new Error(`${id} is not in the queue`);
      queue.remove(id, nowMs);
      queue.served(item.owner, nowMs);
      const active = toRunning(item, nowMs);
      running.push(active);
      ends.add({ atMs: nowMs + job.runMs, item: active });
      startsMs[index] = nowMs;
    }
    queue.reserve(reservation, nowMs);
    const promised = indexOf.get(reservation?.id ?? '') ?? Number.NaN;
    if (reservation && Number.isNaN(promisesMs[promised])) promisesMs[promised] = reservation.latestMs;
  }
  return { startsMs, promisesMs, passes };
}

function capacityOf({ processors, jobs }: Trace) {
  return {
    memTotalBytes: Number.POSITIVE_INFINITY,
    memLimitBytes: Number.POSITIVE_INFINITY,
    cores: processors,
    cpuLimitCores: processors,
    cpuShareCores: processors,
    maxRunning: jobs.length,
    maxPending: jobs.length,
  };
}

function pendingOf(job: Job, used: EstimateUsed, isFair: boolean, learner: Learner | null): PendingItem {
  const statedMs = statedTimeMs(job, used);
  const learned = learner?.predict(job, statedMs) ?? null;
  const timeMs = used === 'omitted' ? (learned?.safeMs ?? statedMs) : statedMs;
  return {
    id: job.id,
    kind: 'task',
    name: job.id,
    owner: isFair ? job.owner : 'all',
    priority: 0,
    submittedAtMs: job.submitMs,
    need: { memBytes: 0, cpuCores: job.processors },
    timeMs,
    killTimeoutMs: used === 'omitted' ? KILL_FACTOR * Math.max(timeMs, statedMs) : timeMs,
    ...learned,
  };
}

function raiseLimits(running: RunningItem[], nowMs: number, jobOf: (id: string) => Job | undefined): void {
  for (const [index, item] of running.entries()) {
    const requestedMs = jobOf(item.id)?.requestedMs ?? 0;
    if (item.startedAtMs + item.killTimeoutMs <= nowMs && item.killTimeoutMs < requestedMs)
      running[index] = { ...item, killTimeoutMs: requestedMs };
  }
}

const DEFAULT_MS = 600_000;

function statedTimeMs(job: Job, used: EstimateUsed): number {
  switch (used) {
    case 'requested':
      return job.requestedMs;
    case 'actual':
      return Math.max(1000, job.runMs);
    case 'omitted':
      return DEFAULT_MS;
  }
}

/** The order of the running jobs has no meaning. */
function removeFrom(running: RunningItem[], id: string | undefined): void {
  const last = running.pop();
  if (last !== undefined && last.id !== id) running[running.findIndex((item) => item.id === id)] = last;
}
