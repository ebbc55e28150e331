// run --test_only: the answer is what a run with queue would get, and nothing is stored.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { ERRORS } from '../core/errors.ts';

const TEST = { test_only: true };

describe('test_only', () => {
  it('says that a task would start now, and starts none', async (t) => {
    const { run, store, engine, makeRoom, spawned } = serviceOf(t);
    makeRoom();
    const { status, body } = await run({ name: 'build', ...TEST });
    assert.deepEqual([status, body.test_only, body.starts_now, body.waiting], [200, true, true, null]);
    assert.equal(body.expected_start, body.latest_start);
    assert.deepEqual([store.list({}), engine.live.queue.size, spawned], [[], 0, []]);
    assert.equal((await run({ name: 'build' })).status, 201);
  });

  it('gives the start that the same task gets in the queue, and takes no place in it', async (t) => {
    const { run, store, engine, makeRoom, makeGroups } = serviceOf(t);
    makeRoom();
    makeGroups();
    const large = { estimated_mem_bytes: '9G', estimated_time: '10m' };
    assert.equal((await run({ ...large, name: 'first' })).body.status, 'running');
    const test = (await run({ ...large, ...TEST })).body;
    assert.deepEqual([test.starts_now, test.waiting.dim, test.waiting.blocked_by], [false, 'mem', ['first']]);
    assert.deepEqual([store.list({}).length, engine.live.queue.size], [1, 0]);
    const { waiting } = (await run({ ...large, name: 'second', queue: true })).body;
    const { expected_start, latest_start, ...why } = waiting;
    assert.deepEqual([test.expected_start, test.latest_start], [expected_start, latest_start]);
    assert.ok(Date.parse(expected_start) < Date.parse(latest_start));
    assert.deepEqual(test.waiting, why);
  });

  it('has no start where no expected end makes room, and with force starts now', async (t) => {
    const { run } = serviceOf(t);
    const { body } = await run(TEST);
    assert.deepEqual([body.starts_now, body.waiting.dim, body.expected_start], [false, 'mem', null]);
    assert.equal((await run({ ...TEST, force: true })).body.starts_now, true);
  });

  it('names a hold', async (t) => {
    const { ask, run, makeRoom } = serviceOf(t);
    makeRoom();
    assert.equal((await ask('POST', '/v1/hold', { by: 'alice', reason: 'call' })).status, 200);
    const { body } = await run(TEST);
    assert.deepEqual([body.starts_now, body.waiting.dim, body.waiting.hold.by], [false, 'hold', 'alice']);
  });

  it('is refused where the run would be', async (t) => {
    const { run, batch, store } = serviceOf(t);
    await run({ name: 'build', queue: true });
    for (const [fields, code] of [
      [{ estimated_mem_bytes: '999T' }, 'infeasible'],
      [{ name: 'build' }, 'name_taken'],
      [{ after: 'build' }, 'usage'],
      [{ wait: true }, 'usage'],
    ] as const) {
      const { status, body } = await run({ ...TEST, ...fields });
      assert.deepEqual([status, body.error], [ERRORS[code].http, code]);
    }
    assert.equal((await batch(TEST))[0].error, 'usage');
    assert.equal(store.list({}).length, 1);
  });
});
