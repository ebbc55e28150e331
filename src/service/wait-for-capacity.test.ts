// Tickets and leases: room that clients wait for, hold, use and return.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { LeaseView, TicketRequest, WaitingView } from '../api/schemas/capacity.ts';
import { BabysitError } from '../core/errors.ts';

/** Most of the 16.8 GiB that tasks may take. */
const MOST = 16 * GIB;

function rigOf(t: TestContext, config: object = {}) {
  const rig = serviceOf(t, config);
  /** A waiting client, with the views it has received. */
  const wait = (changes: Partial<TicketRequest> = {}) => {
    const heard: (WaitingView | LeaseView)[] = [];
    const failures: unknown[] = [];
    const request = {
      memBytes: MOST,
      cpuCores: 1,
      timeMs: null,
      leaseTtlMs: null,
      priority: 0,
      project: '/',
      owner: null,
      sinceMs: null,
      ...changes,
    };
    const leave = rig.service.awaitCapacity(request, {
      waiting: (view) => void heard.push(view),
      granted: (view) => void heard.push(view),
      failed: (error) => void failures.push(error),
    });
    rig.engine.round();
    return { heard, failures, leave, lease: () => heard.find((view) => view.event === 'capacity_available') };
  };
  /** Moves the clock, and runs a round. */
  const passMs = (ms: number) => {
    rig.host.monoMs += ms;
    rig.engine.round();
  };
  return { ...rig, wait, passMs };
}

describe('a ticket', () => {
  it('is a lease at once when there is room, for the requested time', (t) => {
    const { wait, makeRoom, store } = rigOf(t);
    makeRoom();
    const { heard } = wait({ leaseTtlMs: 5_000 });
    const [lease] = heard;
    assert.ok(lease?.event === 'capacity_available' && heard.length === 1);
    assert.deepEqual([lease.mem_bytes, lease.cpu_cores], [MOST, 1]);
    const [stored] = store.leases();
    assert.deepEqual(
      [stored?.id, stored?.owner, stored?.expiresAt],
      [lease.lease, '/', Date.parse(lease.expires_at)],
    );
    assert.equal((stored?.expiresAt ?? 0) - (stored?.grantedAt ?? 0), 5_000);
  });

  it('that leaves out an amount asks for what a run without an estimate gets', async (t) => {
    const { wait, makeRoom, run, task } = rigOf(t);
    makeRoom();
    const [lease] = wait({ memBytes: null, cpuCores: null }).heard;
    await run({ name: 'a', estimated_mem_bytes: undefined, estimated_cpu_cores: undefined, queue: true });
    const { estimated_mem_bytes, estimated_cpu_cores } = await task('a');
    assert.ok(lease?.event === 'capacity_available');
    assert.deepEqual([lease.mem_bytes, lease.cpu_cores], [estimated_mem_bytes, estimated_cpu_cores]);
  });

  it('waits in the queue with the tasks, and receives its place and the reason', async (t) => {
    const { wait, run } = rigOf(t);
    await run({ name: 'before', queue: true });
    const { heard } = wait();
    await waitUntil(() => heard.length > 0, { what: 'the reason' });
    const [view] = heard;
    assert.ok(view?.event === 'waiting_for_capacity');
    assert.deepEqual(
      [view.dim, view.position, view.requested, view.blocked_by],
      ['mem', 2, MOST, ['before']],
    );
  });

  it('is refused when it can never be granted', (t) => {
    const { wait } = rigOf(t);
    assert.throws(
      () => wait({ memBytes: 100 * GIB }),
      (error) => error instanceof BabysitError && error.code === 'infeasible',
    );
  });

  it('passes its turn on when its client leaves', (t) => {
    const { wait, makeRoom, engine } = rigOf(t);
    const [first, second] = [wait(), wait()];
    first.leave();
    makeRoom();
    engine.round();
    assert.deepEqual([first.lease(), second.lease()?.event], [undefined, 'capacity_available']);
    first.leave();
    second.leave();
    assert.equal(second.lease()?.event, 'capacity_available');
  });

  it('of ten for the whole host is granted to one after the other, in order, as each lease is used up', async (t) => {
    const { wait, makeRoom, passMs, store } = rigOf(t);
    const waiters = Array.from({ length: 10 }, () => wait());
    makeRoom();
    for (const [turn] of waiters.entries()) {
      passMs(60_000);
      assert.equal(store.leases().length, 1);
      const granted = waiters.map(({ lease }) => lease() !== undefined);
      assert.deepEqual(
        granted,
        waiters.map((_, n) => n <= turn),
      );
    }
  });

  it('keeps its place over a restart of the daemon', (t) => {
    const { wait, makeRoom, passMs } = rigOf(t);
    makeRoom();
    wait({ owner: 'somebody', leaseTtlMs: 5_000 });
    // The ticket behind it is back already and has its reservation.
    const soon = wait({ owner: 'me', sinceMs: 2_000 });
    passMs(10);
    const back = wait({ owner: 'you', sinceMs: 1_000 });
    passMs(5_000);
    assert.deepEqual([soon.lease(), back.lease()?.event], [undefined, 'capacity_available']);
  });

  it('fails with daemon_stopping when the daemon stops', (t) => {
    const { wait, engine } = rigOf(t);
    const { failures } = wait();
    engine.stop();
    const [failure] = failures;
    assert.ok(failure instanceof BabysitError && failure.code === 'daemon_stopping');
  });

  it('keeps waiting when its lease cannot be committed, and gets it later', (t) => {
    const { wait, makeRoom, engine, store } = rigOf(t);
    const waiter = wait();
    const broken = t.mock.method(store, 'commit', () => {
      throw new Error('disk I/O error');
    });
    makeRoom();
    engine.round();
    assert.equal(waiter.lease(), undefined);
    assert.deepEqual(engine.leases.values(), []);
    broken.mock.restore();
    engine.round();
    assert.equal(waiter.lease()?.event, 'capacity_available');
  });
});

