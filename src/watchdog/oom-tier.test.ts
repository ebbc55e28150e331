// The order in which the kernel ends tasks when all of them together run out of memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oomScoreAdj, oomTier } from './oom-tier.ts';

test('tiers: within the estimate, above it, above twice the estimate', () => {
  const tiers = [0, 100, 101, 200, 201].map((memBytes) => oomTier(memBytes, 100));
  assert.deepEqual(tiers, ['within', 'within', 'above', 'above', 'above_twice']);
});

test('a higher tier has a higher oom_score_adj, up to that of the kernel', () => {
  const of = (base: number) =>
    (['within', 'above', 'above_twice'] as const).map((tier) => oomScoreAdj(tier, base));
  assert.deepEqual(of(500), [500, 900, 1000]);
  assert.deepEqual(of(0), [0, 800, 1000]);
  assert.deepEqual(of(1000), [1000, 1000, 1000]);
});
