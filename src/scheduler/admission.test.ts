// Which submissions are accepted, queued, denied or refused, and with which numbers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  aCapacity,
  aLease,
  anyPending,
  anySnapshot,
  aSnapshot,
  NOW,
  pending,
  running,
} from '../../test/support/build/build-snapshot.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import { type Admission, admit, largestNeed, type Submission } from './admission.ts';
import type { PendingItem } from './items.ts';
import type { Snapshot } from './snapshot.ts';

const limits = { memPctLimit: 100, cpuPctLimit: 100 };

function submission(item: PendingItem, changes: Partial<Submission> = {}): Submission {
  return { item, limits, queue: false, force: false, ...changes };
}
function decide(snapshot: Snapshot, item: PendingItem, changes: Partial<Submission> = {}): Admission {
  return admit(snapshot, submission(item, changes), NOW);
}

/** A host of 16 GiB for tasks, 12 of them held by two running tasks and 2 by a pending one. */
const busy = aSnapshot({
  running: [
    running(1, { mem: 4 * GIB, liveMemBytes: 8 * GIB, timeMs: 60_000 }),
    running(2, { mem: 4 * GIB, timeMs: 30_000 }),
  ],
  pending: [pending(3, { mem: 2 * GIB })],
});

describe('admit', () => {
  it('accepts a task that fits next to everything charged so far, to the byte', () => {
    assert.deepEqual(decide(busy, pending(9, { mem: 2 * GIB })), { kind: 'accept', isExpress: false });
    assert.equal(decide(busy, pending(9, { mem: 2 * GIB + 1 })).kind, 'deny');
  });

  it('denies with dimension, numbers, holders and the time of room', () => {
    assert.deepEqual(decide(busy, pending(9, { mem: 5 * GIB })), {
      kind: 'deny',
      why: {
        dim: 'mem',
        requested: 5 * GIB,
        available: 2 * GIB,
        limit: 16 * GIB,
        shortBy: 3 * GIB,
        charged: null,
        outside: 0,
        blockedBy: ['task-1', 'task-2', 'task-3'],
        owners: ['alice'],
        start: { expectedMs: NOW + 30_000, p90Ms: null, latestMs: NOW + 120_000 },
        position: 1,
      },
    });
  });

  it('denies for CPU and for slots too', () => {
    const capacity = aCapacity({ maxRunning: 2, cpuLimitCores: 3 });
    const snapshot = aSnapshot({ capacity, running: [running(1, { cpu: 1.5, mem: GIB })] });
    const cpu = decide(snapshot, pending(9, { cpu: 2, mem: GIB }));
    assert.ok(cpu.kind === 'deny' && cpu.why.dim === 'cpu');
    assert.deepEqual([cpu.why.requested, cpu.why.available, cpu.why.shortBy], [2, 1.5, 0.5]);
    const full = aSnapshot({
      capacity,
      running: [running(1, { cpu: 1, mem: GIB }), running(2, { cpu: 1, mem: GIB })],
    });
    const slots = decide(full, pending(9, { cpu: 1, mem: GIB }));
    assert.ok(slots.kind === 'deny' && slots.why.dim === 'slots');
    assert.deepEqual([slots.why.requested, slots.why.available, slots.why.limit], [1, 0, 2]);
  });

  it('queues instead of denying when asked to, until the queue is full', () => {
    const big = pending(9, { mem: 5 * GIB });
    assert.deepEqual(decide(busy, big, { queue: true }), { kind: 'queue' });
    const full = { ...busy, capacity: aCapacity({ maxPending: 1 }) };
    assert.deepEqual(decide(full, big, { queue: true }), { kind: 'queue_full', maxPending: 1 });
  });

  it('accepts a lease over pending tasks, and only for its size', () => {
    const lease = aLease(1, { mem: 4 * GIB });
    const snapshot = aSnapshot({ leases: [lease], pending: [pending(2, { mem: 16 * GIB })] });
    assert.equal(decide(snapshot, pending(9, { mem: 4 * GIB }), { lease }).kind, 'accept');
    assert.equal(decide(snapshot, pending(9, { mem: 4 * GIB })).kind, 'deny');
    assert.equal(decide(snapshot, pending(9, { mem: 5 * GIB }), { lease }).kind, 'deny');
    assert.equal(decide(snapshot, pending(9, { mem: 5 * GIB }), { lease, queue: true }).kind, 'queue');
  });

  it('gives the same answer with and without --queue, in any state', () => {
    const agreed = new Map<string, number>();
    fc.assert(
      fc.property(anySnapshot, anyPending(999), (snapshot, item) => {
        const [plain, queued] = [decide(snapshot, item).kind, decide(snapshot, item, { queue: true }).kind];
        assert.equal(queued, plain === 'deny' ? 'queue' : plain);
        agreed.set(plain, (agreed.get(plain) ?? 0) + 1);
      }),
      { numRuns: 300 },
    );
    assert.ok((agreed.get('accept') ?? 0) > 0 && (agreed.get('deny') ?? 0) > 3, `${[...agreed]}`);
  });

  it('is not moved by pending items that nothing can start', () => {
    fc.assert(
      fc.property(anySnapshot, anyPending(999), (snapshot, item) => {
        const before = decide(snapshot, item).kind;
        snapshot.queue.add({ ...pending(500, { mem: 100 * GIB }), priority: 100 }, NOW);
        assert.equal(decide(snapshot, item).kind, before);
      }),
    );
  });

  it('--force skips the gate, but not the limits of the task itself', () => {
    assert.deepEqual(decide(busy, pending(9, { mem: 20 * GIB }), { force: true }), {
      kind: 'accept',
      isExpress: false,
    });
    const own = { force: true, limits: { memPctLimit: 40, cpuPctLimit: 90 } };
    const refused = decide(busy, pending(9, { mem: 20 * GIB }), own);
    assert.ok(refused.kind === 'infeasible' && refused.why.raise === '--mem_pct_limit=84');
  });

  it('accepts as many of twenty tasks of 4 GiB as fit on a host of 24 GiB', () => {
    for (const outsideGib of [0, 0.5, 0.9, 4, 5, 16.5, 20]) {
      const capacity = aCapacity({ memLimitBytes: Math.floor(0.7 * 24 * GIB) });
      const snapshot = aSnapshot({ capacity, outsideMemBytes: outsideGib * GIB });
      let accepted = 0;
      for (let n = 1; n <= 20; n += 1) {
        const item = pending(n, { mem: 4 * GIB, cpu: 0.1 });
        if (decide(snapshot, item).kind !== 'accept') continue;
        accepted += 1;
        snapshot.queue.add(item, NOW);
      }
      assert.equal(accepted, Math.max(0, Math.floor((capacity.memLimitBytes / GIB - outsideGib) / 4)));
    }
  });
});

