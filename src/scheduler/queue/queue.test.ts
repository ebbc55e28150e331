// The queue against a plain list: order, sums, search; and its state of heads, owners and reservations.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyQueue, NOW, pending, queueOf } from '../../../test/support/build/build-snapshot.ts';
import { GIB } from '../../../test/support/build/build-task.ts';
import type { Demand, PendingItem } from '../items.ts';
import { backfillTimeMs } from '../releases.ts';
import { Queue, type QueueView, withItem } from './queue.ts';
import { bySubmission, type SubQueue } from './sub-queue.ts';

const ids = (items: Iterable<PendingItem>) => [...items].map(({ id }) => id);

/** By owner and priority, each in order. */
function contents(queue: QueueView): Record<string, string[]> {
  const subQueues = [...queue.subQueues()].map(
    (subQueue) => [`${subQueue.owner} ${subQueue.priority}`, ids(subQueue.items())] as const,
  );
  return Object.fromEntries(subQueues.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function expected(items: readonly PendingItem[]): Record<string, string[]> {
  const subQueues = Object.entries(Object.groupBy(items, ({ owner, priority }) => `${owner} ${priority}`));
  const sorted = subQueues.map(([key, own = []]) => [key, ids(own.sort(bySubmission))] as const);
  return Object.fromEntries(sorted.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function find(subQueue: SubQueue, gate: (demand: Demand) => boolean): PendingItem | undefined {
  const place = subQueue.find(gate);
  return place && subQueue.at(place);
}

describe('Queue', () => {
  it('holds each sub-queue in the order of submission, over any additions and removals', () => {
    const anyOps = fc.array(fc.record({ which: fc.nat({ max: 11 }), isAdd: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(anyQueue(12), anyOps, (items, ops) => {
        const queue = new Queue();
        const model = new Map<string, PendingItem>();
        for (const { which, isAdd } of ops) {
          const item = items[which];
          if (item === undefined) continue;
          if (isAdd && !model.has(item.id)) {
            queue.add(item, NOW);
            model.set(item.id, item);
          } else {
            queue.remove(item.id, NOW);
            model.delete(item.id);
          }
        }
        const kept = [...model.values()];
        assert.deepEqual(contents(queue), expected(kept));
        assert.equal(queue.size, kept.length);
        const sum = (of: (item: PendingItem) => number) => kept.reduce((total, item) => total + of(item), 0);
        assert.equal(
          queue.needs.memBytes,
          sum(({ need }) => need.memBytes),
        );
        assert.ok(Math.abs(queue.needs.cpuCores - sum(({ need }) => need.cpuCores)) < 1e-12);
        for (const owner of ['alice', 'bob', 'carol'])
          assert.equal(queue.countOf(owner), kept.filter((item) => item.owner === owner).length);
      }),
    );
  });

  it('stays in order over several chunks, with insertions and removals in the middle', () => {
    const odd = Array.from({ length: 1000 }, (_, n) => pending(2 * n + 1));
    const even = Array.from({ length: 1000 }, (_, n) => pending(2 * n));
    const queue = queueOf(odd);
    for (const item of even.toReversed()) queue.add(item, NOW);
    const all = [...odd, ...even].sort(bySubmission);
    assert.deepEqual(contents(queue), { 'alice 0': ids(all) });
    for (const item of all) if (Number(item.id.slice(-4)) % 3 !== 0) queue.remove(item.id, NOW);
    assert.deepEqual(contents(queue), {
      'alice 0': ids(all.filter(({ id }) => Number(id.slice(-4)) % 3 === 0)),
    });
  });

  it('finds the first item that fits, as a linear search does', () => {
    const anyBound = fc.record({
      memBytes: fc.integer({ min: 0, max: 18 }).map((n) => n * GIB),
      cpuCores: fc.integer({ min: 0, max: 8 }),
      timeMs: fc.integer({ min: 0, max: 3_600_000 }),
    });
    const anyItems = anyQueue(700, 300).map((items) =>
      items.map((item) => ({ ...item, owner: 'alice', priority: 0 })),
    );
    fc.assert(
      fc.property(anyItems, anyBound, fc.nat({ max: 290 }), (items, bound, removed) => {
        const queue = queueOf(items);
        const rest = items.slice(removed);
        for (const { id } of items.slice(0, removed)) queue.remove(id, NOW);
        const gate = ({ need, timeMs }: Demand) =>
          need.memBytes <= bound.memBytes && need.cpuCores <= bound.cpuCores && timeMs <= bound.timeMs;
        const [subQueue] = queue.subQueues();
        assert.equal(subQueue && find(subQueue, gate), rest.find(gate));
      }),
      { numRuns: 50 },
    );
  });

  it('finds an item that fits by its learned time, whatever waits with it', () => {
    const anyLearned = fc.option(fc.integer({ min: 1, max: 3_600_000 }), { nil: undefined });
    const anyItems = anyQueue(60, 2).chain((items) =>
      fc
        .array(anyLearned, { minLength: items.length, maxLength: items.length })
        .map((safe) => items.map((item, n) => ({ ...item, owner: 'alice', priority: 0, safeMs: safe[n] }))),
    );
    fc.assert(
      fc.property(
        anyItems,
        fc.integer({ min: 1, max: 3_600_000 }),
        fc.nat({ max: 30 }),
        (items, untilMs, removed) => {
          const queue = queueOf(items);
          const rest = items.slice(removed);
          for (const { id } of items.slice(0, removed)) queue.remove(id, NOW);
          const gate = (demand: Demand) => backfillTimeMs(demand) <= untilMs;
          const [subQueue] = queue.subQueues();
          assert.equal(subQueue && find(subQueue, gate), rest.find(gate));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('puts an item that returns at the place of its submission', () => {
    const queue = queueOf([pending(1), pending(2), pending(3)]);
    queue.remove(pending(2).id, NOW);
    queue.add(pending(2), NOW);
    assert.deepEqual(contents(queue), { 'alice 0': ids([pending(1), pending(2), pending(3)]) });
  });

  it('refuses a known item, and ignores the removal of an unknown one', () => {
    const queue = queueOf([pending(1)]);
    assert.throws(() => queue.add(pending(1), NOW), /already/);
    queue.remove(pending(2).id, NOW);
    assert.equal(queue.size, 1);
  });

  it('has the time since when each head is the head', () => {
    const queue = queueOf([pending(1), pending(2)]);
    const since = () => [...queue.subQueues()].map(({ headSinceMs }) => headSinceMs);
    queue.remove(pending(2).id, NOW + 1);
    assert.deepEqual(since(), [NOW]);
    queue.add(pending(3), NOW + 2);
    queue.remove(pending(1).id, NOW + 3);
    assert.deepEqual(since(), [NOW + 3]);
  });

  it('has the time when each owner was served', () => {
    const queue = new Queue();
    assert.equal(queue.servedAtMs('alice'), Number.NEGATIVE_INFINITY);
    queue.served('alice', NOW);
    queue.served('alice', NOW + 1);
    assert.equal(queue.servedAtMs('alice'), NOW + 1);
  });

  it('holds a reservation until it is cleared or its holder is removed', () => {
    const queue = queueOf([pending(1)]);
    const { id } = pending(1);
    const holder = () => queue.reservation?.item.id;
    queue.reserve({ id, startMs: NOW, latestMs: NOW }, NOW);
    assert.equal(holder(), id);
    queue.reserve(null, NOW);
    assert.equal(holder(), undefined);
    queue.reserve({ id, startMs: NOW, latestMs: NOW }, NOW);
    queue.remove(id, NOW);
    assert.equal(holder(), undefined);
    queue.add(pending(1), NOW);
    assert.equal(holder(), undefined);
  });

  it('sums without drift', () => {
    const queue = queueOf([pending(1, { cpu: 0.1 })]);
    for (let round = 0; round < 100_000; round += 1) {
      queue.add(pending(2, { cpu: 1e6 / (3 + (round % 97)) }), NOW);
      queue.add(pending(3, { cpu: 1 / (3 + (round % 89)) }), NOW);
      queue.remove(pending(2).id, NOW);
      queue.remove(pending(3).id, NOW);
    }
    assert.ok(Math.abs(queue.needs.cpuCores - 0.1) < 1e-12, `${queue.needs.cpuCores}`);
  });
});

describe('withItem', () => {
  it('is the queue with one more item, and does not change the queue', () => {
    fc.assert(
      fc.property(anyQueue(8), fc.nat(), (items, pick) => {
        const extra = items[pick % Math.max(1, items.length)];
        if (extra === undefined) return;
        const rest = items.filter((item) => item !== extra);
        const queue = queueOf(rest);
        const more = withItem(queue, extra, NOW);
        assert.deepEqual(contents(more), expected(items));
        assert.deepEqual(contents(queue), expected(rest));
        assert.equal(more.size, items.length);
        assert.equal(more.subQueueOf(extra)?.owner, extra.owner);
        assert.ok(Math.abs(more.needs.memBytes - queueOf(items).needs.memBytes) < 1);
      }),
    );
  });
});
