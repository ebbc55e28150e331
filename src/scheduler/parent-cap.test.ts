// The cap of all tasks together: the reserve stays free, promises hold, and a cap is never below the use.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB } from '../../test/support/build/build-task.ts';
import { parentCap } from './parent-cap.ts';

const TOTAL = 64 * GIB;
const RESERVE = 16 * GIB;
/** A host with so much in use outside and by tasks. */
const host = (outside: number, used: number) => ({
  totalBytes: TOTAL,
  availableBytes: Math.max(0, TOTAL - outside - used),
});
const use = (usedBytes: number, promisedBytes = 0) => ({
  usedBytes,
  promisedBytes: Math.max(usedBytes, promisedBytes),
});
/** The cap after so many samples of an unchanged host. */
function settled(
  outside: number,
  used: number,
  promised = 0,
  before: number | null = null,
  samples = 40,
): number {
  let cap = before;
  for (let n = 0; n < samples; n += 1)
    cap = parentCap(host(outside, used), RESERVE, use(used, promised), cap).maxBytes;
  return cap ?? 0;
}

describe('the cap of the parent group', () => {
  it('is total - reserve - outside, whatever the tasks use', () => {
    for (const used of [0, 4 * GIB, 30 * GIB]) assert.equal(settled(8 * GIB, used), 40 * GIB);
  });

  it('has memory.high a little below', () => {
    const { maxBytes, highBytes } = parentCap(host(8 * GIB, GIB), RESERVE, use(GIB), null);
    assert.equal(maxBytes - highBytes, 2 * GIB);
  });

  it('follows the outside in steps: half of the way, at least a sixteenth of the host', () => {
    const next = (outside: number, before: number) =>
      parentCap(host(outside, GIB), RESERVE, use(GIB), before).maxBytes;
    assert.equal(next(24 * GIB, 40 * GIB), 32 * GIB);
    assert.equal(next(8 * GIB, 24 * GIB), 32 * GIB);
    assert.equal(next(9 * GIB, 40 * GIB), 39 * GIB);
    assert.equal(next(5 * GIB, 40 * GIB), 43 * GIB);
  });

  it('keeps what admission promised from the first moment, up to half of the reserve', () => {
    const promised = parentCap(host(20 * GIB, 0), RESERVE, use(0, 30 * GIB), 4 * GIB).maxBytes;
    assert.equal(promised, 31 * GIB);
    const half = parentCap(host(40 * GIB, 0), RESERVE, use(0, 30 * GIB), null).maxBytes;
    assert.equal(half, 16 * GIB);
  });

  it('follows the use down and never up when the outside has taken the room', () => {
    const before = settled(8 * GIB, 30 * GIB);
    const squeezed = settled(25 * GIB, 30 * GIB, 0, before);
    assert.equal(squeezed, 31 * GIB);
    assert.equal(settled(25 * GIB, 31 * GIB, 0, squeezed), 31 * GIB);
    assert.equal(settled(25 * GIB, 10 * GIB, 0, squeezed), 23 * GIB);
  });

  it('is never below the use, and above the goal only by the way from the cap before', () => {
    const gib = fc.integer({ min: 0, max: 64 * 16 }).map((parts) => (parts * GIB) / 16);
    fc.assert(
      fc.property(gib, gib, gib, fc.option(gib), (outside, used, promised, before) => {
        // The kernel keeps the use below the cap before.
        const usedBytes = Math.min(used, before ?? TOTAL);
        const { maxBytes, highBytes } = parentCap(
          host(outside, usedBytes),
          RESERVE,
          use(usedBytes, promised),
          before,
        );
        const available = host(outside, usedBytes).availableBytes;
        assert.ok(maxBytes >= Math.floor(usedBytes), 'below the use');
        assert.ok(highBytes <= maxBytes);
        const goal = Math.max(usedBytes + GIB, usedBytes + available - RESERVE / 2);
        assert.ok(maxBytes <= Math.max(goal, before ?? 0), 'above the goal');
      }),
    );
  });
});
