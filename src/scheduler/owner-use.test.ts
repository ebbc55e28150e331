// The decayed use of owners, and its part in the order of the queue.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aCapacity, aSnapshot, NOW, pending, running } from '../../test/support/build/build-snapshot.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import { MAX_OWNERS, NO_USE, OwnerUse, useOf } from './owner-use.ts';
import { pass } from './pass.ts';

const HOUR = 3_600_000;
const capacity = aCapacity({ cpuLimitCores: 8, memLimitBytes: 16 * GIB });
const coreHours = (n: number) => ({ cpuCoreMs: n * HOUR, memByteMs: 0 });
const close = (got: number, expected: number) => assert.ok(Math.abs(got - expected) < 1e-9, `${got}`);

describe('past use', () => {
  it('halves with each half-life', () => {
    const used = new OwnerUse(HOUR);
    used.add('alice', coreHours(8), NOW);
    const share = (atMs: number) => used.share('alice', NO_USE, capacity, atMs);
    close(share(NOW), Math.LN2);
    close(share(NOW + HOUR), Math.LN2 / 2);
    close(share(NOW + 3 * HOUR), Math.LN2 / 8);
  });

  it('of an owner that holds the whole host approaches 1', () => {
    const used = new OwnerUse(HOUR);
    for (let n = 1; n <= 6000; n += 1) used.add('alice', coreHours(8 / 60), NOW + n * 60_000);
    const share = used.share('alice', NO_USE, capacity, NOW + 6000 * 60_000);
    assert.ok(share > 0.99 && share < 1.01, `${share}`);
  });

  it('is dominant: the larger of cores and memory', () => {
    const used = new OwnerUse(HOUR);
    used.add('alice', { cpuCoreMs: HOUR, memByteMs: 8 * GIB * HOUR }, NOW);
    close(used.share('alice', NO_USE, capacity, NOW), Math.LN2 / 2);
  });

  it('does not count with a half-life of 0', () => {
    const used = new OwnerUse(0);
    used.add('alice', coreHours(8), NOW);
    assert.equal(used.share('alice', coreHours(8), capacity, NOW), 0);
  });

  it('forgets the owner with the oldest entry beyond its limit', () => {
    const used = new OwnerUse();
    for (let n = 0; n <= MAX_OWNERS; n += 1) used.add(`owner-${n}`, coreHours(1), NOW + n);
    assert.equal(used.get('owner-0'), undefined);
    assert.ok(used.get('owner-1'));
  });

  // The clock is set forward by a day, a task ends, and the clock is set right again.
  it('recorded while the clock was ahead decays from the first look on', () => {
    const used = new OwnerUse(HOUR);
    used.add('alice', coreHours(8), NOW + 24 * HOUR);
    close(used.share('alice', NO_USE, capacity, NOW), Math.LN2);
    close(used.share('alice', NO_USE, capacity, NOW + HOUR), Math.LN2 / 2);
  });

  it('never grows by itself, whatever the clock does', () => {
    const anyTimes = fc.array(fc.integer({ min: -1e12, max: 1e12 }), { maxLength: 20 });
    fc.assert(
      fc.property(anyTimes, (times) => {
        const used = new OwnerUse(HOUR);
        used.add('alice', coreHours(1), NOW);
        const most = used.share('alice', NO_USE, capacity, NOW);
        for (const timeMs of times) {
          const share = used.share('alice', NO_USE, capacity, NOW + timeMs);
          assert.ok(share >= 0 && share <= most + 1e-12);
        }
      }),
    );
  });
});

describe('the use of an attempt', () => {
  const item = { need: { memBytes: GIB, cpuCores: 2 }, killTimeoutMs: HOUR, pausedMs: 0 };
  const TABLE: [string, number, { cpuCoreMs: number; peakMemBytes: number }, [number, number]][] = [
    ['is what it reserved', 1000, { cpuCoreMs: 0, peakMemBytes: 0 }, [2000, 1000]],
    ['is what it took above that', 1000, { cpuCoreMs: 5000, peakMemBytes: 3 * GIB }, [5000, 3000]],
    ['is bounded when the clock was set forward', 1e15, { cpuCoreMs: 0, peakMemBytes: 0 }, [2 * HOUR, HOUR]],
    ['is not negative when it was set back', -1e15, { cpuCoreMs: 0, peakMemBytes: 0 }, [0, 0]],
  ];
  for (const [what, tookMs, measured, [cpuCoreMs, memGibMs]] of TABLE)
    it(what, () => assert.deepEqual(useOf(item, tookMs, measured), { cpuCoreMs, memByteMs: memGibMs * GIB }));
});

describe('the order', () => {
  const whole = { mem: 16 * GIB };
  const starts = (snapshot: Parameters<typeof pass>[0]) => pass(snapshot, NOW).starts;

  it('puts the owner that used less before one that submitted and was served earlier', () => {
    const snapshot = aSnapshot({
      pending: [pending(1, { ...whole, owner: 'alice' }), pending(2, { ...whole, owner: 'bob' })],
    });
    snapshot.queue.served('bob', NOW - 1);
    snapshot.queue.used.add('alice', { cpuCoreMs: 410_000, memByteMs: 0 }, NOW);
    snapshot.queue.used.add('bob', { cpuCoreMs: 45_000, memByteMs: 0 }, NOW);
    assert.deepEqual(starts(snapshot), [pending(2).id]);
  });

  it('counts what running tasks have used so far', () => {
    const half = { mem: 8 * GIB };
    const active = (n: number, owner: string, sinceMs: number) =>
      running(n, {
        mem: 4 * GIB,
        owner,
        startedAtMs: NOW - sinceMs,
        timeMs: 9 * HOUR,
        killTimeoutMs: 9 * HOUR,
      });
    const snapshot = aSnapshot({
      running: [active(1, 'alice', HOUR), active(2, 'bob', 1000)],
      pending: [pending(3, { ...half, owner: 'alice' }), pending(4, { ...half, owner: 'bob' })],
    });
    assert.deepEqual(starts(snapshot), [pending(4).id]);
  });
});
