// The queue as a whole: never above capacity, first come first served, everybody's turn comes, and the three
// rooms that look at the queue (dispatch, plan, explain) agree.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  aCapacity,
  anyPending,
  anySnapshot,
  aSnapshot,
  NOW,
  pending,
  running,
} from '../../test/support/build-snapshot.ts';
import { GIB } from '../../test/support/build-task.ts';
import { admit } from './admission.ts';
import { dispatch } from './dispatch.ts';
import { explainQueue } from './explain.ts';
import { chargedMem } from './ledger.ts';
import { plan } from './plan.ts';
import type { PendingItem, RunningItem, Snapshot } from './snapshot.ts';

/** Starts what dispatch chooses; a task begins with little memory in use. */
function step(snapshot: Snapshot): Snapshot {
  const starts = new Set(dispatch(snapshot));
  const started = snapshot.pending
    .filter((item) => starts.has(item.id))
    .map(
      (item): RunningItem => ({ ...item, liveMemBytes: 0, startedAtMs: NOW, killTimeoutMs: 2 * item.timeMs }),
    );
  return {
    ...snapshot,
    running: [...snapshot.running, ...started],
    pending: snapshot.pending.filter((item) => !starts.has(item.id)),
  };
}

function charge({ running: active }: Snapshot) {
  return {
    mem: active.reduce((sum, item) => sum + chargedMem(item), 0),
    cpu: active.reduce((sum, item) => sum + item.need.cpuCores, 0),
  };
}

describe('dispatch', () => {
  it('lets nobody overtake the head of the queue', () => {
    const queue = [pending(2, { mem: 2 * GIB }), pending(3, { mem: 15 * GIB }), pending(4, { mem: GIB })];
    const snapshot = aSnapshot({ running: [running(1, { mem: 4 * GIB })], pending: queue });
    assert.deepEqual(dispatch(snapshot), [queue[0]?.id]);
  });

  type Op =
    | { readonly kind: 'submit'; readonly item: PendingItem; readonly queue: boolean }
    | { readonly kind: 'end'; readonly which: number }
    | { readonly kind: 'use'; readonly which: number; readonly part: number };
  const anyOp: fc.Arbitrary<Op> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(anyPending(0), fc.boolean())
        .map(([item, queue]): Op => ({ kind: 'submit', item, queue })),
    },
    fc.nat().map((which): Op => ({ kind: 'end', which })),
    fc
      .tuple(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([which, part]): Op => ({ kind: 'use', which, part })),
  );
  const limits = { memPctLimit: 100, cpuPctLimit: 100 };

  it('with admission never promises more than there is, and starts at once what was accepted', () => {
    const anyOutside = fc.integer({ min: 0, max: 12 }).map((gib) => gib * GIB);
    fc.assert(
      fc.property(fc.array(anyOp, { maxLength: 60 }), anyOutside, (ops, outsideMemBytes) => {
        let snapshot = aSnapshot({ capacity: aCapacity({ maxRunning: 5 }), outsideMemBytes });
        for (const [index, op] of ops.entries()) {
          if (op.kind === 'submit') {
            const item = { ...op.item, ...{ id: pending(index).id } };
            const { kind } = admit(snapshot, { item, limits, queue: op.queue, force: false }, NOW);
            if (kind === 'accept' || kind === 'queue')
              snapshot = { ...snapshot, pending: [...snapshot.pending, item] };
            const next = step(snapshot);
            if (kind === 'accept')
              assert.ok(
                next.running.some(({ id }) => id === item.id),
                'accepted and not started',
              );
            snapshot = next;
          } else if (snapshot.running.length > 0) {
            const victim = op.which % snapshot.running.length;
            const active =
              op.kind === 'end'
                ? snapshot.running.toSpliced(victim, 1)
                : snapshot.running.map((item, n) =>
                    n === victim ? { ...item, liveMemBytes: op.part * item.need.memBytes } : item,
                  );
            snapshot = step({ ...snapshot, running: active });
          }
          const { mem, cpu } = charge(snapshot);
          assert.ok(
            mem + outsideMemBytes <= snapshot.capacity.memLimitBytes || mem === 0,
            'memory above the limit',
          );
          assert.ok(cpu <= snapshot.capacity.cpuLimitCores + 1e-6, 'cores above the limit');
          assert.ok(snapshot.running.length <= snapshot.capacity.maxRunning, 'more tasks than slots');
        }
      }),
    );
  });

  it('starts nothing that does not fit, whatever the host looks like', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const after = step(snapshot);
        if (after.running.length === snapshot.running.length) return;
        const { mem, cpu } = charge(after);
        assert.ok(mem + snapshot.outsideMemBytes <= snapshot.capacity.memLimitBytes);
        assert.ok(cpu <= snapshot.capacity.cpuLimitCores + 1e-6);
        assert.ok(after.running.length <= snapshot.capacity.maxRunning);
      }),
    );
  });

  it('starts every task of the queue in the end, in order, if those that run end', () => {
    fc.assert(
      fc.property(fc.array(anyPending(0), { maxLength: 30 }), (items) => {
        const feasible = items
          .map((item, n) => ({ ...item, id: pending(n).id }))
          .filter(({ need }) => need.memBytes <= 16 * GIB && need.cpuCores <= 7.2);
        let snapshot = aSnapshot({ pending: feasible });
        const started: string[] = [];
        for (let round = 0; round < feasible.length; round += 1) {
          started.push(...dispatch(snapshot));
          snapshot = { ...step(snapshot), running: [] };
        }
        assert.deepEqual(
          started,
          feasible.map(({ id }) => id),
        );
      }),
    );
  });
});

describe('dispatch, plan and explain', () => {
  it('decide alike from equal snapshots and leave them as they were', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const twin = structuredClone(snapshot);
        assert.deepEqual(dispatch(snapshot), dispatch(twin));
        assert.deepEqual(plan(snapshot, NOW), plan(twin, NOW));
        assert.deepEqual(explainQueue(snapshot, NOW), explainQueue(twin, NOW));
        assert.deepEqual(snapshot, twin);
      }),
    );
  });

  it('agree on what starts now', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const planned = [...plan(snapshot, NOW)].filter(([, at]) => at === NOW).map(([id]) => id);
        assert.deepEqual(planned, dispatch(snapshot));
      }),
    );
  });

  it('agree on who waits: explained if and only if not dispatched', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const starts = dispatch(snapshot);
        const waits = explainQueue(snapshot, NOW);
        for (const { id } of snapshot.pending) assert.equal(!waits.has(id), starts.includes(id));
      }),
    );
  });

  it('explain a task that waits by the room that is left for it', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const waits = explainQueue(snapshot, NOW);
        for (const { id, need } of snapshot.pending) {
          const why = waits.get(id);
          if (why?.dim === 'mem') assert.ok(why.requested === need.memBytes && why.available < why.requested);
          if (why?.dim === 'cpu') assert.ok(why.requested === need.cpuCores && why.available < why.requested);
          if (why?.dim === 'slots') assert.equal(why.available, 0);
          if (why?.dim === 'turn') assert.ok(why.blockedBy.length > 0);
        }
      }),
    );
  });
});
