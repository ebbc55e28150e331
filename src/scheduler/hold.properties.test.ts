// Holds over random states and histories: nothing held starts, and nothing else changes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  anyQueue,
  anySnapshot,
  aSnapshot,
  NOW,
  pending,
  queueOf,
  running,
} from '../../test/support/build/build-snapshot.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import { SimulatedHost } from '../../test/support/rigs/simulated-host.ts';
import { holdOf, type StartHold } from '../core/host/start-hold.ts';
import { admit } from './admission.ts';
import type { PendingItem } from './items.ts';
import { pass } from './pass.ts';
import { plan } from './plan.ts';
import { pricedQueue, withItem } from './queue/queue.ts';

const HOUR_MS = 3_600_000;
const limits = { memPctLimit: 100, cpuPctLimit: 100 };

const anyHold: fc.Arbitrary<StartHold> = fc
  .record({
    target: fc.constantFrom(
      { scope: 'all' as const, of: null },
      { scope: 'owner' as const, of: 'alice' },
      { scope: 'owner' as const, of: 'bob' },
      { scope: 'project' as const, of: '/even' },
      { scope: 'tag' as const, of: 'third' },
    ),
    forMs: fc.option(fc.integer({ min: 1, max: 4 * HOUR_MS }), { nil: null }),
  })
  .map(({ target, forMs }) => ({
    ...target,
    ...{
      reason: 'call',
      by: 'alice',
      since: NOW,
      until: forMs === null ? null : NOW + forMs,
      isDrain: false,
    },
  }));
const anyHolds = fc.array(anyHold, { minLength: 1, maxLength: 3 });

function placed(item: PendingItem, index: number): PendingItem {
  return { ...item, project: index % 2 === 0 ? '/even' : '/odd', tags: index % 3 === 0 ? ['third'] : [] };
}
const anyItems = anyQueue(20).map((items) => items.map(placed));

describe('under holds', () => {
  it('a decision is that of a queue without the held items', () => {
    fc.assert(
      fc.property(anySnapshot, anyItems, anyHolds, (state, items, holds) => {
        const held = { ...state, queue: queueOf(items) };
        held.queue.setHolds(holds, NOW);
        const without = { ...state, queue: queueOf(items.filter((item) => holdOf(holds, item) === null)) };
        assert.deepEqual(pass(held, NOW), pass(without, NOW));
      }),
    );
  });

  it('and after their release it is that of a queue that was never held', () => {
    fc.assert(
      fc.property(anySnapshot, anyItems, anyHolds, (state, items, holds) => {
        const released = { ...state, queue: queueOf(items) };
        released.queue.setHolds(holds, NOW);
        released.queue.setHolds([], NOW);
        assert.deepEqual(pass(released, NOW), pass({ ...state, queue: queueOf(items) }, NOW));
        assert.deepEqual(released.queue.needs, queueOf(items).needs);
      }),
    );
  });

  it('no held item is promised a start before the end of its hold, nor any start under one without an end', () => {
    fc.assert(
      fc.property(anySnapshot, anyItems, anyHolds, (state, items, holds) => {
        const held = { ...state, queue: queueOf(items) };
        held.queue.setHolds(holds, NOW);
        const planned = plan(held, NOW);
        for (const item of items) {
          const hold = holdOf(holds, item);
          const entry = planned.get(item.id);
          assert.equal(entry?.blocked?.dim === 'hold', hold !== null, item.id);
          if (hold === null || entry === undefined) continue;
          for (const startMs of Object.values(entry.start))
            if (hold.until === null) assert.equal(startMs, null);
            else assert.ok(startMs === null || startMs >= hold.until);
        }
      }),
    );
  });

  it('a held submission is denied with the hold or queued, forced or not, and never accepted', () => {
    fc.assert(
      fc.property(
        anySnapshot,
        anyItems,
        anyHolds,
        fc.boolean(),
        fc.boolean(),
        (state, items, holds, queue, force) => {
          const [item, ...others] = items;
          if (item === undefined || holdOf(holds, item) === null) return;
          const held = { ...state, queue: queueOf(others) };
          held.queue.setHolds(holds, NOW);
          const admission = admit(held, { item, limits, queue, force }, NOW);
          if (admission.kind === 'infeasible') return;
          assert.equal(admission.kind, queue ? 'queue' : 'deny');
          if (admission.kind === 'deny') assert.equal(admission.why.dim, 'hold');
          const view = withItem(pricedQueue(held.queue, { memBytes: 1, cpuCores: 1 }, NOW), item, NOW);
          assert.equal(view.heldBy(item.id), holdOf(holds, item));
          assert.equal(view.size, held.queue.size);
        },
      ),
    );
  });

  it('a history starts nothing of their scopes, whatever is submitted, ends and passes', () => {
    const anyStep = fc.record({
      items: anyItems,
      holds: anyHolds,
      ms: fc.integer({ min: HOUR_MS / 8, max: HOUR_MS }),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 1, maxLength: 6 }), (steps) => {
        const host = new SimulatedHost();
        let n = 0;
        for (const { items, holds, ms } of steps) {
          const inForce = holds.map((hold) => ({
            ...hold,
            until: hold.until && hold.until - NOW + host.nowMs,
          }));
          host.queue.setHolds(inForce, host.nowMs);
          n += 1;
          host.submit(
            ...items.map((item) => ({ ...item, id: `${n}-${item.id}`, submittedAtMs: host.nowMs })),
          );
          do {
            const before = new Map([...host.queue.held()].map(({ item, hold }) => [item.id, hold]));
            for (const id of host.dispatch().starts) assert.equal(before.get(id), undefined);
          } while (host.advance(host.nowMs + ms) && host.nowMs < NOW + n * HOUR_MS);
        }
      }),
      { numRuns: 50 },
    );
  });
});

it('the end of a hold on a task that comes first moves the promise of the next one', () => {
  const high = { ...pending(1, { mem: 12 * GIB, timeMs: HOUR_MS, priority: 5 }), project: '/high' };
  const low = pending(2, { mem: 12 * GIB, timeMs: HOUR_MS });
  const state = aSnapshot({
    running: [running(3, { mem: 12 * GIB, timeMs: 2 * HOUR_MS, killTimeoutMs: 4 * HOUR_MS })],
    pending: [high, low],
  });
  const promised = (until: number | null) => {
    const of = '/high';
    state.queue.setHolds(
      [{ scope: 'project', of, reason: null, by: 'x', since: NOW, until, isDrain: false }],
      NOW,
    );
    const { expectedMs, latestMs } = plan(state, NOW).get(low.id)?.start ?? {};
    return [expectedMs, latestMs].map((ms) => ((ms ?? 0) - NOW) / HOUR_MS);
  };
  assert.deepEqual(promised(null), [2, 4]);
  assert.deepEqual(promised(NOW + HOUR_MS), [3, 6]);
  assert.deepEqual(promised(NOW + 5 * HOUR_MS), [2, 4]);
});
