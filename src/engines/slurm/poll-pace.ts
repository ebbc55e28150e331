// How often Slurm is asked about the jobs: soon while something is about to change, else at growing distances. Pure.
import type { Job } from './job.ts';

export interface PollPace {
  readonly minMs: number;
  readonly maxMs: number;
}

const GROWTH = 1.5;
/** A job that was submitted a moment ago often starts at once. */
const FRESH_MS = 10_000;
const NEAR_MS = 5_000;

type Watched = Pick<Job, 'reading' | 'handedAt' | 'expectedStartMs' | 'hasEnded' | 'isReleased'>;

/** `lastMs`: the wait before this one. */
export function nextPollMs(jobs: Iterable<Watched>, lastMs: number, nowMs: number, pace: PollPace): number {
  for (const job of jobs) if (isChanging(job, nowMs)) return pace.minMs;
  return Math.min(pace.maxMs, Math.max(pace.minMs, lastMs * GROWTH));
}

function isChanging(job: Watched, nowMs: number): boolean {
  const { reading, handedAt, expectedStartMs, hasEnded } = job;
  if (job.isReleased) return false;
  if (hasEnded || reading?.kind === 'ending') return true;
  if (reading?.kind === 'running' || reading?.kind === 'suspended') return false;
  const isNear = expectedStartMs !== null && Math.abs(expectedStartMs - nowMs) < NEAR_MS;
  return isNear || nowMs - handedAt < FRESH_MS;
}
