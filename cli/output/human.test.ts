// Progress as people read it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Progress } from '../../src/core/progress.ts';
import { humanProgress } from './human.ts';

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
