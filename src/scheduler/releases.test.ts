// When room becomes free, and the shadow time of a need that does not fit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  aLease,
  anySnapshot,
  aSnapshot,
  NOW,
  pending,
  running,
} from '../../test/support/build/build-snapshot.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import type { Room } from './ledger.ts';
import { expectedEnd, expectedExpiry, type Release, releasesOf, shadow } from './releases.ts';

describe('expectedEnd', () => {
  const TABLE: [string, Parameters<typeof running>[1], number][] = [
    ['at its estimate', { timeMs: 60_000 }, 60_000],
    ['at its kill timeout if that is sooner', { timeMs: 60_000, killTimeoutMs: 20_000 }, 20_000],
    [
      'at its kill timeout once it overran its estimate',
      { startedAtMs: NOW - 70_000, timeMs: 60_000, killTimeoutMs: 120_000 },
      50_000,
    ],
    [
      'in a second once it outlived its kill timeout',
      { startedAtMs: NOW - 120_000, killTimeoutMs: 120_000 },
      1000,
    ],
    [
      'later by the time it was paused',
      { startedAtMs: NOW - 30_000, pausedMs: 10_000, timeMs: 60_000 },
      40_000,
    ],
    ['never while it is paused', { isPaused: true }, Number.POSITIVE_INFINITY],
  ];
  for (const [what, changes, inMs] of TABLE)
    it(what, () => assert.equal(expectedEnd(running(1, changes), NOW) - NOW, inMs));
});

describe('expectedExpiry', () => {
  const TABLE: [string, Parameters<typeof aLease>[1], number][] = [
    ['when it expires', { expiresAtMs: NOW + 60_000, timeMs: 1000 }, 60_000],
    ['with the task that may take it over', { expiresAtMs: NOW + 60_000, timeMs: 90_000 }, 90_000],
    ['soon when it should be gone', { grantedAtMs: NOW - 9, expiresAtMs: NOW - 1, timeMs: 1 }, 1000],
  ];
  for (const [what, changes, inMs] of TABLE)
    it(what, () => assert.equal(expectedExpiry(aLease(1, changes), NOW) - NOW, inMs));
});

describe('releasesOf', () => {
  it('lists running tasks with their charge, leases and starts, soonest first, without paused tasks', () => {
    const snapshot = aSnapshot({
      running: [
        running(1, { mem: GIB, liveMemBytes: 2 * GIB, cpu: 1, timeMs: 30_000 }),
        running(2, { isPaused: true }),
      ],
      leases: [aLease(3, { mem: 3 * GIB, cpu: 2, expiresAtMs: NOW + 40_000, timeMs: 1 })],
    });
    const starts = [pending(4, { mem: 4 * GIB, cpu: 3, timeMs: 30_000 })];
    assert.deepEqual(releasesOf(snapshot, NOW, starts), [
      { atMs: NOW + 30_000, need: { memBytes: 2 * GIB, cpuCores: 1 } },
      { atMs: NOW + 30_000, need: { memBytes: 4 * GIB, cpuCores: 3 } },
      { atMs: NOW + 40_000, need: { memBytes: 3 * GIB, cpuCores: 2 } },
    ]);
  });

  it('are all in the future', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) =>
        assert.ok(releasesOf(snapshot, NOW).every(({ atMs }) => atMs > NOW)),
      ),
    );
  });
});

describe('shadow', () => {
  const room = (memBytes: number, cpuCores: number, slots: number): Room => ({ memBytes, cpuCores, slots });
  const releases: Release[] = [
    { atMs: 10, need: { memBytes: 2, cpuCores: 1 } },
    { atMs: 20, need: { memBytes: 3, cpuCores: 4 } },
  ];
  const TABLE: [string, Room, [number, number], ReturnType<typeof shadow>][] = [
    ['the first release suffices', room(1, 1, 1), [3, 2], { atMs: 10, extra: room(0, 0, 1) }],
    ['cores come later than memory', room(1, 1, 1), [3, 3], { atMs: 20, extra: room(3, 3, 2) }],
    ['only a slot is missing', room(9, 9, 0), [3, 3], { atMs: 10, extra: room(8, 7, 0) }],
    ['memory used by others is in the way', room(-4, 9, 9), [2, 1], null],
  ];
  for (const [what, free, [memBytes, cpuCores], expected] of TABLE)
    it(what, () => assert.deepEqual(shadow(free, releases, { memBytes, cpuCores }), expected));
});
