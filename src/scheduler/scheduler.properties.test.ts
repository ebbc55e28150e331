// Properties of the whole scheduler, over random histories in simulated time.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hostOf } from '../../test/support/build/build-run.ts';
import {
  anyPending,
  anyQueue,
  anySnapshot,
  aSnapshot,
  NOW,
  pending,
  queueOf,
} from '../../test/support/build/build-snapshot.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import { SimulatedHost } from '../../test/support/rigs/simulated-host.ts';
import { admit } from './admission.ts';
import type { PendingItem } from './items.ts';
import { chargedMem } from './ledger.ts';
import { DEFAULT_POLICY, pass } from './pass.ts';
import { plan } from './plan.ts';
import { isShort } from './short.ts';

const limits = { memPctLimit: 100, cpuPctLimit: 100 };

function isFeasible({ need }: PendingItem): boolean {
  return need.memBytes <= 16 * GIB && need.cpuCores <= 8;
}

/** Its number decides its place among those of the same millisecond. */
function submittedNow(item: PendingItem, n: number, nowMs: number): PendingItem {
  const { id, name } = pending(n);
  return { ...item, id, name, submittedAtMs: nowMs };
}

function charged({ running, leases }: SimulatedHost) {
  const needs = leases.map(({ need }) => need);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    memBytes: sum([...running.map(chargedMem), ...needs.map(({ memBytes }) => memBytes)]),
    cpuCores: sum(
      [...running, ...leases].map((item) => ('isExpress' in item && item.isExpress ? 0 : item.need.cpuCores)),
    ),
    slots: running.length + leases.length,
  };
}

describe('never above capacity', () => {
  type Op =
    | { readonly kind: 'submit'; readonly item: PendingItem; readonly queue: boolean }
    | { readonly kind: 'wait'; readonly ms: number }
    | { readonly kind: 'end' | 'pause' | 'drop_lease'; readonly which: number }
    | { readonly kind: 'use'; readonly which: number; readonly part: number }
    | { readonly kind: 'adjust'; readonly which: number; readonly item: PendingItem }
    | { readonly kind: 'outside'; readonly memBytes: number };
  const which = fc.nat({ max: 20 });
  const anyItem = fc
    .tuple(anyPending(0), fc.constantFrom('task' as const, 'task' as const, 'ticket' as const))
    .map(([item, kind]) => ({ ...item, kind }));
  const anyOp: fc.Arbitrary<Op> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('submit' as const), item: anyItem, queue: fc.boolean() }),
    },
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: 1_800_000 }) }),
    fc.record({ kind: fc.constantFrom('end' as const, 'pause' as const, 'drop_lease' as const), which }),
    fc.record({ kind: fc.constant('use' as const), which, part: fc.double({ min: 0, max: 2, noNaN: true }) }),
    fc.record({ kind: fc.constant('adjust' as const), which, item: anyPending(0) }),
    fc.record({
      kind: fc.constant('outside' as const),
      memBytes: fc.constantFrom(0, 2, 6, 12).map((gib) => gib * GIB),
    }),
  );

  /** Returns whether a submission was accepted. */
  function apply(host: SimulatedHost, op: Op, n: number): boolean {
    const index = 'which' in op ? op.which % Math.max(1, host.running.length) : 0;
    const active = host.running[index];
    switch (op.kind) {
      case 'submit': {
        const item = submittedNow(op.item, n, host.nowMs);
        const { kind } = admit(host, { item, limits, queue: op.queue, force: false }, host.nowMs);
        if (kind === 'accept' || kind === 'queue') host.submit(item);
        return kind === 'accept';
      }
      case 'wait':
        host.advance(host.nowMs + op.ms);
        return false;
      case 'end':
        host.running = host.running.toSpliced(index, 1);
        return false;
      case 'pause':
        if (active !== undefined)
          host.running = host.running.with(index, { ...active, isPaused: !active.isPaused });
        return false;
      case 'drop_lease':
        host.leases = host.leases.slice(1);
        return false;
      case 'use':
        if (active !== undefined)
          host.running = host.running.with(index, {
            ...active,
            liveMemBytes: op.part * active.need.memBytes,
          });
        return false;
      case 'adjust': {
        const items = [...host.queue.subQueues()].flatMap((subQueue) => [...subQueue.items()]);
        const item = items[op.which % Math.max(1, items.length)];
        if (item === undefined || !isFeasible(op.item)) return false;
        host.queue.remove(item.id, host.nowMs);
        const { need, timeMs, priority } = op.item;
        host.submit({ ...item, need, timeMs, priority });
        return false;
      }
      case 'outside':
        host.outsideMemBytes = op.memBytes;
        return false;
    }
  }

  it('by its starts: with leases, pauses, overruns, live use above estimates, adjust, outside memory', () => {
    fc.assert(
      fc.property(fc.array(anyOp, { maxLength: 60, size: 'max' }), (ops) => {
        const host = new SimulatedHost({ maxRunning: 5 });
        for (const [n, op] of ops.entries()) {
          const isAccepted = apply(host, op, n);
          const { starts } = host.dispatch();
          if (isAccepted) assert.ok(starts.includes(pending(n).id), 'accepted and not started');
          if (starts.length === 0) continue;
          const { memBytes, cpuCores, slots } = charged(host);
          assert.ok(memBytes + host.outsideMemBytes <= host.capacity.memLimitBytes, 'memory');
          assert.ok(cpuCores <= host.capacity.cpuLimitCores + 1e-6, 'cores');
          assert.ok(slots <= host.capacity.maxRunning, 'slots');
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('whole cores', () => {
  it('N tasks of one core run beside each other on N cores, and no more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.nat({ max: 5 }), (cores, more) => {
        const host = new SimulatedHost(hostOf(1024, cores));
        for (let n = 0; n < cores + more; n += 1) host.submit(pending(n, { mem: GIB, cpu: 1 }));
        assert.equal(host.dispatch().starts.length, cores);
      }),
    );
  });

  it('also of tasks with fractions of a core that add up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 20 }), (cores, parts) => {
        const host = new SimulatedHost({ ...hostOf(1024, cores), maxRunning: 1000 });
        for (let n = 0; n < cores * parts; n += 1) host.submit(pending(n, { mem: GIB, cpu: 1 / parts }));
        assert.equal(host.dispatch().starts.length, cores * parts);
      }),
      { numRuns: 20 },
    );
  });
});

