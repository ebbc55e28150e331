// The rules of a pass one by one: order, shares, age, reservation, backfill.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  aLease,
  aSnapshot,
  NOW,
  pending,
  queueOf,
  running,
} from '../../test/support/build/build-snapshot.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import { SimulatedHost } from '../../test/support/rigs/simulated-host.ts';
import type { PendingItem } from './items.ts';
import { DEFAULT_POLICY, type Decision, type Policy, pass } from './pass.ts';
import type { Snapshot } from './snapshot.ts';

/** The numbers of the tasks that start, in order. */
function started(snapshot: Snapshot, policy?: Policy): number[] {
  return pass(snapshot, NOW, policy).starts.map((id) => Number(id.slice(-6)));
}

/** Number of the holder and time from now in ms. */
function reserved({ reservation }: Decision): [number, number] | null {
  return reservation && [Number(reservation.id.slice(-6)), reservation.startMs - NOW];
}

const all = { mem: 16 * GIB };
const half = { mem: 8 * GIB };
const quarter = { mem: 4 * GIB };
const bob = { owner: 'bob' };

describe('order', () => {
  it('is the order of submission among equals, then the id', () => {
    const twin = { ...pending(2, half), submittedAtMs: pending(1).submittedAtMs };
    assert.deepEqual(started(aSnapshot({ pending: [pending(3, half), twin, pending(1, half)] })), [1, 2]);
  });

  it('puts priority first, below zero last', () => {
    const items = [
      pending(1, { ...half, priority: -1 }),
      pending(2, half),
      pending(3, { ...half, priority: 1 }),
    ];
    assert.deepEqual(started(aSnapshot({ pending: items })), [3, 2]);
  });

  it('puts the owner with the smaller dominant share first, and counts each start', () => {
    const items = [
      ...[1, 2, 3, 4].map((n) => pending(n, quarter)),
      ...[5, 6, 7].map((n) => pending(n, { ...quarter, ...bob })),
    ];
    // Never served, submitted first: alice begins; then in turn.
    assert.deepEqual(started(aSnapshot({ pending: items })), [1, 5, 2, 6]);
    // Of the memory alice holds a quarter, of the cores bob holds a third: the larger part counts.
    const use = [running(8, { mem: 4 * GIB, cpu: 0.1 }), running(9, { mem: 1, cpu: 2.4, ...bob })];
    assert.deepEqual(started(aSnapshot({ pending: items, running: use })), [1, 5]);
  });

  it('counts live memory above the estimate, and leases', () => {
    const items = [pending(1, quarter), pending(2, { ...quarter, ...bob })];
    const grown = [running(3, { mem: GIB, liveMemBytes: 9 * GIB })];
    assert.deepEqual(started(aSnapshot({ pending: items, running: grown })), [2]);
    const leases = [aLease(3, { mem: 9 * GIB })];
    assert.deepEqual(started(aSnapshot({ pending: items, leases })), [2]);
  });

  it('puts the owner served longest ago first among equal shares', () => {
    const snapshot = aSnapshot({
      pending: [pending(1, all), pending(2, { ...all, ...bob }), pending(3, { ...all, owner: 'carol' })],
    });
    snapshot.queue.served('alice', NOW - 1);
    snapshot.queue.served('bob', NOW - 9);
    assert.deepEqual(started(snapshot), [3]);
    snapshot.queue.served('carol', NOW - 2);
    assert.deepEqual(started(snapshot), [2]);
  });

  it('counts what starts in the same pass as served', () => {
    const snapshot = aSnapshot({
      running: [running(9, { ...quarter, ...bob })],
      pending: [pending(1, quarter), pending(2, quarter), pending(3, { ...quarter, ...bob })],
    });
    snapshot.queue.served('bob', NOW - 1);
    assert.deepEqual(started(snapshot), [1, 3, 2]);
  });

  it('puts the single task of one owner before the flood of another', () => {
    const host = new SimulatedHost();
    host.submit(...Array.from({ length: 200 }, (_, n) => pending(n, all)));
    host.dispatch();
    host.nowMs += 1000;
    const single = { ...pending(500, { ...all, ...bob }), submittedAtMs: host.nowMs };
    host.submit(single);
    host.dispatch();
    host.advance();
    assert.deepEqual(host.dispatch().starts, [single.id]);
  });

  it('raises the head of a sub-queue by one for each aging interval, and no task behind it', () => {
    const items = [
      pending(1, half),
      pending(2, half),
      pending(3, { ...half, ...bob, priority: 1 }),
      pending(4, { ...half, ...bob, priority: 1 }),
    ];
    const snapshot = { ...aSnapshot(), queue: queueOf(items) };
    const at = (waitedMs: number) =>
      pass(snapshot, NOW + waitedMs, { ...DEFAULT_POLICY, ageingMs: 1000 }).starts.map((id) =>
        Number(id.slice(-1)),
      );
    assert.deepEqual(at(0), [3, 4]);
    // All heads age alike; 4 is not a head yet.
    assert.deepEqual(at(5000), [3, 1]);
    snapshot.queue.remove(pending(3).id, NOW + 5000);
    assert.deepEqual(at(5000), [1, 4]);
    assert.deepEqual(at(5999), [1, 4]);
  });
});

