// Suggestions for mistyped words.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from './nearest.ts';

describe('nearest', () => {
  const known = ['run', 'wait', 'status', 'list', 'log', 'daemon-start', 'daemon-status'];
  for (const [word, expected] of [
    ['rnu', 'run'],
    ['wiat', 'wait'],
    ['stat', 'status'],
    ['daemon-statu', 'daemon-status'],
    ['lst', 'list'],
    ['frobnicate', null],
    ['', null],
  ] as const) {
    it(`suggests ${expected} for "${word}"`, () => assert.equal(nearest(word, known), expected));
  }
});

describe('editDistance', () => {
  it('is zero for equal words only, symmetric, and at most the length of the longer', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const distance = editDistance(a, b);
        assert.equal(distance === 0, a === b);
        assert.equal(distance, editDistance(b, a));
        assert.ok(distance <= Math.max(a.length, b.length));
      }),
    );
  });
  it('counts a swap of neighbors once', () => assert.equal(editDistance('rnu', 'run'), 1));
});