describe('understating', () => {
  it('never gains: once it is measured, every decision is the one for the honest estimate', () => {
    const anyFactor = fc.integer({ min: 10, max: 90 }).map((n) => n / 100);
    fc.assert(
      fc.property(anySnapshot, anyFactor, (snapshot, factor) => {
        const honest = snapshot.running.map((item) => ({
          ...item,
          liveMemBytes: item.need.memBytes,
          liveCpuCores: item.need.cpuCores,
        }));
        const understated = honest.map((item) => ({
          ...item,
          need: { memBytes: factor * item.need.memBytes, cpuCores: factor * item.need.cpuCores },
        }));
        assert.deepEqual(
          pass({ ...snapshot, running: understated }, NOW),
          pass({ ...snapshot, running: honest }, NOW),
        );
      }),
    );
  });
});

describe('a reservation', () => {
  it('is kept exactly when estimates hold, over arrivals of no higher priority that could start', () => {
    const anyArrivals = fc.array(fc.tuple(anyPending(0), fc.integer({ min: 0, max: 600_000 })), {
      maxLength: 20,
      size: 'max',
    });
    let kept = 0;
    fc.assert(
      fc.property(anyQueue(10, 3), anyArrivals, (items, arrivals) => {
        const host = new SimulatedHost({ maxRunning: 6 });
        host.submit(...items.filter(isFeasible));
        const { reservation } = host.dispatch();
        const holder = reservation && host.queue.get(reservation.id);
        if (!reservation || !holder || isShort(holder)) return; // A short holder may start express before.
        for (const [n, [item, waitMs]] of arrivals.entries()) {
          const untilMs = host.nowMs + waitMs;
          while (host.nowMs < untilMs && host.advance(untilMs)) host.dispatch();
          const arrival = submittedNow(item, 500 + n, host.nowMs);
          const isOwn = item.owner === holder.owner && item.priority === holder.priority;
          // Others go before it only by priority, or with a smaller share when they have to wait themselves.
          if (item.priority > holder.priority || !(isOwn || fitsNow(host, arrival))) continue;
          host.submit(arrival);
          host.dispatch();
        }
        host.run();
        assert.equal(host.startsMs.get(holder.id), reservation.startMs);
        kept += 1;
      }),
      { numRuns: 300 },
    );
    assert.ok(kept > 50, `${kept} of the histories had a reservation in them`);
  });

  // Also with backfilled tasks whose kill timeout is far beyond their estimate, and ends at any time in between.
  it('never starts after its latest start, whatever each task takes up to its kill timeout', () => {
    const anyItem = fc
      .tuple(anyPending(0), fc.constantFrom(1, 2, 20))
      .map(([item, factor]) => ({ ...item, priority: 0, killTimeoutMs: factor * item.timeMs }));
    const anyItems = fc.array(fc.tuple(anyItem, fc.nat({ max: 120_000 })), { maxLength: 30, size: 'max' });
    let kept = 0;
    fc.assert(
      fc.property(
        anyItems,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5 }),
        (all, parts) => {
          const host = new SimulatedHost(
            { maxRunning: 4 },
            { ...DEFAULT_POLICY, ageingMs: Number.POSITIVE_INFINITY },
            (item) =>
              Math.max(
                1,
                Math.round(item.killTimeoutMs * (parts[Number(item.submittedAtMs) % parts.length] ?? 1)),
              ),
          );
          const promisedMs = new Map<string, number>();
          for (const [n, [item, waitMs]] of all.entries()) {
            const untilMs = host.nowMs + waitMs;
            while (host.nowMs < untilMs && host.advance(untilMs)) host.dispatch();
            const arrival = submittedNow(item, n, host.nowMs);
            const { reservation } = host.queue;
            // A newcomer that has to wait too may go before the holder by its share.
            const isAfter =
              reservation === undefined || reservation.item.owner === item.owner || fitsNow(host, arrival);
            if (!isFeasible(item) || !isAfter) continue;
            host.submit(arrival);
            const decision = host.dispatch();
            const id = decision.reservation?.id ?? '';
            const latestMs = plan(host, host.nowMs, host.policy).get(id)?.start.latestMs;
            if (typeof latestMs === 'number' && !promisedMs.has(id)) promisedMs.set(id, latestMs);
          }
          host.run();
          for (const [id, latestMs] of promisedMs) {
            assert.ok(Number(host.startsMs.get(id)) <= latestMs, id);
            kept += 1;
          }
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(kept > 20, `only ${kept} promises`);
  });

  function fitsNow(host: SimulatedHost, { need }: PendingItem): boolean {
    const { memBytes, cpuCores, slots } = charged(host);
    return (
      need.memBytes + memBytes <= host.capacity.memLimitBytes &&
      need.cpuCores + cpuCores <= host.capacity.cpuLimitCores &&
      slots < host.capacity.maxRunning
    );
  }
});

describe('every feasible task starts', () => {
  it('for any submissions, owners and priorities', () => {
    const anyStream = fc.array(fc.tuple(anyPending(0), fc.integer({ min: 0, max: 900_000 })), {
      maxLength: 40,
      size: 'max',
    });
    fc.assert(
      fc.property(anyStream, (stream) => {
        const host = new SimulatedHost({ maxRunning: 4 });
        let taken = 0;
        for (const [n, [item, waitMs]] of stream.entries()) {
          if (!isFeasible(item)) continue;
          host.submit(submittedNow(item, n, host.nowMs));
          taken += 1;
          host.dispatch();
          const untilMs = host.nowMs + waitMs;
          while (host.nowMs < untilMs && host.advance(untilMs)) host.dispatch();
        }
        host.run();
        assert.equal(host.startsMs.size, taken);
      }),
    );
  });
});

describe('fair share', () => {
  const OWNERS = ['alice', 'bob', 'carol', 'dora'];

  // One because tasks are whole, one because a reservation is kept when the shares change.
  it('of owners with more demand and equal tasks: their numbers of running tasks differ by two at most', () => {
    const anyTimes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 40, maxLength: 40 });
    const policy = { ...DEFAULT_POLICY, ageingMs: Number.POSITIVE_INFINITY };
    fc.assert(
      fc.property(
        anyTimes,
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 7 }),
        (times, owners, slots) => {
          const host = new SimulatedHost({ maxRunning: slots }, policy);
          for (const [n, seconds] of times.entries())
            for (const [index, owner] of OWNERS.slice(0, owners).entries())
              host.submit(pending(4 * n + index, { mem: GIB, owner, timeMs: seconds * 1000 * (1 + index) }));
          const wanting = OWNERS.slice(0, owners);
          for (;;) {
            host.dispatch();
            if (wanting.some((owner) => host.queue.countOf(owner) === 0)) return;
            const running = Map.groupBy(host.running, ({ owner }) => owner);
            const counts = wanting.map((owner) => running.get(owner)?.length ?? 0);
            assert.ok(Math.max(...counts) - Math.min(...counts) <= 2, `${counts}`);
            host.advance();
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('of owners with more demand, on an empty host without backfill: shares differ by one task at most', () => {
    fc.assert(
      fc.property(anyQueue(40, 10), (any) => {
        const policy = { ...DEFAULT_POLICY, backfill: 'none', ageingMs: Number.POSITIVE_INFINITY } as const;
        const items = any.filter(isFeasible).map((item) => ({ ...item, priority: 0 }));
        const host = new SimulatedHost({}, policy);
        host.submit(...items);
        host.dispatch();
        const { memLimitBytes, cpuLimitCores } = host.capacity;
        const share = (own: readonly Pick<PendingItem, 'need'>[]) =>
          Math.max(
            own.reduce((sum, { need }) => sum + need.memBytes, 0) / memLimitBytes,
            own.reduce((sum, { need }) => sum + need.cpuCores, 0) / cpuLimitCores,
          );
        const waiting = OWNERS.filter((owner) => host.queue.countOf(owner) > 0);
        const shares = waiting.map((owner) => share(host.running.filter((item) => item.owner === owner)));
        const largest = Math.max(0, ...host.running.map((item) => share([item])));
        assert.ok(Math.max(...shares) - Math.min(...shares) <= largest + 1e-9);
      }),
    );
  });
});

describe('decisions', () => {
  it('do not depend on the order in which the queue was filled', () => {
    fc.assert(
      fc.property(anySnapshot, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (snapshot, keys) => {
        const items = [...snapshot.queue.subQueues()].flatMap((subQueue) => [...subQueue.items()]);
        const shuffled = items
          .map((item, index) => ({ item, key: keys[index] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ item }) => item);
        assert.deepEqual(pass({ ...snapshot, queue: queueOf(shuffled) }, NOW), pass(snapshot, NOW));
      }),
    );
  });

  it('do not change the queue: the same snapshot gives the same decision', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        assert.deepEqual(pass(snapshot, NOW), pass(snapshot, NOW));
      }),
    );
  });

  it('start only tasks that fit, on any host', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const host = new SimulatedHost(snapshot.capacity);
        Object.assign(host, { ...snapshot, running: [...snapshot.running], leases: [...snapshot.leases] });
        const { starts, express } = host.dispatch();
        if (starts.length === 0) return;
        const { memBytes, cpuCores, slots } = charged(host);
        assert.ok(
          memBytes + host.outsideMemBytes <= host.capacity.memLimitBytes && slots <= host.capacity.maxRunning,
        );
        // An express start takes no cores.
        assert.ok(starts.length === express.length || cpuCores <= host.capacity.cpuLimitCores + 1e-6);
      }),
    );
  });

  it('start nothing from an empty queue', () =>
    assert.deepEqual(pass(aSnapshot(), NOW), { starts: [], express: [], reservation: null }));
});
