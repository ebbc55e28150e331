// How often Slurm is asked.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { nextPollMs } from './poll-pace.ts';

const PACE = { minMs: 1_000, maxMs: 15_000 };
const NOW = 100_000;
const queued = {
  reading: { kind: 'pending', waitingFor: 'free nodes' },
  handedAt: 0,
  expectedStartMs: null,
  hasEnded: false,
  isReleased: false,
} as const;

const CASES = [
  ['only queued jobs', [queued], 4_000, 6_000],
  ['at most', [queued], 14_000, 15_000],
  ['a running job', [{ ...queued, reading: { kind: 'running' } }], 4_000, 6_000],
  ['a fresh job', [queued, { ...queued, handedAt: NOW - 500 }], 4_000, 1_000],
  ['a job that is due', [{ ...queued, expectedStartMs: NOW + 2_000 }], 4_000, 1_000],
  ['a job that ends', [{ ...queued, reading: { kind: 'ending' } }], 4_000, 1_000],
  ['an end that settles', [{ ...queued, hasEnded: true }], 4_000, 1_000],
  ['a released job', [{ ...queued, hasEnded: true, isReleased: true }], 4_000, 6_000],
] as const;
for (const [what, jobs, lastMs, expectedMs] of CASES)
  it(`${what}: ${expectedMs} ms`, () => assert.equal(nextPollMs(jobs, lastMs, NOW, PACE), expectedMs));