describe('a lease', () => {
  const fits = { estimated_mem_bytes: '15G', mem_pct_limit: 100 };

  it('holds its room for the next fitting run of its owner', async (t) => {
    const { wait, makeRoom, makeGroups, run, store } = rigOf(t);
    makeRoom();
    makeGroups();
    wait({ owner: 'me' });
    const other = await run({ ...fits, owner: 'you' });
    assert.deepEqual([other.status, other.body.error], [429, 'capacity_exceeded']);
    assert.match(other.body.blocked_by[0], /^lease 01/);
    const mine = await run({ ...fits, owner: 'me' });
    assert.deepEqual([mine.status, mine.body.status], [201, 'running']);
    assert.deepEqual(store.leases(), []);
  });

  it('is given to the run that names it', async (t) => {
    const { wait, makeRoom, makeGroups, run } = rigOf(t);
    makeRoom();
    makeGroups();
    const { lease } = wait({ owner: 'me' });
    const found = lease();
    assert.ok(found?.event === 'capacity_available');
    const used = await run({ ...fits, owner: 'you', lease: found.lease });
    assert.equal(used.body.status, 'running');
    const again = await run({ ...fits, owner: 'you', lease: found.lease });
    assert.deepEqual([again.status, again.body.error, again.body.lease], [410, 'lease_expired', found.lease]);
  });

  it('goes before pending tasks, but not for more than it holds', async (t) => {
    const { wait, makeRoom, makeGroups, run, task } = rigOf(t);
    makeRoom();
    makeGroups();
    wait({ owner: 'me', memBytes: 8 * GIB });
    await run({ name: 'first', owner: 'you', queue: true, estimated_mem_bytes: '9G', mem_pct_limit: 100 });
    const more = await run({ owner: 'me', estimated_mem_bytes: '9G' });
    assert.equal(more.body.error, 'capacity_exceeded');
    const mine = await run({ owner: 'me', estimated_mem_bytes: '8G' });
    assert.equal(mine.body.status, 'running');
    assert.equal((await task('first')).status, 'pending');
  });

  it('expires: its room goes to the next, and it cannot be used again', async (t) => {
    const { wait, makeRoom, passMs, run, store } = rigOf(t);
    makeRoom();
    const { lease } = wait({ leaseTtlMs: 5_000 });
    const found = lease();
    assert.ok(found?.event === 'capacity_available');
    const next = wait({ owner: 'you' });
    assert.equal(next.lease(), undefined);
    passMs(5_000);
    assert.equal(next.lease()?.event, 'capacity_available');
    assert.equal(store.leases().length, 1);
    assert.equal((await run({ lease: found.lease })).body.error, 'lease_expired');
  });

  it('is kept over a restart', async (t) => {
    const { wait, makeRoom, restart, ask, engine } = rigOf(t);
    makeRoom();
    wait();
    engine.leases.drop(engine.leases.values()[0]?.id ?? assert.fail());
    restart();
    const { leases, capacity } = (await ask('GET', '/v1/status')).body;
    assert.deepEqual([leases.length, leases[0].mem_bytes, capacity.mem_leased_bytes], [1, MOST, MOST]);
  });
});

describe('a lease that expires while no commit succeeds', () => {
  it('does not keep the daemon busy', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { wait, makeRoom, store, host, engine } = rigOf(t);
    makeRoom();
    wait({ leaseTtlMs: 1_000 });
    const { mock } = t.mock.method(store, 'commit', () => {
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    });
    host.monoMs += 2_000;
    engine.wake();
    for (let turns = 0; turns < 100; turns += 1) {
      await turn();
      t.mock.timers.tick(1);
    }
    assert.equal(mock.callCount(), 1);
  });
});