describe('infeasible', () => {
  const strict = { memPctLimit: 40, cpuPctLimit: 50 };
  const TABLE: [string, PendingItem, Submission['limits'], 'mem' | 'cpu', number, RegExp][] = [
    [
      'memory above its own limit',
      pending(1, { mem: 10 * GIB }),
      strict,
      'mem',
      Math.floor(9.6 * GIB),
      /^--mem_pct_limit=42$/,
    ],
    ['cores above its own limit', pending(1, { mem: GIB, cpu: 5 }), strict, 'cpu', 4, /^--cpu_pct_limit=63$/],
    [
      'memory above the host',
      pending(1, { mem: 17 * GIB }),
      limits,
      'mem',
      16 * GIB,
      /admission\.max_sys_mem_pct/,
    ],
  ];
  for (const [what, item, own, dim, limit, raise] of TABLE)
    it(`names dimension, limit and flag for ${what}`, () => {
      const admission = decide(aSnapshot(), item, { limits: own, queue: true });
      assert.ok(admission.kind === 'infeasible');
      const { why } = admission;
      assert.deepEqual([why.dim, why.limit], [dim, limit]);
      assert.equal(why.requested, dim === 'mem' ? item.need.memBytes : item.need.cpuCores);
      assert.match(String(why.raise), raise);
    });

  it('never applies to the largest need, on any host and for any limits', () => {
    const host = fc.record({
      memTotalBytes: fc.integer({ min: 2 ** 26, max: 2 ** 45 }),
      cores: fc.integer({ min: 1, max: 512 }),
      memPctLimit: fc.integer({ min: 1, max: 1000 }).map((n) => n / 10),
      cpuPctLimit: fc.integer({ min: 1, max: 1000 }).map((n) => n / 10),
    });
    fc.assert(
      fc.property(host, ({ memTotalBytes, cores, ...own }) => {
        const capacity = aCapacity({
          memTotalBytes,
          memLimitBytes: Math.floor(0.7 * memTotalBytes),
          cores,
          cpuLimitCores: cores,
          cpuShareCores: 0.9 * cores,
        });
        const item = { ...pending(1), need: largestNeed(capacity, own) };
        assert.deepEqual(decide(aSnapshot({ capacity }), item, { limits: own }), {
          kind: 'accept',
          isExpress: false,
        });
      }),
    );
  });
});

