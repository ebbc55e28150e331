// The plan for pending tasks: start, reason and place.
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
import { SimulatedHost } from '../../test/support/rigs/simulated-host.ts';
import type { LeaseItem, PendingItem } from './items.ts';
import { DEFAULT_POLICY, pass } from './pass.ts';
import { plan, planSubmission, startNow } from './plan.ts';
import { isShort } from './short.ts';
import type { OtherProfile, Snapshot } from './snapshot.ts';

type Changes = Parameters<typeof aSnapshot>[0];
const half = { mem: 8 * GIB };

/** Start times from now in ms, in the order of the plan. */
function starts(changes: Changes): (number | null)[] {
  return [...plan(aSnapshot(changes), NOW).entries.values()].map(
    ({ start: { expectedMs } }) => expectedMs && expectedMs - NOW,
  );
}

describe('plan', () => {
  it('starts tasks that fit now', () =>
    assert.deepEqual(starts({ pending: [pending(1), pending(2)] }), [0, 0]));

  it('waits for running tasks, in the order of their ends', () =>
    assert.deepEqual(
      starts({
        running: [running(1, { ...half, timeMs: 90_000 }), running(2, { ...half, timeMs: 30_000 })],
        pending: [pending(3, { ...half, timeMs: 1000 }), pending(4, half), pending(5, half)],
      }),
      [30_000, 31_000, 90_000],
    ));

  it('lets a small task overtake a large one that it does not delay', () =>
    assert.deepEqual(
      starts({
        running: [
          running(1, { mem: 10 * GIB, timeMs: 50_000 }),
          running(6, { mem: 5 * GIB, timeMs: 20_000 }),
        ],
        pending: [
          pending(2, { mem: 16 * GIB, timeMs: 10_000 }),
          pending(3, { mem: 3 * GIB, timeMs: 30_000 }),
          pending(4, { mem: 3 * GIB, timeMs: 30_001 }),
        ],
      }),
      [50_000, 20_000, 60_000],
    ));

  it('has no start while outside memory or a paused task blocks, and puts those tasks last', () => {
    const items = [pending(1, half), pending(2, { mem: GIB }), pending(3, { mem: 6 * GIB })];
    assert.deepEqual(starts({ outsideMemBytes: 10 * GIB, pending: items }), [0, 60_000, null]);
    const paused = running(4, { mem: 10 * GIB, isPaused: true });
    assert.deepEqual(starts({ running: [paused], pending: items }), [0, 60_000, null]);
  });

  it('does not move an overdue end with the simulated time', () => {
    const overdue = running(1, { ...half, startedAtMs: NOW - 99_000, timeMs: 1, killTimeoutMs: 1 });
    const soon = running(2, { mem: GIB, timeMs: 500 });
    assert.deepEqual(starts({ running: [overdue, soon], pending: [pending(3, { mem: 16 * GIB })] }), [1000]);
  });

  it('tracks the served owners in the simulation', () => {
    const all = (n: number, owner: string) => pending(n, { mem: 16 * GIB, owner });
    const one = (n: number, owner: string) => pending(n, { ...half, owner });
    const times = (items: readonly PendingItem[]) => {
      const planned = plan(aSnapshot({ pending: items }), NOW);
      return items.map(({ id }) => Number(planned.get(id)?.start.expectedMs) - NOW);
    };
    assert.deepEqual(
      times([all(1, 'alice'), one(2, 'alice'), one(3, 'bob'), one(4, 'carol')]),
      [0, 120_000, 60_000, 60_000],
    );
    assert.deepEqual(
      times([all(1, 'alice'), all(2, 'bob'), one(3, 'dora'), one(4, 'bob'), one(5, 'carol')]),
      [0, 60_000, 120_000, 180_000, 120_000],
    );
  });

  it('tracks the waiting time of heads in the simulation', () => {
    const snapshot = aSnapshot({ running: [running(1, { mem: 16 * GIB })] });
    const of = (n: number, owner: string, priority: number) => pending(n, { mem: 16 * GIB, owner, priority });
    snapshot.queue.add(of(2, 'alice', 0), NOW - 2.5 * 3 * 60_000);
    snapshot.queue.add(of(3, 'bob', 1), NOW);
    snapshot.queue.add(of(4, 'carol', 9), NOW);
    const startOf = (n: number) => Number(plan(snapshot, NOW).get(pending(n).id)?.start.expectedMs) - NOW;
    assert.deepEqual([4, 2, 3].map(startOf), [60_000, 120_000, 180_000]);
  });

  it('plans a long queue, the simulated part and the rest', () => {
    const items = Array.from({ length: 1000 }, (_, n) => pending(n, { mem: 4 * GIB, timeMs: 1000 }));
    assert.deepEqual(
      starts({ pending: items }),
      items.map((_, n) => 1000 * Math.floor(n / 4)),
    );
  });

  it('has no start for blocked tasks in a long queue, and plans those after them', () => {
    const items = Array.from({ length: 600 }, (_, n) =>
      pending(n, { mem: n % 2 === 0 ? 10 * GIB : 4 * GIB, timeMs: 1000 }),
    );
    const planned = plan(aSnapshot({ outsideMemBytes: 8 * GIB, pending: items }), NOW);
    for (const [n, { id }] of items.entries())
      assert.equal(planned.get(id)?.start.expectedMs === null, n % 2 === 0, `task ${n}`);
  });

  it('explains why each task waits, behind which tasks, and at which place', () => {
    const snapshot = aSnapshot({
      running: [
        running(1, { mem: 4 * GIB }),
        running(2, { mem: GIB, liveMemBytes: 5 * GIB, timeMs: 30_000 }),
      ],
      leases: [aLease(9, { mem: 2 * GIB, timeMs: 1 })],
      pending: [pending(3, { mem: 9 * GIB }), pending(4, { mem: 2 * GIB, timeMs: 120_000, cpu: 1 })],
    });
    const planned = plan(snapshot, NOW);
    assert.deepEqual(planned.get(pending(3).id)?.blocked, {
      dim: 'mem',
      requested: 9 * GIB,
      available: 5 * GIB,
      limit: 16 * GIB,
      shortBy: 4 * GIB,
      charged: null,
      outside: 0,
      blockedBy: ['task-2', 'task-1', 'lease lease-9'],
      owners: ['alice'],
      start: { expectedMs: NOW + 30_000, p90Ms: null, latestMs: NOW + 120_000 },
      position: 1,
    });
    assert.deepEqual(planned.get(pending(4).id)?.blocked, {
      dim: 'reservation',
      requested: 1,
      available: 253,
      limit: 256,
      shortBy: 0,
      charged: null,
      outside: 0,
      blockedBy: ['task-3'],
      owners: ['alice'],
      start: { expectedMs: NOW + 60_000, p90Ms: null, latestMs: NOW + 60_000 },
      position: 2,
    });
  });

  it('agrees with the pass on starts and reservation, and does not change the queue', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const decision = pass(snapshot, NOW);
        const { starts: now, reservation } = decision;
        const planned = plan(snapshot, NOW);
        assert.equal(planned.entries.size, snapshot.queue.size);
        const begun = [...planned.entries]
          .filter(([, { start }]) => start.expectedMs === NOW)
          .map(([id]) => id);
        assert.deepEqual(begun, now);
        if (reservation !== null) {
          const expectedMs = planned.get(reservation.id)?.start.expectedMs;
          const holder = snapshot.queue.get(reservation.id);
          // A short holder may start express before its reservation.
          if (holder && isShort(holder)) assert.ok(Number(expectedMs) <= reservation.startMs);
          else assert.equal(expectedMs, reservation.startMs);
        }
        assert.deepEqual(pass(snapshot, NOW), decision);
      }),
      { numRuns: 400 },
    );
  });

  it('explains exactly the waiting tasks, with the free room', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        let position = 0;
        for (const [id, { start, blocked }] of plan(snapshot, NOW).entries) {
          assert.equal(blocked === null, start.expectedMs === NOW);
          if (blocked === null) continue;
          position += 1;
          assert.equal(blocked.position, position);
          assert.equal(blocked.start, start);
          const need = snapshot.queue.get(id)?.need;
          if (blocked.dim === 'mem') assert.equal(blocked.requested, need?.memBytes);
          if (blocked.dim === 'cpu') assert.equal(blocked.requested, need?.cpuCores);
          if (blocked.dim === 'reservation') assert.ok(blocked.blockedBy.length > 0);
          else assert.ok(blocked.available < blocked.requested);
        }
      }),
    );
  });

  it('comes true when every task takes its estimated time', () => {
    let checked = 0;
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const planned = plan(snapshot, NOW);
        const host = new SimulatedHost(snapshot.capacity);
        host.outsideMemBytes = snapshot.outsideMemBytes;
        // Overdue ones have no fixed end to check against.
        host.running = snapshot.running.filter(
          (item) => item.isPaused || item.startedAtMs + item.pausedMs + item.killTimeoutMs > NOW,
        );
        if (host.running.length < snapshot.running.length) return;
        host.leases = snapshot.leases.filter(({ expiresAtMs }) => expiresAtMs > NOW);
        if (host.leases.length < snapshot.leases.length) return;
        for (const id of planned.entries.keys()) {
          const item = snapshot.queue.get(id);
          if (item !== undefined) host.submit(item);
        }
        host.run();
        for (const [id, { start }] of planned.entries)
          assert.equal(host.startsMs.get(id) ?? null, start.expectedMs);
        checked += planned.entries.size;
      }),
    );
    assert.ok(checked > 30, `only ${checked} starts`);
  });
});

