// Progress and other values as people read them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Progress } from '../../src/core/progress.ts';
import { humanCores, humanProgress, humanValue } from './human.ts';

const PROGRESS: Progress = {
  ...{ done: 3, total: 10, pct: 30, phase: null, failed: null, eta_s: 70, note: null },
} as Progress;

describe('humanProgress', () => {
  const rows: [Partial<Progress>, string][] = [
    [{}, '3/10 30% eta 1m10s'],
    [{ phase: 'upload', failed: 1, note: 'loss=0.3' }, 'upload 3/10 30% eta 1m10s, 1 failed, loss=0.3'],
    [{ phase: 'epoch 3/10' }, 'epoch 3/10 30% eta 1m10s'],
    [{ phase: 'epoch 13/10' }, 'epoch 13/10 3/10 30% eta 1m10s'],
    [{ total: null, pct: null, eta_s: null }, '3'],
  ];
  for (const [fields, expected] of rows)
    it(expected, () => assert.equal(humanProgress({ ...PROGRESS, ...fields }), expected));
});

it('a hundredth of a core is no zero', () => {
  const shown = [null, 0, 0.004, 0.01, 0.04, 0.05, 0.25, 12].map(humanCores);
  assert.deepEqual(shown, ['', '0.0', '0.0', '0.01', '0.04', '0.1', '0.3', '12.0']);
});

describe('humanValue', () => {
  const rows: [string, unknown, RegExp][] = [
    ['mem_max_bytes', 64 * 1024 ** 2, /^64M$/],
    ['tags', ['a', 'b'], /^a, b$/],
    ['tags', [], /^$/],
    ['detail', { elapsed_ms: 2900, last_line: null, host: 'x' }, /^elapsed 2.9s, host x$/],
    [
      'history',
      [{ attempt: 1, peak_mem_bytes: 1024 }, { attempt: 2 }],
      /^attempt 1, peak_mem 1K; attempt 2$/,
    ],
    [
      'estimates',
      { time: { from: 'declared', n: null, level: null }, mem: { from: 'learned', n: 3, level: 'exact' } },
      /^time declared, mem learned from 3 runs$/,
    ],
  ];
  for (const [key, value, expected] of rows)
    it(`of ${key} ${JSON.stringify(value)}`, () => assert.match(humanValue(key, value), expected));

  // Made here: a process of many test files runs its first test long after it has read them.
  it('of expected_start counts from now', () => {
    const start = new Date(Date.now() + 90_500).toISOString();
    assert.match(humanValue('expected_start', start), /^\d\d:\d\d:\d\d \(in 1m\d+s\)$/);
  });
});
