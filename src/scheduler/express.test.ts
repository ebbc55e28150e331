// Short tasks start above the core limit, within bounds that break no promise.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  aCapacity,
  aLease,
  anySnapshot,
  aSnapshot,
  NOW,
  pending,
  queueOf,
  running,
} from '../../test/support/build/build-snapshot.ts';
import { GIB, MIB } from '../../test/support/build/build-task.ts';
import { SimulatedHost } from '../../test/support/rigs/simulated-host.ts';
import { admit } from './admission.ts';
import type { PendingItem } from './items.ts';
import { chargedNeed, heldNeed } from './ledger.ts';
import { DEFAULT_POLICY, pass } from './pass.ts';
import { plan } from './plan.ts';

const limits = { memPctLimit: 100, cpuPctLimit: 100 };
const twoCores = aCapacity({ cores: 2, cpuLimitCores: 2, cpuShareCores: 1.8 });
const smoke = { mem: 64 * MIB, timeMs: 10_000 };
const hour = { mem: GIB, timeMs: 3_600_000, killTimeoutMs: 7_200_000 };
/** The whole host, held by alice. */
const held = [running(1, hour), running(2, hour)];

/** The numbers of the tasks that start express. */
function express(items: readonly PendingItem[], changes: Parameters<typeof aSnapshot>[0] = {}): number[] {
  const snapshot = aSnapshot({ capacity: twoCores, running: held, pending: items, ...changes });
  return pass(snapshot, NOW).express.map((id) => Number(id.slice(-6)));
}