it('raises a short head sooner: by one for each three times its estimate, at least a minute', () => {
  const startsAfter = (timeMs: number, waitedMs: number) => {
    const items = [pending(1, { ...all, timeMs }), pending(2, { ...all, ...bob, priority: 1 })];
    const snapshot = { ...aSnapshot(), queue: queueOf([items[0] as PendingItem]) };
    snapshot.queue.add(items[1] as PendingItem, NOW + waitedMs);
    return pass(snapshot, NOW + waitedMs).starts[0];
  };
  const [first, second] = [pending(1).id, pending(2).id];
  const cases = [
    [1000, 59_999, second],
    [1000, 60_000, first],
    [100_000, 299_999, second],
    [100_000, 300_000, first],
    [7_200_000, 3_599_999, second],
    [7_200_000, 3_600_000, first],
  ] as const;
  for (const [timeMs, waitedMs, id] of cases)
    assert.equal(startsAfter(timeMs, waitedMs), id, `${timeMs} ${waitedMs}`);
});

describe('reservation', () => {
  const head = pending(10, { ...half, timeMs: 60_000 });
  const use = [running(1, { mem: 10 * GIB, timeMs: 30_000 })];
  const behind = (changes: Parameters<typeof pending>[1]) =>
    pass(aSnapshot({ running: use, pending: [head, pending(11, changes)] }), NOW);

  it('is for the first task that does not fit, at the time when expected ends make room', () => {
    const decision = pass(
      aSnapshot({ running: use, pending: [pending(9, { mem: GIB }), head, pending(11, all)] }),
      NOW,
    );
    assert.deepEqual(decision.starts, [pending(9).id]);
    assert.deepEqual(reserved(decision), [10, 30_000]);
  });

  it('waits for tasks that start in the same pass, too', () => {
    const items = [pending(2, { ...half, timeMs: 70_000 }), pending(3, all)];
    assert.deepEqual(reserved(pass(aSnapshot({ pending: items }), NOW)), [3, 70_000]);
  });

  it('waits for leases as for running tasks', () => {
    const leases = [aLease(1, { mem: 10 * GIB, expiresAtMs: NOW + 20_000, timeMs: 50_000 })];
    assert.deepEqual(reserved(pass(aSnapshot({ leases, pending: [head] }), NOW)), [10, 50_000]);
  });

  const TABLE: [string, Parameters<typeof pending>[1], boolean][] = [
    ['over by the shadow time', { mem: 6 * GIB, timeMs: 30_000 }, true],
    ['over a moment later, in the room of the head', { mem: 6 * GIB, timeMs: 30_001, cpu: 7.1 }, false],
    ['longer, and fits beside the head', { mem: 6 * GIB, timeMs: 300_000 }, true],
    ['short, and does not fit now', { mem: 6 * GIB + 1, timeMs: 1 }, false],
    ['short, and has too many cores', { mem: GIB, cpu: 7.1, timeMs: 1 }, false],
  ];
  for (const [what, changes, starts] of TABLE)
    it(`lets a later task ${starts ? '' : 'not '}start that is ${what}`, () => {
      const decision = behind(changes);
      assert.deepEqual(decision.starts, starts ? [pending(11).id] : []);
      assert.deepEqual(reserved(decision), [10, 30_000]);
    });

  it('gives the room beside the head only once', () => {
    const long = { mem: 4 * GIB, timeMs: 300_000 };
    const items = [head, ...[11, 12, 13].map((n) => pending(n, long))];
    const snapshot = aSnapshot({ running: [running(1, { mem: 7 * GIB, timeMs: 30_000 })], pending: items });
    // 9 GiB are free now, 8 beside the head.
    assert.deepEqual(started({ ...snapshot, running: [running(1, { mem: 9 * GIB, timeMs: 30_000 })] }), [11]);
    assert.deepEqual(started(aSnapshot({ running: use, pending: items })), [11]);
  });

  it('reserves slots like memory', () => {
    const capacity = { ...aSnapshot().capacity, maxRunning: 2 };
    const items = [pending(3, { ...all, timeMs: 1 }), pending(4, { mem: GIB, timeMs: 1e6 })];
    const decision = pass(aSnapshot({ capacity, running: use, pending: items }), NOW);
    assert.deepEqual([decision.starts, reserved(decision)], [[], [3, 30_000]]);
    const short = [pending(3, { ...half, timeMs: 1 }), pending(4, { mem: GIB, timeMs: 1e6 })];
    assert.deepEqual(started(aSnapshot({ capacity, running: use, pending: short })), [4]);
  });

  it('moves when a running task overruns its estimate, and no task starts by the old time', () => {
    const late = [
      running(1, { mem: 10 * GIB, startedAtMs: NOW - 40_000, timeMs: 30_000, killTimeoutMs: 60_000 }),
    ];
    const decision = pass(
      aSnapshot({ running: late, pending: [head, pending(11, { mem: GIB, timeMs: 20_000 })] }),
      NOW,
    );
    assert.deepEqual([decision.starts.length, reserved(decision)], [1, [10, 20_000]]);
  });

  it('is not made while outside memory or a paused task blocks it; tasks that fit start', () => {
    const blocked: Partial<Snapshot>[] = [
      { outsideMemBytes: 10 * GIB },
      { running: [running(1, { mem: 10 * GIB, isPaused: true })] },
    ];
    for (const changes of blocked) {
      const decision = pass(
        aSnapshot({ ...changes, pending: [head, pending(11, { mem: GIB, timeMs: 1e9 })] }),
        NOW,
      );
      assert.deepEqual(decision.starts, [pending(11).id]);
      assert.equal(decision.reservation, null);
    }
  });

  it('goes to the next task with a predictable start', () => {
    const snapshot = aSnapshot({
      running: [running(1, { mem: 6 * GIB, isPaused: true }), running(2, { ...half, timeMs: 30_000 })],
      pending: [
        pending(10, all),
        pending(11, { ...half, ...bob }),
        pending(12, { mem: GIB, timeMs: 1e9, cpu: 7 }),
      ],
    });
    const decision = pass(snapshot, NOW);
    assert.deepEqual([decision.starts, reserved(decision)], [[], [11, 30_000]]);
  });

  it('is not used without backfill: tasks start in order', () => {
    const items = [head, pending(11, { mem: GIB, timeMs: 1 })];
    assert.deepEqual(
      started(aSnapshot({ running: use, pending: items }), { ...DEFAULT_POLICY, backfill: 'none' }),
      [],
    );
  });
});

