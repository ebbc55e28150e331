// The arithmetic of reservations.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  aCapacity,
  aLease,
  aSnapshot,
  NOW,
  pending,
  running,
} from '../../test/support/build/build-snapshot.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import type { Need } from './items.ts';
import { OUTSIDE_PATIENCE_MS, outsideCharge, patientCharge, type Room, roomOf, shortDim } from './ledger.ts';
import { pass } from './pass.ts';
import { plan } from './plan.ts';

const capacity = aCapacity({ memLimitBytes: 16 * GIB, cpuLimitCores: 7.2, maxRunning: 4 });
const room = (gib: number, cpuCores: number, slots: number): Room => ({
  memBytes: gib * GIB,
  cpuCores,
  slots,
});

describe('roomOf', () => {
  const TABLE: [string, Parameters<typeof aSnapshot>[0], Room][] = [
    ['an idle host', {}, room(16, 7.2, 4)],
    ['memory used by others', { outsideMemBytes: 6 * GIB }, room(10, 7.2, 4)],
    ['cores used by others', { outsideCpuCores: 3 }, room(16, 4.2, 4)],
    [
      'a task below its estimate',
      { running: [running(1, { mem: 4 * GIB, liveMemBytes: GIB, cpu: 2 })] },
      room(12, 5.2, 3),
    ],
    [
      'a task above its estimate',
      { running: [running(1, { mem: 4 * GIB, liveMemBytes: 5 * GIB, cpu: 2 })] },
      room(11, 5.2, 3),
    ],
    ['a paused task', { running: [running(1, { mem: 4 * GIB, cpu: 2, isPaused: true })] }, room(12, 5.2, 3)],
    [
      'a task above its CPU estimate',
      { running: [running(1, { mem: 4 * GIB, cpu: 1, liveCpuCores: 2.5 })] },
      room(12, 4.7, 3),
    ],
    [
      'a task of one thread, measured a few percent above one core',
      { running: [running(1, { mem: 4 * GIB, cpu: 1, liveCpuCores: 1.05 })] },
      room(12, 6.2, 3),
    ],
    ['a lease', { leases: [aLease(1, { mem: 4 * GIB, cpu: 2 })] }, room(12, 5.2, 3)],
    ['a pending task', { pending: [pending(1, { mem: 4 * GIB, cpu: 2 })] }, room(16, 7.2, 4)],
    [
      'more than the host has, by force',
      { outsideMemBytes: 10 * GIB, running: [running(1, { mem: 8 * GIB, cpu: 8.2 })] },
      room(-2, -1, 3),
    ],
  ];
  for (const [what, changes, left] of TABLE)
    it(`with ${what}`, () => {
      const snapshot = aSnapshot({ capacity, ...changes });
      assert.deepEqual(rounded(roomOf(snapshot)), left);
    });
});

describe('the charge for cores outside', () => {
  // Cores of the host, share of tasks, limit of tasks, mean use outside: charge.
  const TABLE: [string, number, number, number, number, number][] = [
    ['an idle host', 2, 1.8, 2, 0, 0],
    ['the noise of a desktop', 2, 1.8, 2, 0.6, 0],
    ['one busy thread', 2, 1.8, 2, 1, 1],
    ['make -j on two cores', 2, 1.8, 2, 2, 2],
    ['one busy thread on one core', 1, 0.9, 1, 1, 1],
    ['one busy thread on many cores: a part of what tasks leave free', 64, 57.6, 64, 1, 0],
    ['make -j8 on many cores', 64, 57.6, 64, 14, 8],
    ['cores that the day profile leaves to others', 8, 4, 4, 4, 0],
    ['more than that', 8, 4, 4, 6.2, 2],
    ['all of the host by day', 8, 4, 4, 8, 4],
    ['a share of 100 %: a twentieth stays unnoticed', 16, 16, 16, 1.2, 0],
    ['a half core of a container', 0.5, 0.45, 0.5, 0.5, 0],
  ];
  for (const [what, cores, cpuShareCores, cpuLimitCores, mean, charge] of TABLE)
    it(`${what}: ${charge}`, () =>
      assert.equal(outsideCharge(mean, { ...capacity, cores, cpuShareCores, cpuLimitCores }), charge));

  // Cores of tasks, the charge, the needs of the heads of two owners: the charge when they have waited.
  const PATIENT: [string, number, number, number[], number][] = [
    ['an empty queue', 2, 2, [], 2],
    ['one core', 2, 2, [1], 1],
    ['both cores', 2, 1, [2], 0],
    ['what the charge leaves', 8, 4, [2], 4],
    ['the larger of two', 8, 8, [2, 6], 2],
    ['more than the host has', 2, 2, [64], 0],
    ['nothing outside', 2, 0, [2], 0],
  ];
  for (const [what, cpuLimitCores, charge, needs, left] of PATIENT)
    it(`leaves room for an item that has waited a minute for ${what}`, () => {
      const items = needs.map((cpu, n) => pending(n, { cpu, owner: `owner ${n}` }));
      const snapshot = aSnapshot({ capacity: aCapacity({ cpuLimitCores }), pending: items });
      assert.equal(patientCharge(charge, snapshot, NOW + OUTSIDE_PATIENCE_MS - 1), charge);
      assert.equal(patientCharge(charge, snapshot, NOW + OUTSIDE_PATIENCE_MS), left);
      const outsideCpuCores = left;
      if (needs.length === 1 && (needs[0] ?? 0) <= cpuLimitCores)
        assert.equal(pass({ ...snapshot, outsideCpuCores }, NOW).starts.length, 1);
    });

  it('of an item that waits for them is in the plan, without a start', () => {
    const snapshot = aSnapshot({
      capacity: aCapacity({ cpuLimitCores: 2 }),
      outsideCpuCores: 2,
      pending: [pending(1, { cpu: 1 })],
    });
    assert.deepEqual(pass(snapshot, NOW).starts, []);
    const blocked = plan(snapshot, NOW).get(pending(1).id)?.blocked;
    assert.deepEqual([blocked?.dim, blocked?.outside, blocked?.start.expectedMs], ['cpu', 2, null]);
  });
});

describe('shortDim', () => {
  const TABLE: [string, Room, Need, string | null][] = [
    ['an exact fit', room(4, 2, 1), { memBytes: 4 * GIB, cpuCores: 2 }, null],
    ['a byte too much', room(4, 2, 1), { memBytes: 4 * GIB + 1, cpuCores: 2 }, 'mem'],
    ['a hundredth of a core too much', room(4, 2, 1), { memBytes: 4 * GIB, cpuCores: 2.01 }, 'cpu'],
    ['a rounding error of a core', room(4, 0.3, 1), { memBytes: 1, cpuCores: 0.1 + 0.2 }, null],
    ['no slot', room(4, 2, 0), { memBytes: 1, cpuCores: 1 }, 'slots'],
  ];
  for (const [what, left, need, dim] of TABLE)
    it(`${what}: ${dim}`, () => assert.equal(shortDim(left, need), dim));
});

function rounded({ memBytes, cpuCores, slots }: Room): Room {
  return { memBytes, cpuCores: Math.round(cpuCores * 1e6) / 1e6, slots };
}