describe('an express start', () => {
  const bob = pending(5, { ...smoke, owner: 'bob' });

  it('is for a short task while another owner holds more than its share', () => {
    assert.deepEqual(express([bob]), [5]);
    assert.deepEqual(express([pending(5, smoke)]), [], 'of the owner that holds all');
    const both = [running(1, hour), running(2, { ...hour, owner: 'bob' })];
    assert.deepEqual(express([bob], { running: both }), [], 'each holds its share');
    const waits = pending(6, { ...hour, owner: 'carol' });
    assert.deepEqual(express([bob, waits], { running: both }), [5], 'both hold more than a third');
  });

  const TOO_LARGE: [string, Parameters<typeof pending>[1]][] = [
    ['an estimate above 30 s', { timeMs: 30_001, killTimeoutMs: 60_000 }],
    ['a kill timeout above 60 s', { timeMs: 30_000, killTimeoutMs: 60_001 }],
    ['more than one core', { cpu: 1.1 }],
    ['more than an eighth of the memory', { mem: 2 * GIB + 1 }],
  ];
  for (const [what, change] of TOO_LARGE)
    it(`is not for ${what}`, () => {
      assert.deepEqual(express([pending(5, { ...smoke, owner: 'bob', ...change })]), []);
    });

  it('is not for a ticket, and not with the setting at 0 or without backfill', () => {
    assert.deepEqual(express([{ ...bob, kind: 'ticket' }]), []);
    const snapshot = aSnapshot({ capacity: twoCores, running: held, pending: [bob] });
    for (const policy of [{ expressStarts: 0 }, { backfill: 'none' }] as const)
      assert.deepEqual(pass(snapshot, NOW, { ...DEFAULT_POLICY, ...policy }).express, []);
  });

  it('needs memory and a slot like any other start', () => {
    const capacity = { ...twoCores, maxRunning: 2 };
    assert.deepEqual(express([bob], { capacity }), []);
    assert.deepEqual(express([bob], { outsideMemBytes: 14 * GIB }), []);
  });

  it('comes one at a time for each owner, the one that holds least first', () => {
    const carol = pending(7, { ...smoke, timeMs: 1000, owner: 'carol' });
    assert.deepEqual(express([bob, pending(6, { ...smoke, owner: 'bob' })]), [5]);
    const lease = aLease(1, { mem: MIB, cpu: 0.1, owner: 'bob' });
    assert.deepEqual(express([bob, carol], { leases: [lease] }), [7]);
  });

  it('comes by priority among the tasks of an owner, and among owners that hold equally much', () => {
    const first = pending(5, { ...smoke, owner: 'bob' });
    for (const owner of ['bob', 'carol']) {
      const raised = pending(6, { ...smoke, owner, priority: 5 });
      const lowered = pending(4, { ...smoke, owner, priority: -5 });
      assert.deepEqual(express([lowered, first, raised]).slice(0, 1), [6], owner);
      assert.deepEqual(express([lowered, first]).slice(0, 1), [5], owner);
    }
  });

  it('does not pass one of the same owner with a higher priority, also where that waits for the lane', () => {
    const other = running(3, { ...smoke, owner: 'carol', killTimeoutMs: 60_000, isExpress: true });
    const shorter = pending(6, { ...smoke, timeMs: 1500, owner: 'bob' });
    const raised = { ...bob, priority: 5 };
    for (const priority of [0, 5])
      assert.deepEqual(express([raised, { ...shorter, priority }], { running: [...held, other] }), []);
  });

  it('waits for a running one that ends within ten times its estimate, and goes beside one that does not', () => {
    const other = running(3, { ...smoke, owner: 'carol', killTimeoutMs: 60_000, isExpress: true });
    assert.deepEqual(express([bob], { running: [...held, other] }), []);
    const shorter = pending(5, { ...smoke, timeMs: 5_000, owner: 'bob' });
    assert.deepEqual(express([shorter], { running: [...held, other] }), [5]);
    const third = running(4, { ...smoke, owner: 'dora', killTimeoutMs: 60_000, isExpress: true });
    assert.deepEqual(express([shorter], { running: [...held, other, third] }), [], 'two run');
  });

  it('is charged memory and a slot, and cores only above its estimate; its owner holds all of it', () => {
    const item = running(3, { ...smoke, killTimeoutMs: 20_000, isExpress: true });
    assert.deepEqual(chargedNeed(item), { memBytes: 64 * MIB, cpuCores: 0 });
    assert.deepEqual(heldNeed(item), { memBytes: 64 * MIB, cpuCores: 1 });
    assert.equal(chargedNeed({ ...item, liveCpuCores: 2 }).cpuCores, 2);
  });

  it('keeps its place in the lane and is charged its cores once an adjustment makes it longer than a short task', () => {
    const longer = running(3, { ...smoke, owner: 'bob', killTimeoutMs: 180_000, isExpress: true });
    assert.equal(chargedNeed(longer).cpuCores, 1);
    assert.deepEqual(express([bob], { running: [...held, longer] }), []);
    const shorts = ['carol', 'dora'].map((owner, n) => pending(6 + n, { ...smoke, owner }));
    assert.deepEqual(express(shorts, { running: [...held, longer] }), [6], 'one place is left');
  });

  it('comes five times the estimate after the last start of its owner while an owner with less waits', () => {
    const waits = pending(4, { ...hour, owner: 'carol' });
    const snapshot = aSnapshot({ capacity: twoCores, running: held, pending: [waits, bob] });
    snapshot.queue.served('bob', NOW - 20_000);
    const restedAtMs = NOW + 30_000;
    assert.deepEqual(pass(snapshot, NOW).express, []);
    assert.deepEqual(pass(snapshot, restedAtMs - 1).express, []);
    assert.equal(plan(snapshot, NOW).get(bob.id)?.start.expectedMs, restedAtMs);
    assert.deepEqual(pass(snapshot, restedAtMs).express, [bob.id]);
    snapshot.queue.served('carol', NOW - 10_000);
    assert.deepEqual(pass(snapshot, NOW).express, [bob.id], 'carol was served later');
    snapshot.queue.remove(waits.id, NOW);
    snapshot.queue.served('carol', NOW - 30_000);
    assert.deepEqual(pass(snapshot, NOW).express, [bob.id], 'only the owner with the most waits for it');
  });

  it('goes to the owner served longest ago where owners hold equally much', () => {
    const carol = pending(7, { ...smoke, owner: 'carol' });
    const snapshot = aSnapshot({ capacity: twoCores, running: held, pending: [bob, carol] });
    assert.deepEqual(pass(snapshot, NOW).express, [bob.id]);
    snapshot.queue.served('bob', NOW - 60_000);
    assert.deepEqual(pass(snapshot, NOW).express, [carol.id]);
  });

  it('is expected later, and no basis of a latest start', () => {
    const long = { timeMs: 100_000, killTimeoutMs: 200_000 };
    const some = [
      running(1, { ...long, mem: GIB, owner: 'bob' }),
      running(2, { ...long, mem: 9 * GIB, cpu: 0.5 }),
      running(3, { ...smoke, cpu: 0.1, killTimeoutMs: 20_000, owner: 'bob', isExpress: true }),
    ];
    const next = pending(5, { ...smoke, cpu: 0.6, owner: 'bob' });
    const snapshot = aSnapshot({ capacity: twoCores, running: some, pending: [next] });
    const start = plan(snapshot, NOW).get(next.id)?.start;
    assert.deepEqual([start?.expectedMs, start?.latestMs], [NOW + 10_000, NOW + 200_000]);
  });

  it('moves no start of another task', () => {
    const next = pending(4, { mem: GIB, cpu: 2, timeMs: 60_000, owner: 'carol' });
    const snapshot = aSnapshot({ capacity: twoCores, running: held, pending: [next] });
    const before = plan(snapshot, NOW).get(next.id)?.start;
    snapshot.queue.add(bob, NOW);
    assert.deepEqual(plan(snapshot, NOW).get(next.id)?.start, before);
    assert.equal(plan(snapshot, NOW).get(bob.id)?.start.expectedMs, NOW);
  });
});

