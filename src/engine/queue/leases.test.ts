// How long a lease holds its room, by which clock, and which submission gets it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB } from '../../../test/support/build/build-task.ts';
import type { Lease, LeaseId } from '../../core/lease.ts';
import { holds, Leases } from './leases.ts';

const WALL = 1_700_000_000_000;
const TTL_MS = 60_000;

function aLease(n: number, changes: Partial<Lease> = {}): Lease {
  return {
    id: `lease-${n}` as LeaseId,
    owner: 'me',
    memBytes: n * GIB,
    cpuCores: n,
    timeMs: 600_000,
    grantedAt: WALL,
    expiresAt: WALL + TTL_MS,
    ...changes,
  };
}

function put(...held: readonly Lease[]): Leases {
  const leases = new Leases();
  for (const lease of held) leases.put(lease, { wallMs: WALL, monoMs: 5_000 });
  return leases;
}

describe('a lease', () => {
  it('expires by the monotonic clock, at any wall clock', () => {
    for (const wallMs of [0, WALL - 1, WALL + TTL_MS, Number.MAX_SAFE_INTEGER]) {
      const leases = put(aLease(1));
      assert.deepEqual(leases.expired({ wallMs, monoMs: 5_000 + TTL_MS - 1 }), []);
      assert.deepEqual(leases.expired({ wallMs, monoMs: 5_000 + TTL_MS }), [aLease(1)]);
    }
  });

  it('of an earlier daemon holds for the rest of its time, and never for longer than it was granted', () => {
    const leftMs = (wallMs: number) => {
      const leases = new Leases();
      leases.put(aLease(1), { wallMs, monoMs: 0 });
      return leases.nextInMs({ wallMs, monoMs: 0 });
    };
    assert.equal(leftMs(WALL + 45_000), 15_000);
    assert.equal(leftMs(WALL + TTL_MS + 1), 0);
    // The clock was set back in between.
    assert.equal(leftMs(WALL - 3_600_000), TTL_MS);
  });

  it('is found until it is dropped', () => {
    const leases = put(aLease(1), aLease(2));
    leases.drop(aLease(1).id);
    leases.drop(aLease(1).id);
    assert.deepEqual(
      [leases.get('lease-1'), leases.get('lease-2'), leases.get('')],
      [undefined, aLease(2), undefined],
    );
    assert.deepEqual(leases.values(), [aLease(2)]);
  });
});

describe('the next lease to expire', () => {
  it('is null without any, and never in the past', () => {
    assert.equal(put().nextInMs({ wallMs: WALL, monoMs: 0 }), null);
    const leases = put(aLease(1), aLease(2, { expiresAt: WALL + 1_000 }));
    assert.equal(leases.nextInMs({ wallMs: WALL, monoMs: 5_400 }), 600);
    assert.equal(leases.nextInMs({ wallMs: WALL, monoMs: 99_000 }), 0);
  });
});

describe('a submission', () => {
  it('gets the smallest sufficient lease of its owner; of two equal ones the older', () => {
    const [small, large, other] = [aLease(2), aLease(4), aLease(3, { owner: 'you' })];
    const again = aLease(5, { memBytes: small.memBytes, cpuCores: small.cpuCores });
    const leases = put(large, other, small, again);
    const fitting = (memGib: number, cpuCores: number, owner = 'me') =>
      leases.fitting(owner, { memBytes: memGib * GIB, cpuCores })?.id;
    assert.equal(fitting(2, 2), small.id);
    assert.equal(fitting(2, 1.5), small.id);
    assert.equal(fitting(1, 2.5), large.id);
    assert.equal(fitting(4.5, 1), undefined);
    assert.equal(fitting(1, 1, 'nobody'), undefined);
    assert.equal(fitting(1, 1, 'you'), other.id);
  });

  it('never gets a lease that is too small or of another owner', () => {
    const anyLease = fc.record({
      memBytes: fc.integer({ min: 1, max: 9 }),
      cpuCores: fc.integer({ min: 1, max: 90 }).map((n) => n / 10),
      owner: fc.constantFrom('me', 'you'),
    });
    fc.assert(
      fc.property(fc.array(anyLease, { maxLength: 6 }), anyLease, (all, { owner, ...need }) => {
        const leases = put(...all.map((changes, n) => aLease(n, changes)));
        const mine = leases.values().filter((lease) => lease.owner === owner && holds(lease, need));
        const found = leases.fitting(owner, need);
        assert.equal(found !== undefined, mine.length > 0);
        assert.ok(found === undefined || mine.every((lease) => found.memBytes <= lease.memBytes));
      }),
    );
  });
});
