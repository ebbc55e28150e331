// What a task shows of the learned estimates that it exceeds.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anAttempt, aTask, ENDED, GIB, someUsage } from '../../../test/support/build/build-task.ts';
import type { EstimateBasis, LearnedValue } from '../../core/estimate.ts';
import type { TaskState } from '../../core/task.ts';
import { adviceView, unusual } from './learned-view.ts';

const learned = (value: number, n = 3): LearnedValue => ({ value, level: 'shape', n });
const basisOf = (n: number): EstimateBasis => ({
  stated: aTask().estimate,
  from: { timeMs: 'learned', memBytes: 'learned', cpuCores: 'learned' },
  learned: { timeMs: learned(20_000, n), memBytes: learned(GIB, n), cpuCores: learned(1, n) },
  expectedTimeMs: 10_000,
});
const attempt = { ...anAttempt(), startedAt: 10_000 };
const ended = (ranMs: number, peakMemBytes: number, cpuSeconds: number): TaskState => ({
  ...ENDED.completed,
  ...{ attempt, endedAt: 10_000 + ranMs, usage: someUsage({ peakMemBytes, cpuSeconds }) },
});
const of = (state: TaskState, n = 3, nowMs = 0) =>
  unusual(aTask({ state, basis: basisOf(n) }), { live: null, nowMs });

it('advice has no more digits than it needs', () => {
  const advice = { dim: 'cpu', declared: 4, learned: 1.004999, n: 3, level: 'shape', killed: 0 } as const;
  const basis = { ...basisOf(3), advice: [{ ...advice, recent: [0.987654321, 1] }] };
  const [view] = adviceView(basis) ?? [];
  assert.deepEqual([view?.learned, view?.recent], [1.005, [0.988, 1]]);
});

describe('unusual', () => {
  it('names each learned estimate that the run exceeded, by its ratio', () => {
    assert.deepEqual(of(ended(30_000, 2 * GIB, 60)), { elapsed: 1.5, mem: 2, cpu: 2 });
    assert.deepEqual(of(ended(30_000, GIB, 30)), { elapsed: 1.5 });
  });

  it('is null within what was learned, from fewer than three runs, before the start and without a basis', () => {
    assert.equal(of(ended(20_000, GIB, 20)), null);
    assert.equal(of(ended(30_000, 2 * GIB, 60), 2), null);
    assert.equal(of(aTask().state), null);
    assert.equal(unusual(aTask({ state: ended(30_000, 2 * GIB, 60) }), { live: null, nowMs: 0 }), null);
  });

  it('is shown while the task runs', () =>
    assert.deepEqual(of({ status: 'running', attempt }, 3, 10_000 + 40_000), { elapsed: 2 }));
});