it('decides the example of docs/design/scheduling.md as described there', () => {
  const task = (n: number, owner: string, gib: number, seconds: number) =>
    pending(n, { owner, mem: gib * GIB, timeMs: seconds * 1000 });
  const [big, fmt, tidy] = [task(2, 'alice', 12, 60), task(3, 'alice', 1, 300), task(4, 'alice', 1, 25)];
  const [lint, docs, web] = [task(5, 'bob', 4, 20), task(6, 'bob', 1, 600), task(7, 'carol', 15, 120)];
  const train = running(1, { mem: 10 * GIB, timeMs: 30_000 });
  const decision = pass(aSnapshot({ running: [train], pending: [big, fmt, tidy, lint, docs, web] }), NOW);
  assert.deepEqual(decision.starts, [lint.id, tidy.id, fmt.id]);
  assert.deepEqual(reserved(decision), [7, 30_000]);
});

describe('learned times', () => {
  // Task 1 ends after 100 s; task 2 waits for all of the memory; one of the others fits beside task 1 until then.
  const holder = pending(2, { mem: 15 * GIB, timeMs: 50_000 });
  const startsOf = (learned: Policy['learned'], ...items: PendingItem[]) =>
    pass(
      aSnapshot({ running: [running(1, { mem: 10 * GIB, timeMs: 100_000 })], pending: [holder, ...items] }),
      NOW,
      { ...DEFAULT_POLICY, expressStarts: 0, learned },
    ).starts;
  const candidate = (n: number, timeMs: number, expectedMs?: number, safeMs = expectedMs): PendingItem => ({
    ...pending(n, { mem: 4 * GIB, timeMs }),
    killTimeoutMs: timeMs,
    expectedMs,
    safeMs,
  });
  const [first, second] = [candidate(3, 60_000, 50_000), candidate(4, 90_000, 10_000)];

  it('decide the order of backfill, unless they are off', () => {
    assert.deepEqual(startsOf('order', first, second), [second.id]);
    assert.deepEqual(startsOf('full', first, second), [second.id]);
    assert.deepEqual(startsOf('off', first, second), [first.id]);
  });

  it('are the estimates where nothing was learned', () =>
    assert.deepEqual(startsOf('order', candidate(3, 60_000), candidate(4, 40_000)), [pending(4).id]));

  it('decide whether a candidate ends in time only when they count in full', () => {
    const overestimated = candidate(3, 900_000, 10_000, 20_000);
    assert.deepEqual(startsOf('order', overestimated), []);
    assert.deepEqual(startsOf('full', overestimated), [overestimated.id]);
    const tight = candidate(3, 900_000, 10_000, 66_000);
    assert.deepEqual(startsOf('full', tight), [tight.id]);
    // It may take half as long again as it is expected to.
    assert.deepEqual(startsOf('full', candidate(3, 900_000, 10_000, 67_000)), []);
  });
});

