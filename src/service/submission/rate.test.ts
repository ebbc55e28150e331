// How many submissions an owner may make, in any rhythm.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SubmissionRate } from './rate.ts';

/** How many of `count` at the same moment are let through. */
function letThrough(rate: SubmissionRate, count: number, monoMs: number, owner = 'me'): number {
  return Array.from({ length: count }, () => rate.take(owner, monoMs)).filter((waitMs) => waitMs === 0)
    .length;
}

describe('SubmissionRate', () => {
  it('accepts everything without a limit', () =>
    assert.equal(letThrough(new SubmissionRate(0), 1000, 0), 1000));

  it('accepts ten seconds of submissions at once, then the rate', () => {
    const rate = new SubmissionRate(2);
    assert.deepEqual(
      [0, 0, 1_000, 1_500, 100_000].map((monoMs) => letThrough(rate, 50, monoMs)),
      [20, 0, 2, 1, 20],
    );
  });

  it('returns the time until the next submission is accepted', () => {
    const rate = new SubmissionRate(4);
    letThrough(rate, 40, 0);
    assert.equal(rate.take('me', 0), 250);
    assert.equal(rate.take('me', 125), 125);
    assert.equal(rate.take('me', 250), 0);
  });

  it('counts each owner separately', () => {
    const rate = new SubmissionRate(1);
    assert.equal(letThrough(rate, 20, 0, 'me'), 10);
    assert.equal(letThrough(rate, 20, 0, 'you'), 10);
  });

  it('never accepts more than a burst and the rate since, and accepts a submission after the returned wait', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat({ max: 3_000 }), { maxLength: 200 }),
        (perSecond, pausesMs) => {
          const rate = new SubmissionRate(perSecond);
          let monoMs = 0;
          let passed = 0;
          for (const pauseMs of pausesMs) {
            monoMs += pauseMs;
            const waitMs = rate.take('me', monoMs);
            if (waitMs > 0) {
              monoMs += waitMs;
              assert.equal(rate.take('me', monoMs), 0);
            }
            passed += 1;
            assert.ok(passed <= 10 * perSecond + (monoMs / 1000) * perSecond + 1e-6);
          }
        },
      ),
    ));
});
