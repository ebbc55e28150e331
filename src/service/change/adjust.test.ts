// New numbers for live tasks: what they change, and what is refused without a change.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { serviceOf } from '../../../test/support/build/build-service.ts';
import { aHold, GIB } from '../../../test/support/build/build-task.ts';
import type { UnitOfWork } from '../../engine/unit-of-work.ts';

/** `big` (4 GiB, 1 core) runs, on a host with room for 12.8 GiB more. */
async function rigOf(t: TestContext) {
  const rig = serviceOf(t);
  rig.makeRoom();
  rig.makeGroups();
  await rig.run({ name: 'big', mem_pct_limit: 100 });
  return {
    ...rig,
    adjust: (name: string, fields: object) => rig.ask('POST', `/v1/tasks/${name}/adjust`, fields),
  };
}

describe('adjust', () => {
  it('of a running task is in force at once: estimates, timeout, and the caps that follow from them', async (t) => {
    const { adjust } = await rigOf(t);
    const { status, body } = await adjust('big', {
      estimated_mem_bytes: '5G',
      estimated_time: '1h',
      priority: 7,
    });
    assert.deepEqual([status, body.status], [200, 'running']);
    assert.deepEqual(
      [body.estimated_mem_bytes, body.estimated_time_ms, body.kill_timeout_ms, body.priority],
      [5 * GIB, 3_600_000, 7_200_000, 7],
    );
    assert.deepEqual([body.mem_max_bytes, body.cpu_max_cores], [15 * GIB, 3]);
  });

  it('keeps a kill timeout that was given', async (t) => {
    const { adjust } = await rigOf(t);
    await adjust('big', { kill_timeout: '90s' });
    assert.equal((await adjust('big', { estimated_time: '1h' })).body.kill_timeout_ms, 90_000);
  });

  it('of a pending task moves it in the queue, and starts it when it fits', async (t) => {
    const { run, adjust, task, fillUp, makeRoom, ask } = await rigOf(t);
    fillUp();
    for (const name of ['a', 'b']) await run({ name, queue: true });
    await adjust('b', { priority: 5 });
    const { queue } = (await ask('GET', '/v1/status')).body;
    assert.deepEqual(
      queue.map(({ name }: { name: string }) => name),
      ['b', 'a'],
    );
    makeRoom();
    await adjust('a', { estimated_mem_bytes: '9G' });
    assert.deepEqual([(await task('a')).status, (await task('b')).status], ['pending', 'running']);
    await adjust('a', { estimated_mem_bytes: '1G' });
    assert.equal((await task('a')).status, 'running');
  });

  it('to a size that only a profile without a schedule gives is refused as run refuses it; so is retry', async (t) => {
    const { run, adjust, ask, kill, service, fillUp } = await rigOf(t);
    fillUp();
    for (const name of ['waits', 'ended']) await run({ name, queue: true });
    await kill('ended');
    await service.switchProfile('day');
    const size = { estimated_cpu_cores: 7 };
    const { body: refused } = await run({ name: 'new', queue: true, ...size });
    assert.equal(refused.error, 'infeasible');
    for (const { body } of [await adjust('waits', size), await ask('POST', '/v1/tasks/ended/retry', size)])
      assert.deepEqual([body.error, body.detail, body.hint], [refused.error, refused.detail, refused.hint]);
    assert.equal((await adjust('waits', { ...size, force: true })).status, 200);
  });

  it('and retry say when more cores than the host has were reduced', async (t) => {
    const { run, adjust, ask, kill, fillUp } = await rigOf(t);
    fillUp();
    await run({ name: 'ended', queue: true });
    await kill('ended');
    const size = { estimated_cpu_cores: 99 };
    for (const { body } of [
      await adjust('big', { ...size, force: true, cpu_pct_limit: 100 }),
      await ask('POST', '/v1/tasks/ended/retry', { ...size, cpu_pct_limit: 100 }),
    ])
      assert.match(String(body.note), /^99 cores requested, reduced to 8/);
  });

  it('is an event for waiting clients', async (t) => {
    const { adjust, service } = await rigOf(t);
    await adjust('big', { priority: -1 });
    const [last] = service.events('big', 0).backlog.slice(-1);
    assert.deepEqual([last?.event, last?.event === 'adjusted' && last.priority], ['adjusted', -1]);
  });

  it('refuses more than the free room and names the free room; accepts it with force', async (t) => {
    const { adjust, task, run } = await rigOf(t);
    await run({ name: 'other', estimated_mem_bytes: '9G' });
    const { status, body } = await adjust('big', { estimated_mem_bytes: '8G' });
    assert.deepEqual(
      [status, body.error, body.dim, body.requested],
      [429, 'capacity_exceeded', 'mem', 4 * GIB],
    );
    assert.ok(body.available > 3.7 * GIB && body.available < 4 * GIB, String(body.available));
    assert.equal((await task('big')).estimated_mem_bytes, 4 * GIB);
    assert.equal((await adjust('big', { estimated_cpu_cores: 7.5 })).body.dim, 'cpu');
    const forced = await adjust('big', { estimated_mem_bytes: '8G', force: true });
    assert.equal(forced.body.estimated_mem_bytes, 8 * GIB);
  });

  it('refuses more than the free cores with whole thousandths of a core', async (t) => {
    const { adjust, run } = await rigOf(t);
    await adjust('big', { estimated_cpu_cores: 1 });
    await run({ name: 'other', estimated_mem_bytes: '1G', estimated_cpu_cores: 5.9 });
    const { body } = await adjust('big', { estimated_cpu_cores: 2.3 });
    // In floating point 2.3 - 1 is 1.2999999999999998.
    assert.deepEqual([body.dim, body.requested, body.available], ['cpu', 1.3, 1.1]);
  });

  it('does not charge memory twice that the task uses already', async (t) => {
    const { adjust, run, host } = await rigOf(t);
    await run({ name: 'other', estimated_mem_bytes: '9G' });
    host.groupMemBytes = 6 * GIB;
    host.monoMs += 1000;
    assert.equal((await adjust('big', { estimated_mem_bytes: '6G' })).status, 200);
  });

  it('returns room: a smaller estimate starts the next task', async (t) => {
    const { adjust, run, task } = await rigOf(t);
    await run({ name: 'next', estimated_mem_bytes: '9G' });
    await run({ name: 'last', estimated_mem_bytes: '6G', queue: true });
    assert.equal((await task('last')).status, 'pending');
    await adjust('big', { estimated_mem_bytes: '1G' });
    assert.equal((await task('last')).status, 'running');
  });

  it('refuses a cap below the current use', async (t) => {
    const { adjust, host, task } = await rigOf(t);
    host.groupMemBytes = 7 * GIB;
    const { status, body } = await adjust('big', { estimated_mem_bytes: '2G' });
    assert.deepEqual(
      [status, body.error, body.cap_bytes, body.used_bytes],
      [409, 'cap_below_use', 6 * GIB, 7 * GIB],
    );
    assert.equal((await task('big')).estimated_mem_bytes, 4 * GIB);
  });

  it('of a task started by force does not check numbers again that stay the same', async (t) => {
    const { adjust, run } = await rigOf(t);
    await run({ name: 'huge', estimated_mem_bytes: '20G', mem_pct_limit: 100, force: true });
    const { status, body } = await adjust('huge', { kill_timeout: '5h' });
    assert.deepEqual([status, body.kill_timeout_ms], [200, 18_000_000]);
    assert.equal((await adjust('big', { estimated_cpu_cores: 1.5 })).status, 200);
    assert.equal((await adjust('big', { estimated_mem_bytes: '5G' })).body.available, 0);
  });

  const REFUSED: [string, string, object, number, string][] = [
    ['more than the host has', 'big', { estimated_mem_bytes: '100G' }, 422, 'infeasible'],
    ['no number', 'big', {}, 400, 'usage'],
    ['an unknown task', 'nobody', { priority: 1 }, 404, 'not_found'],
    ['a task that has ended', 'gone', { priority: 1 }, 409, 'already_ended'],
  ];
  for (const [what, name, fields, status, code] of REFUSED)
    it(`refuses ${what}`, async (t) => {
      const { adjust, run, kill, fillUp } = await rigOf(t);
      fillUp();
      await run({ name: 'gone', queue: true });
      await kill('gone');
      const answer = await adjust(name, fields);
      assert.deepEqual([answer.status, answer.body.error], [status, code]);
    });
});

