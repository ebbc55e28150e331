// The price of the needs of an owner whose attempts use more than they declare.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aCapacity, anySnapshot, aSnapshot, NOW, pending } from '../../test/support/build/build-snapshot.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import { admit } from './admission.ts';
import type { Need } from './items.ts';
import { beyondCapacity, eventualRoom, shortDim } from './ledger.ts';
import { declaredOf, NO_USE, OwnerUse } from './owner-use.ts';
import { DEFAULT_POLICY, pass } from './pass.ts';
import { plan } from './plan.ts';
import { pricedNeed, priceOf } from './price.ts';
import { pricedQueue, Queue } from './queue/queue.ts';
import type { Snapshot } from './snapshot.ts';

const HOUR = 3_600_000;
const limits = { memPctLimit: 100, cpuPctLimit: 100 };
const use = (coreHours: number, gibHours: number) => ({
  cpuCoreMs: coreHours * HOUR,
  memByteMs: gibHours * GIB * HOUR,
});

describe('the price of an owner', () => {
  const TABLE: [string, [number, number], [number, number], { mem: number; cpu: number } | null][] = [
    ['without a history is none', [0, 0], [0, 0], null],
    ['that keeps its estimates is none', [100, 400], [80, 300], null],
    ['that is up to a tenth above them is none', [100, 400], [109, 438], null],
    ['is above measured / declared, by dimension', [1e6, 1e6], [1.25e6, 1e6], { mem: 1, cpu: 1.3 }],
    ['is at most 2', [1e6, 1e6], [9e6, 9e6], { mem: 2, cpu: 2 }],
    [
      'is none after half a minute at twice the estimate',
      [30 / 3600, 0],
      [60 / 3600, 0],
      { mem: 1, cpu: 1.24 },
    ],
    ['is none after a short attempt with a wrong estimate', [10 / 3600, 0], [20 / 3600, 0], null],
  ];
  for (const [what, declared, measured, expected] of TABLE)
    it(what, () => {
      const price = priceOf({ declared: use(...declared), measured: use(...measured) });
      const rounded = price && { mem: round(price.mem), cpu: round(price.cpu) };
      assert.deepEqual(rounded, expected);
    });

  function round(value: number): number {
    return Math.round(value * 1000) / 1000;
  }

  it('needs a measurement of the dimension', () => {
    const item = { need: { memBytes: GIB, cpuCores: 1 }, killTimeoutMs: HOUR };
    const nothing = declaredOf(item, HOUR, { meanCores: null, peakMemBytes: null });
    assert.deepEqual(nothing, { declared: NO_USE, measured: NO_USE });
    const { declared, measured } = declaredOf(item, 2 * HOUR, { meanCores: 1.5, peakMemBytes: null });
    assert.deepEqual([declared, measured], [use(1, 0), use(1.5, 0)]);
  });

  it('is forgotten with its evidence, by the half-life of past use', () => {
    const used = new OwnerUse(HOUR);
    used.add('alice', NO_USE, NOW, { declared: use(1, 0), measured: use(1.5, 0) });
    const priceAt = (atMs: number) => priceOf(used.declared('alice', atMs))?.cpu ?? 1;
    assert.ok(priceAt(NOW) > 1.4);
    assert.ok(priceAt(NOW + HOUR) < priceAt(NOW));
    assert.equal(priceAt(NOW + 10 * HOUR), 1);
    const before = priceAt(NOW);
    assert.equal(priceAt(NOW - 10 * HOUR), before, 'the clock is set back');
  });
});

/** The history of an owner whose price is exactly 1 / `factor`. */
function understated(queue: Queue, owner: string, factor: number): void {
  const declared = use(1000, 1000);
  const prior = { cpuCoreMs: 120_000, memByteMs: GIB * 120_000 };
  const ratio = 1 + (1 / factor - 1) / 1.2;
  const exact = (key: keyof typeof prior) => (declared[key] + prior[key]) * ratio - prior[key];
  queue.used.add(owner, NO_USE, NOW, {
    declared,
    measured: { cpuCoreMs: exact('cpuCoreMs'), memByteMs: exact('memByteMs') },
  });
}