describe('a queue longer than the plan', () => {
  it('has a forecast for its first items, and for the others the reason without a start', () => {
    const items = Array.from({ length: 2100 }, (_, n) => pending(n + 1, { mem: 6 * GIB }));
    const snapshot = aSnapshot({ pending: items });
    const planned = plan(snapshot, NOW);
    const far = planned.get(pending(2100).id)?.blocked ?? assert.fail();
    assert.deepEqual(
      [far.dim, far.position, far.start.expectedMs, far.blockedBy.length],
      ['mem', null, null, 5],
    );
    assert.equal(planned.get(pending(2002).id)?.blocked?.position, 2000);
    assert.ok(Number(planned.get(pending(2002).id)?.start.expectedMs) > NOW);
    assert.equal(planned.get(pending(2003).id)?.blocked?.position, null);
    assert.equal(planned.get('unknown'), undefined);
    assert.equal(why(snapshot, pending(9999, { mem: 6 * GIB }))?.position, null);
  });
});

const why = (snapshot: Snapshot, item: PendingItem, lease: LeaseItem | null = null) =>
  startNow(snapshot, { item, lease }, NOW, DEFAULT_POLICY)
    ? null
    : planSubmission(snapshot, { item, lease }, NOW, DEFAULT_POLICY);

describe('a submission', () => {
  it('starts now exactly when the next pass starts it, and has the start of the plan otherwise', () => {
    let [started, waiting] = [0, 0];
    fc.assert(
      fc.property(anySnapshot, anyPending(999), (snapshot, item) => {
        const before = plan(snapshot, NOW);
        const blocked = why(snapshot, item);
        assert.deepEqual(plan(snapshot, NOW), before);
        snapshot.queue.add(item, NOW);
        assert.equal(blocked === null, pass(snapshot, NOW).starts.includes(item.id));
        assert.deepEqual(blocked, plan(snapshot, NOW).get(item.id)?.blocked);
        if (blocked === null) started += 1;
        else waiting += 1;
      }),
      { numRuns: 300 },
    );
    assert.ok(started > 0 && waiting > 10, `${started} started, ${waiting} waited`);
  });

  it('finds the start at the end of a long queue', () => {
    const items = Array.from({ length: 600 }, (_, n) => pending(n, { mem: 4 * GIB, timeMs: 1000 }));
    const blocked = why(aSnapshot({ pending: items }), pending(999));
    assert.equal(blocked?.start.expectedMs, NOW + 150_000);
    assert.equal(blocked?.position, 597);
  });

  it('starts beside a queue that it does not delay, and not before a reservation that it would delay', () => {
    const snapshot = aSnapshot({
      running: [running(1, { mem: 10 * GIB, timeMs: 60_000 })],
      pending: [pending(2, { mem: 12 * GIB })],
    });
    assert.equal(why(snapshot, pending(3, { mem: 6 * GIB, timeMs: 60_000, killTimeoutMs: 60_000 })), null);
    const blocked = why(snapshot, pending(3, { mem: 6 * GIB, timeMs: 90_000 }));
    assert.deepEqual([blocked?.dim, blocked?.blockedBy], ['reservation', ['task-2']]);
  });

  it('starts in the room of its lease whatever waits, and otherwise in its turn in the room with the lease', () => {
    const lease = aLease(1, { mem: 6 * GIB, cpu: 1 });
    const snapshot = aSnapshot({
      capacity: aCapacity({ maxRunning: 2 }),
      running: [running(2, { mem: 6 * GIB })],
      leases: [lease],
    });
    assert.equal(why(snapshot, pending(3, { mem: 10 * GIB }), lease), null);
    assert.equal(why(snapshot, pending(3, { mem: 10 * GIB + 1 }), lease)?.available, 10 * GIB);
    snapshot.queue.add(pending(4, { mem: 16 * GIB }), NOW);
    assert.equal(why(snapshot, pending(5, { mem: 6 * GIB }), lease), null);
    assert.equal(why(snapshot, pending(5, { mem: 6 * GIB + 1, timeMs: 90_000 }), lease)?.dim, 'reservation');
  });
});

describe('a task that only another profile could run', () => {
  const night = { profile: 'night', atMs: NOW + 3_600_000, capacity: aCapacity({ memLimitBytes: 20 * GIB }) };
  const large = pending(1, { mem: 18 * GIB });
  const starting = (other: OtherProfile) => {
    const snapshot = aSnapshot({ pending: [large, pending(2), pending(3)], otherProfiles: () => [other] });
    assert.deepEqual(pass(snapshot, NOW).starts, [pending(2).id, pending(3).id]);
    return plan(snapshot, NOW).get(large.id)?.blocked;
  };

  it('says so with the time of a scheduled profile, and delays no other task', () => {
    const blocked = starting(night);
    assert.deepEqual([blocked?.dim, blocked?.blockedBy], ['profile', ['night']]);
    assert.deepEqual(blocked?.start, { expectedMs: night.atMs, p90Ms: null, latestMs: null });
    assert.deepEqual([blocked?.requested, blocked?.limit], [18 * GIB, 16 * GIB]);
  });

  it('has no time when the profile is not scheduled', () =>
    assert.equal(starting({ ...night, atMs: null })?.start.expectedMs, null));
});