describe('pause and resume', () => {
  it('change the status, and do nothing when repeated', async (t) => {
    const { ask, service } = await rigOf(t);
    for (const [verb, status] of [
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['resume', 'running'],
    ] as const)
      assert.equal((await ask('POST', `/v1/tasks/big/${verb}`)).body.status, status);
    const events = service.events('big', 0).backlog.map(({ event }) => event);
    assert.deepEqual(
      events.filter((event) => event === 'paused' || event === 'resumed'),
      ['paused', 'resumed'],
    );
  });

  it('resume says why it changes nothing: the task is not paused, or is held for lack of memory', async (t) => {
    const { ask, engine } = await rigOf(t);
    const resume = async () => (await ask('POST', '/v1/tasks/big/resume')).body;
    assert.equal((await resume()).note, 'big is not paused');
    const { id } = (await ask('GET', '/v1/tasks/big')).body;
    await new Promise<void>((resolve, reject) => {
      const apply = (work: UnitOfWork) => {
        const group = { driver: 'v2', name: 'big' } as const;
        work.change(id, { kind: 'started', pid: 1, group, at: 1 });
        work.change(id, { kind: 'hold', details: aHold(), at: 2 });
      };
      engine.request({ apply, resolve, reject });
    });
    assert.match(
      (await resume()).note,
      /^big stays held: .*babysit adjust big --estimated_mem_bytes=SIZE --force$/,
    );
    await ask('POST', '/v1/tasks/big/pause');
    assert.equal((await resume()).note, undefined);
  });

  it('keep the room of the task', async (t) => {
    const { ask } = await rigOf(t);
    const before = (await ask('GET', '/v1/status')).body.capacity;
    await ask('POST', '/v1/tasks/big/pause');
    const { capacity, tasks } = (await ask('GET', '/v1/status')).body;
    assert.deepEqual(capacity, before);
    assert.deepEqual(tasks, { running: 0, paused: 1, pending: 0, tickets: 0 });
  });

  it('are refused for a task that does not run', async (t) => {
    const { ask, run, kill, fillUp } = await rigOf(t);
    fillUp();
    await run({ name: 'a', queue: true });
    for (const verb of ['pause', 'resume']) {
      const waiting = await ask('POST', `/v1/tasks/a/${verb}`);
      assert.deepEqual(
        [waiting.status, waiting.body.error, waiting.body.task_status],
        [409, 'not_running', 'pending'],
      );
    }
    await kill('a');
    assert.equal((await ask('POST', '/v1/tasks/a/pause')).body.error, 'already_ended');
  });
});