function scaled({ memBytes, cpuCores }: Need, factor: number): Need {
  return { memBytes: factor * memBytes, cpuCores: factor * cpuCores };
}

describe('understating before the start', () => {
  // Powers of two and of ten keep sums of cores exact.
  const anyFactor = fc.constantFrom(0.5, 0.625, 0.75, 0.8);

  it('never gains: pass, plan and admission decide as for what the price makes of it', () => {
    fc.assert(
      fc.property(anySnapshot, anyFactor, (snapshot, factor) => {
        const items = [...snapshot.queue.subQueues()].flatMap((subQueue) => subQueue.items());
        const honest = items.filter(({ need }) => beyondCapacity(snapshot.capacity, need) === null);
        const lying = new Queue();
        const truthful = new Queue();
        for (const item of honest) {
          truthful.add(item, NOW);
          lying.add(item.owner === 'alice' ? { ...item, need: scaled(item.need, factor) } : item, NOW);
        }
        understated(lying, 'alice', factor);
        const view = (queue: Queue): Snapshot => ({ ...snapshot, queue: pricedQueue(queue, MOST, NOW) });
        assert.deepEqual(pass(view(lying), NOW), pass(view(truthful), NOW));
        const startsOf = (queue: Queue) =>
          [...plan(view(queue), NOW).entries].map(([id, { start }]) => [id, start]);
        assert.deepEqual(startsOf(lying), startsOf(truthful));
        const item = pending(99, { owner: 'alice', mem: 2 * GIB, cpu: 1 });
        const submitted = (need: Need) => ({ item: { ...item, need }, limits, queue: false, force: false });
        const isAccepted = (queue: Queue, need: Need) =>
          admit(view(queue), submitted(need), NOW).kind === 'accept';
        assert.equal(isAccepted(lying, scaled(item.need, factor)), isAccepted(truthful, item.need));
      }),
    );
  });

  const MOST = { memBytes: Number.POSITIVE_INFINITY, cpuCores: Number.POSITIVE_INFINITY };
});

describe('a price', () => {
  const anyNeed = fc.record({
    memBytes: fc.integer({ min: 1, max: 24 }).map((n) => n * GIB),
    cpuCores: fc.integer({ min: 1, max: 160 }).map((n) => n / 10),
  });
  const anyPrice = fc.record({
    mem: fc.double({ min: 1, max: 2, noNaN: true }),
    cpu: fc.double({ min: 1, max: 2, noNaN: true }),
  });

  it('never makes a need smaller, and none too large for the host that was not', () => {
    fc.assert(
      fc.property(anyNeed, anyPrice, fc.nat({ max: 20 }), (need, price, outsideGib) => {
        const snapshot = aSnapshot({ outsideMemBytes: outsideGib * GIB });
        const { capacity, outsideMemBytes } = snapshot;
        const most = { memBytes: capacity.memLimitBytes - outsideMemBytes, cpuCores: capacity.cpuLimitCores };
        const priced = pricedNeed(need, price, most);
        assert.ok(priced.memBytes >= need.memBytes && priced.cpuCores >= need.cpuCores);
        const fits = (one: Need) => shortDim(eventualRoom(snapshot), one) === null;
        assert.equal(fits(priced), fits(need));
      }),
    );
  });

  it('is in the answer: what was asked, what is charged, what is missing', () => {
    const snapshot = aSnapshot({
      capacity: aCapacity({ cpuLimitCores: 2 }),
      pending: [pending(1, { owner: 'bob' })],
    });
    understated(snapshot.queue, 'alice', 0.8);
    const most = { memBytes: 16 * GIB, cpuCores: 2 };
    const priced = { ...snapshot, queue: pricedQueue(snapshot.queue, most, NOW) };
    const item = pending(2, { owner: 'alice', cpu: 1.2 });
    const answer = admit(priced, { item, limits, queue: false, force: false }, NOW, DEFAULT_POLICY);
    assert.equal(answer.kind, 'deny');
    if (answer.kind !== 'deny') return;
    const { dim, requested, charged, available, shortBy } = answer.why;
    assert.deepEqual([dim, requested, charged, available], ['cpu', 1.2, 1.5, 1]);
    assert.ok(Math.abs(shortBy - 0.5) < 1e-9);
  });
});
