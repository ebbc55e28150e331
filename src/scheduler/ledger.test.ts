// The arithmetic of reservations.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCapacity, aLease, aSnapshot, pending, running } from '../../test/support/build-snapshot.ts';
import { GIB } from '../../test/support/build-task.ts';
import type { Need } from './items.ts';
import { type Room, roomOf, shortDim } from './ledger.ts';

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
