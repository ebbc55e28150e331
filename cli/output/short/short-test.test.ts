// The answer to run --test_only fits in 400 bytes and keeps the start.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestRunView } from '../../../src/api/schemas/capacity.ts';
import { bytesOf, SHORT_BYTES } from './fit.ts';
import { testView } from './short-test.ts';

const START = { expected_start: '2026-11-28T19:38:46.608Z', latest_start: '2026-11-28T20:38:46.608Z' };
const DEMAND = {
  estimated_time_ms: 600_000,
  estimated_mem_bytes: 4_294_967_296,
  estimated_cpu_cores: 1.5,
  kill_timeout_ms: 1_200_000,
};
const WAITING: NonNullable<TestRunView['waiting']> = {
  dim: 'mem',
  requested: 4_294_967_296,
  available: 1_234_567_890,
  limit: 17_179_869_184,
  short_by: 3_060_399_406,
  position: 12,
  outside: 2_345_678_901,
  blocked_by: ['train-resnet50-lr3e-4-fold-07', 'train-resnet50-lr3e-4-fold-08', 'tests', 'lint'],
  owners: ['3f1c9f6e-5a0b-4d3c-9f43-0d2b6a1c7e55', '/home/someone/project'],
};

describe('the short answer to a test', () => {
  it('of a task that would start now has its estimates', () => {
    const view = testView({ test_only: true, starts_now: true, ...START, ...DEMAND, waiting: null });
    assert.deepEqual(view, { test_only: true, starts_now: true, ...START, ...DEMAND });
  });

  it('of a task that would wait has the start, the reason and a blocker first', () => {
    const view: TestRunView = { test_only: true, starts_now: false, ...START, ...DEMAND, waiting: WAITING };
    const short = testView(view) as Record<string, unknown>;
    assert.ok(bytesOf(short) <= SHORT_BYTES, `${bytesOf(short)}`);
    assert.deepEqual(
      [short.dim, short.expected_start, short.latest_start],
      ['mem', START.expected_start, START.latest_start],
    );
    assert.equal((short.blocked_by as string[])[0], 'train-resnet50-lr3e-4-fold-07');
  });

  it('keeps a start that is not known', () => {
    const none = { expected_start: null, latest_start: null };
    const view = testView({ test_only: true, starts_now: false, ...none, ...DEMAND, waiting: null });
    assert.ok('expected_start' in view && 'latest_start' in view);
  });
});