const anyOwner = fc.constantFrom('alice', 'bob', 'carol', 'dora');
const anyShort = fc
  .record({
    timeMs: fc.integer({ min: 1_500, max: 30_000 }),
    cpu: fc.integer({ min: 1, max: 20 }).map((n) => n / 20),
    mem: fc.integer({ min: 1, max: 2048 }).map((n) => n * MIB),
    owner: anyOwner,
  })
  .map((changes) => pending(999, changes));

describe('express starts', () => {
  it('give plain run and the queue the same answer, which the next pass carries out', () => {
    let accepted = 0;
    const anyHeld = fc.array(fc.record({ cpu: fc.constantFrom(1, 1, 2, 3), owner: anyOwner }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        anySnapshot,
        anyHeld,
        fc.array(anyShort, { maxLength: 4 }),
        anyShort,
        (any, held, shorts, item) => {
          const waiting = [...any.queue.subQueues()].flatMap((subQueue) => subQueue.items());
          const others = [...waiting, ...shorts.map((short, n) => ({ ...short, id: `${short.id}-${n}` }))];
          const more = held.map((changes, n) => running(80 + n, { ...hour, mem: MIB, ...changes }));
          const snapshot = { ...any, running: [...any.running, ...more], queue: queueOf(others) };
          const submission = { item, limits, force: false };
          const plain = admit(snapshot, { ...submission, queue: false }, NOW);
          const queued = admit(snapshot, { ...submission, queue: true }, NOW);
          assert.equal(queued.kind, plain.kind === 'deny' ? 'queue' : plain.kind);
          if (plain.kind === 'infeasible') return;
          const decision = pass({ ...snapshot, queue: queueOf([...others, item]) }, NOW);
          assert.equal(decision.starts.includes(item.id), plain.kind === 'accept');
          assert.equal(decision.express.includes(item.id), plain.kind === 'accept' && plain.isExpress);
          if (plain.kind === 'accept' && plain.isExpress) accepted += 1;
        },
      ),
      { numRuns: 500 },
    );
    assert.ok(accepted > 5, `only ${accepted}`);
  });

  // Tasks take any time up to their kill timeout. A newcomer joins only if it cannot go before the holder.
  it('break no latest start of a reservation', () => {
    const anyLong = fc
      .record({
        timeMs: fc.integer({ min: 40_000, max: 600_000 }),
        cpu: fc.constantFrom(0.5, 1, 2),
        mem: fc.integer({ min: 1, max: 12 }).map((n) => n * GIB),
        owner: anyOwner,
      })
      .map((changes) => pending(999, changes));
    const anyArrivals = fc.array(fc.tuple(fc.oneof(anyShort, anyLong), fc.nat({ max: 40_000 })), {
      minLength: 10,
      maxLength: 40,
    });
    const anyParts = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 5 });
    let [kept, express] = [0, 0];
    fc.assert(
      fc.property(anyArrivals, anyParts, (arrivals, parts) => {
        const policy = { ...DEFAULT_POLICY, ageingMs: Number.POSITIVE_INFINITY };
        const lastsMs = ({ id, killTimeoutMs }: PendingItem) =>
          Math.ceil((killTimeoutMs * (parts[Number(id.slice(-6)) % parts.length] ?? 1)) / 100);
        const host = new SimulatedHost({ cores: 2, cpuLimitCores: 2, maxRunning: 5 }, policy, lastsMs, 0);
        const promisedMs = new Map<string, number>();
        const dispatch = () => {
          const decision = host.dispatch();
          express += decision.express.length;
          const id = decision.reservation?.id;
          if (id === undefined || promisedMs.has(id)) return;
          const latestMs = plan(host, host.nowMs, policy).get(id)?.start.latestMs;
          if (typeof latestMs === 'number') promisedMs.set(id, latestMs);
        };
        for (const [n, [item, waitMs]] of arrivals.entries()) {
          const untilMs = host.nowMs + waitMs;
          while (host.nowMs < untilMs && host.advance(untilMs)) dispatch();
          const { reservation } = host.queue;
          const arrival = { ...item, id: pending(n).id, submittedAtMs: host.nowMs };
          if (reservation !== undefined && reservation.item.owner !== item.owner) {
            const admission = admit(
              host,
              { item: arrival, limits, queue: true, force: false },
              host.nowMs,
              policy,
            );
            if (admission.kind !== 'accept') continue;
          }
          host.submit(arrival);
          dispatch();
        }
        host.run();
        for (const [id, latestMs] of promisedMs) {
          assert.ok(Number(host.startsMs.get(id)) <= latestMs, id);
          kept += 1;
        }
      }),
      { numRuns: 150 },
    );
    assert.ok(kept > 100 && express > 100, `${kept} promises, ${express} express starts`);
  });

  // Alice floods the host with long tasks. Each of the two others has at most one short task at a time.
  it('let no short task wait longer than ten times its length, and never run more than two at once', () => {
    const anyTimes = fc.array(
      fc.record({ timeMs: fc.integer({ min: 1_500, max: 30_000 }), pauseMs: fc.nat({ max: 90_000 }) }),
      { minLength: 1, maxLength: 8 },
    );
    let expressed = 0;
    fc.assert(
      fc.property(anyTimes, anyTimes, fc.integer({ min: 1, max: 8 }), (bobs, carols, cores) => {
        const host = new SimulatedHost(
          { cores, cpuLimitCores: cores },
          DEFAULT_POLICY,
          ({ killTimeoutMs }) => killTimeoutMs,
        );
        for (let n = 0; n < 30; n += 1) host.submit(pending(n, { ...hour, mem: MIB, owner: 'alice' }));
        host.dispatch();
        const lines = [bobs, carols].map((times, line) => ({
          times: [...times],
          owner: `short-${line}`,
          nextMs: NOW,
        }));
        const waits: [string, number, number][] = [];
        for (let n = 100; lines.some(({ times }) => times.length > 0); ) {
          for (const line of lines) {
            const isBusy =
              host.queue.countOf(line.owner) > 0 || host.running.some(({ owner }) => owner === line.owner);
            if (isBusy || line.nextMs > host.nowMs) continue;
            const next = line.times.shift();
            if (next === undefined) continue;
            const { timeMs, pauseMs } = next;
            host.submit({
              ...pending(n, { mem: MIB, timeMs, owner: line.owner }),
              submittedAtMs: host.nowMs,
            });
            waits.push([pending(n).id, host.nowMs, timeMs]);
            line.nextMs = host.nowMs + pauseMs;
            n += 1;
          }
          expressed += host.dispatch().express.length;
          assert.ok(host.running.filter(({ isExpress }) => isExpress).length <= DEFAULT_POLICY.expressStarts);
          host.advance(host.nowMs + 5_000);
        }
        host.run();
        for (const [id, submittedMs, timeMs] of waits)
          assert.ok(Number(host.startsMs.get(id)) - submittedMs <= 10 * timeMs, id);
      }),
      { numRuns: 60 },
    );
    assert.ok(expressed > 100, `only ${expressed}`);
  });
});