describe('a held reservation', () => {
  /** Alice's task 2 has a reservation for the room of her task 1. */
  function reservedHost(): SimulatedHost {
    const host = new SimulatedHost();
    host.submit(pending(1, { mem: 12 * GIB, timeMs: 30_000 }));
    host.dispatch();
    host.submit(pending(2, { mem: 13 * GIB, timeMs: 60_000 }));
    assert.deepEqual(reserved(host.dispatch()), [2, 30_000]);
    return host;
  }
  const startOf = (host: SimulatedHost, item: PendingItem) =>
    (host.startsMs.get(item.id) ?? Number.NaN) - NOW;

  it('is kept against tasks that waited before, although the shares change', () => {
    const host = reservedHost();
    host.submit(pending(3, { ...bob, mem: 2 * GIB, timeMs: 20_000 }), pending(4, { ...all, ...bob }));
    assert.deepEqual(host.dispatch().starts, [pending(3).id]);
    // Task 3 has ended and left bob with nothing.
    host.advance();
    assert.deepEqual(reserved(host.dispatch()), [2, 30_000]);
    // A newcomer that comes after both changes nothing.
    host.nowMs += 1;
    host.submit({ ...pending(5, { ...all, priority: -1 }), submittedAtMs: host.nowMs });
    assert.deepEqual(reserved(host.dispatch()), [2, 30_000]);
    host.run();
    assert.deepEqual([startOf(host, pending(2)), startOf(host, pending(4))], [30_000, 90_000]);
  });

  it('yields to a newcomer with a smaller share that must wait as well', () => {
    const host = reservedHost();
    host.nowMs += 1000;
    host.submit({ ...pending(3, { ...half, ...bob, timeMs: 60_000 }), submittedAtMs: host.nowMs });
    assert.deepEqual(reserved(host.dispatch()), [3, 30_000]);
  });

  it('is kept against a newcomer with a smaller share that could start at once', () => {
    const host = reservedHost();
    host.nowMs += 1000;
    const newcomer = pending(3, { ...bob, mem: 4 * GIB, timeMs: 60_000 });
    host.submit({ ...newcomer, submittedAtMs: host.nowMs });
    const decision = host.dispatch();
    assert.deepEqual([decision.starts, reserved(decision)], [[], [2, 30_000]]);
  });

  it('yields to a higher priority', () => {
    const host = reservedHost();
    host.submit(pending(3, { ...all, ...bob, priority: 1 }));
    assert.deepEqual(reserved(host.dispatch()), [3, 30_000]);
  });

  it('is kept under a stream of small tasks', () => {
    const host = reservedHost();
    for (let n = 10; n < 200; n += 1) {
      host.submit(pending(n, { ...bob, mem: 3 * GIB, timeMs: 7_000 }));
      host.dispatch();
      host.advance(host.nowMs + 500);
    }
    assert.equal(startOf(host, pending(2)), 30_000);
  });
});

it('an endless stream of higher priority does not starve: the head ages past it', () => {
  const host = new SimulatedHost({}, { ...DEFAULT_POLICY, ageingMs: 10_000 });
  host.submit(pending(1, { ...all, priority: 0 }));
  const stream = (n: number) => pending(n, { ...all, ...bob, priority: 5, timeMs: 4_000 });
  host.queue.remove(pending(1).id, NOW);
  host.submit(stream(2));
  host.dispatch();
  host.submit(pending(1, all));
  for (let n = 3; host.queue.has(pending(1).id); n += 1) {
    assert.ok(
      host.nowMs <= NOW + 6 * 10_000 + 4_000,
      'five levels, one more to pass, and the task that runs',
    );
    host.submit(stream(n));
    host.advance();
    host.dispatch();
  }
});
