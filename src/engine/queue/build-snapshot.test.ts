// What running tasks and leases are charged by the price of their owner.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCapacity, NOW } from '../../../test/support/build/build-snapshot.ts';
import { anAttempt, anEstimate, aTask, GIB } from '../../../test/support/build/build-task.ts';
import type { LeaseId } from '../../core/lease.ts';
import { NO_USE, OwnerUse } from '../../scheduler/owner-use.ts';
import { Queue } from '../../scheduler/queue/queue.ts';
import { assumedEnd } from '../../scheduler/releases.ts';
import { pendingItem } from '../live-tasks.ts';
import { buildSnapshot, runningItem } from './build-snapshot.ts';

const HOUR = 3_600_000;

function snapshot(ranMs: number) {
  const used = new OwnerUse();
  const use = (factor: number) => ({
    cpuCoreMs: factor * 1e12 * HOUR,
    memByteMs: factor * 1e12 * GIB * HOUR,
  });
  used.add('alice', NO_USE, NOW, { declared: use(1), measured: use(1.5) });
  const attempt = { ...anAttempt(), startedAt: NOW - ranMs };
  const estimate = anEstimate({ memBytes: 2 * GIB, cpuCores: 1 });
  const task = (owner: string) => aTask({ owner, estimate, state: { status: 'running', attempt } });
  const lease = {
    ...{ id: 'l' as LeaseId, owner: 'alice', memBytes: 2 * GIB, cpuCores: 1 },
    ...{ timeMs: HOUR, grantedAt: NOW, expiresAt: NOW + HOUR },
  };
  return buildSnapshot({
    active: [task('alice'), task('bob')],
    queue: new Queue(used),
    leases: [lease],
    capacity: aCapacity(),
    otherProfiles: () => [],
    host: { totalBytes: 24 * GIB, availableBytes: 20 * GIB },
    outsideCores: 0,
    live: { memBytes: () => GIB, cpuCores: () => 0, progressEnd: () => null },
    nowMs: NOW,
  });
}

function hundredths(value: number): number {
  return Math.round(100 * value) / 100;
}

describe('buildSnapshot', () => {
  it('prices a running task for memory, and for CPU until its use is known', () => {
    const needs = (ranMs: number) =>
      snapshot(ranMs).running.map(({ need }) => [hundredths(need.memBytes / GIB), hundredths(need.cpuCores)]);
    assert.deepEqual(needs(14_999), [
      [3.2, 1.6],
      [2, 1],
    ]);
    assert.deepEqual(needs(15_000), [
      [3.2, 1],
      [2, 1],
    ]);
  });

  it('prices a lease', () => {
    const [lease] = snapshot(0).leases;
    const { memBytes = 0, cpuCores = 0 } = lease?.need ?? {};
    assert.deepEqual([hundredths(memBytes / GIB), hundredths(cpuCores)], [3.2, 1.6]);
  });

  it('takes the learned times of a running task, which forecasts assume for its end', () => {
    const learned = { value: 90_000, level: 'shape', n: 5 } as const;
    const { estimate } = aTask();
    const basis = {
      stated: estimate,
      from: { timeMs: 'declared', memBytes: 'declared', cpuCores: 'declared' },
      learned: { timeMs: learned, memBytes: null, cpuCores: null },
      expectedTimeMs: 60_000,
    } as const;
    const attempt = { ...anAttempt(), startedAt: NOW };
    const item = runningItem(aTask({ basis, state: { status: 'running', attempt } }), {
      memBytes: () => 0,
      cpuCores: () => 0,
      progressEnd: () => null,
    });
    assert.deepEqual([item?.expectedMs, item?.safeMs], [60_000, 90_000]);
    const once = { ...basis, learned: { ...basis.learned, timeMs: { ...learned, n: 1 } } };
    const { forecast, expectedMs } = pendingItem(aTask({ basis: once }));
    assert.ok(forecast && forecast.p50Ms > 60_000 && forecast.p50Ms < estimate.timeMs);
    assert.deepEqual([expectedMs, forecast?.p90Ms], [60_000, estimate.timeMs]);
    assert.equal(item && assumedEnd(item, 'p50', NOW), NOW + 60_000);
    assert.equal(item && assumedEnd(item, 'p90', NOW), NOW + 90_000);
    assert.equal(item && assumedEnd(item, 'estimates', NOW), NOW + estimate.timeMs);
  });
});