it('a denial shows less available than requested and starts in the future, and the answer with --queue agrees', () => {
  let [denials, promises] = [0, 0];
  fc.assert(
    fc.property(anySnapshot, anyPending(999), (snapshot, item) => {
      const admission = decide(snapshot, item);
      const queued = decide(snapshot, item, { queue: true });
      if (admission.kind !== 'deny') return assert.deepEqual(queued, admission);
      denials += 1;
      const { dim, requested, available, shortBy, limit, blockedBy, start } = admission.why;
      assert.ok(available >= 0 && requested <= limit);
      // What fits and waits for its turn is not short of anything.
      assert.ok(dim === 'reservation' ? blockedBy.length > 0 : available < requested);
      assert.ok(Math.abs(shortBy - Math.max(0, requested - available)) < 1e-6);
      assert.ok(start.expectedMs === null || start.expectedMs > NOW);
      assert.equal(queued.kind, 'queue');
      if (start.latestMs === null) return;
      promises += 1;
      assert.ok(start.latestMs > NOW && start.latestMs >= (start.expectedMs ?? NOW));
    }),
  );
  assert.ok(denials > 10 && promises > 10, `only ${denials} denials, ${promises} promises`);
});

describe('a need above the capacity of the active profile', () => {
  const largest = aCapacity({ memLimitBytes: 20 * GIB });
  const night = { profile: 'night', capacity: largest };
  const large = pending(1, { mem: 18 * GIB });
  const at = (atMs: number | null) => aSnapshot({ otherProfiles: () => [{ ...night, atMs }] });

  it('waits for a scheduled profile, and a denial names its time', () => {
    const denied = decide(at(NOW + 60_000), large, { largest });
    assert.ok(denied.kind === 'deny');
    assert.deepEqual(
      [denied.why.dim, denied.why.blockedBy, denied.why.start.expectedMs],
      ['profile', ['night'], NOW + 60_000],
    );
    assert.equal(decide(at(NOW + 60_000), large, { largest, queue: true }).kind, 'queue');
  });

  it('is infeasible when no schedule brings that profile, with the command that does', () => {
    for (const queue of [false, true]) {
      const refused = decide(at(null), large, { largest, queue });
      assert.ok(refused.kind === 'infeasible');
      assert.deepEqual([refused.why.dim, refused.why.limit], ['mem', 16 * GIB]);
      assert.match(String(refused.why.raise), /babysit profile night$/);
    }
  });
});
