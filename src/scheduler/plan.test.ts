// When the tasks of the queue are expected to start.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anySnapshot, aSnapshot, NOW, pending, running } from '../../test/support/build-snapshot.ts';
import { GIB } from '../../test/support/build-task.ts';
import { expectedEnd, plan } from './plan.ts';
import type { Snapshot } from './snapshot.ts';

/** Start times from now in ms, in the order of the queue. */
function starts(changes: Partial<Snapshot>): (number | null)[] {
  return [...plan(aSnapshot(changes), NOW).values()].map((at) => (at === null ? null : at - NOW));
}

describe('plan', () => {
  const half = { mem: 8 * GIB };
  it('starts what fits now', () => assert.deepEqual(starts({ pending: [pending(1), pending(2)] }), [0, 0]));

  it('waits for the running tasks that have to end, in the order they end', () =>
    assert.deepEqual(
      starts({
        running: [running(1, { ...half, timeMs: 90_000 }), running(2, { ...half, timeMs: 30_000 })],
        pending: [pending(3, { ...half, timeMs: 1000 }), pending(4, half), pending(5, half)],
      }),
      [30_000, 31_000, 90_000],
    ));

  it('keeps the order: a small task behind a large one does not start before it', () =>
    assert.deepEqual(
      starts({
        running: [running(1, { ...half, timeMs: 50_000 })],
        pending: [pending(2, { mem: 16 * GIB, timeMs: 10_000 }), pending(3, { mem: GIB })],
      }),
      [50_000, 60_000],
    ));

  it('cannot tell when memory outside babysit is in the way, nor for anybody behind', () =>
    assert.deepEqual(
      starts({ outsideMemBytes: 10 * GIB, pending: [pending(1, half), pending(2, { mem: GIB })] }),
      [null, null],
    ));

  it('expects the end of a task that overran its estimate at its kill timeout', () => {
    const late = running(1, { startedAtMs: NOW - 70_000, timeMs: 60_000, killTimeoutMs: 120_000 });
    assert.equal(expectedEnd(late, NOW), NOW + 50_000);
  });

  it('expects no task to outlive its kill timeout', () => {
    assert.equal(expectedEnd(running(1, { timeMs: 60_000, killTimeoutMs: 20_000 }), NOW), NOW + 20_000);
  });

  it('never goes back in time along the queue, and says nothing of who stands behind an unknown', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const times = [...plan(snapshot, NOW).values()];
        assert.equal(times.length, snapshot.pending.length);
        let last: number | null = NOW;
        for (const at of times) {
          if (last === null) assert.equal(at, null);
          else assert.ok(at === null || at >= last);
          last = at;
        }
      }),
    );
  });
});
