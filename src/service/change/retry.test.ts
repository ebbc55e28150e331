// Another attempt: by itself after a failure, or asked for by hand.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { serviceOf } from '../../../test/support/build/build-service.ts';
import { anExit, GIB, someUsage } from '../../../test/support/build/build-task.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import type { TaskId } from '../../core/task.ts';
import type { Change } from '../../core/transition/transition.ts';
import type { Engine } from '../../engine/engine.ts';

/** As if the daemon had observed it. */
function change(engine: Engine, id: string, what: Change): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.request({ apply: (work) => void work.change(id as TaskId, what), resolve, reject });
  });
}

/** More turns of the event loop than a round and its effects take. */
async function turns(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await turn();
}

describe('retry', () => {
  it('queues the same task again, under its name and id, with its environment', async (t) => {
    const { run, kill, ask, store } = serviceOf(t);
    const first = (await run({ name: 'build', queue: true })).body;
    await kill('build');
    const { status, body } = await ask('POST', '/v1/tasks/build/retry');
    assert.deepEqual([status, body.id, body.status, body.attempt], [200, first.id, 'pending', 0]);
    assert.deepEqual(store.environment(first.id), { TOKEN: 'hunter2' });
    assert.equal(store.list({}).length, 1);
  });

  /** Runs `build` (4 GiB) until the kernel kills it at its cap of 12 GiB. */
  async function killedAtItsCap(rig: ReturnType<typeof serviceOf>): Promise<void> {
    rig.makeRoom();
    rig.makeGroups();
    const { id } = (await rig.run({ name: 'build', estimated_mem_bytes: '1G', mem_pct_limit: 100 })).body;
    const usage = someUsage({
      oom: 'own_cap',
      oomKills: 1,
      peakMemBytes: 3 * GIB,
      peakMemCachedBytes: 3 * GIB,
    });
    await change(rig.engine, id, {
      kind: 'end',
      exit: anExit({ code: null, signal: 'SIGKILL' }),
      usage,
      at: 5_000,
    });
  }

  it('with a cap that is not above the known peak is refused with the command that is accepted', async (t) => {
    const rig = serviceOf(t);
    await killedAtItsCap(rig);
    const { suggested_command: ready } = await rig.task('build');
    assert.equal(ready, 'babysit retry build --estimated_mem_bytes=4G --queue');
    for (const body of [{}, { estimated_mem_bytes: '900M' }]) {
      const { status, body: refused } = await rig.ask('POST', '/v1/tasks/build/retry', body);
      assert.deepEqual([status, refused.error, refused.suggested_command], [409, 'cap_below_peak', ready]);
    }
    const fields = { estimated_mem_bytes: '3.3G', queue: true };
    const { status, body } = await rig.ask('POST', '/v1/tasks/build/retry', fields);
    assert.deepEqual([status, body.estimated_mem_bytes], [200, Math.floor(3.3 * GIB)]);
  });

  it('with force takes the same cap again', async (t) => {
    const rig = serviceOf(t);
    await killedAtItsCap(rig);
    assert.equal((await rig.ask('POST', '/v1/tasks/build/retry', { force: true })).status, 200);
  });

  it('takes new estimates and limits, and the default kill timeout follows', async (t) => {
    const { run, kill, ask } = serviceOf(t);
    await run({ name: 'build', queue: true });
    await kill('build');
    const changes = {
      estimated_time: '1h',
      observability_interval: '7m',
      observability: 'strict',
      priority: 3,
    };
    const { body } = await ask('POST', '/v1/tasks/build/retry', changes);
    assert.deepEqual(
      [
        body.estimated_time_ms,
        body.kill_timeout_ms,
        body.observability_interval_ms,
        body.observability,
        body.priority,
      ],
      [3_600_000, 7_200_000, 420_000, 'strict', 3],
    );
    assert.equal((await ask('POST', '/v1/tasks/build/retry', { estimated_mem_bytes: '999T' })).status, 409);
  });

  it('counts the attempts that were made', async (t) => {
    const { run, ask, makeRoom, task } = serviceOf(t);
    makeRoom();
    const { id } = (await run({ name: 'build' })).body;
    await ask('POST', '/v1/tasks/build/retry');
    const { attempt, history, status } = await task(id);
    assert.deepEqual([attempt, status], [2, 'failed']);
    assert.deepEqual(
      history.map((past: { attempt: number; reason: string }) => [past.attempt, past.reason]),
      [[1, 'could_not_start']],
    );
  });

  it('is refused for a live task, for a name that is live again, and for an unknown task', async (t) => {
    const { run, kill, ask } = serviceOf(t);
    const { id } = (await run({ name: 'build', queue: true })).body;
    const live = await ask('POST', '/v1/tasks/build/retry');
    assert.deepEqual([live.status, live.body.error, live.body.task_status], [409, 'not_running', 'pending']);
    await kill('build');
    await run({ name: 'build', queue: true });
    const taken = await ask('POST', `/v1/tasks/${id}/retry`);
    assert.deepEqual([taken.status, taken.body.error, taken.body.name], [409, 'name_taken', 'build']);
    assert.equal((await ask('POST', '/v1/tasks/nobody/retry')).body.error, 'not_found');
  });

  it('ends the events of the attempts before', async (t) => {
    const { run, kill, ask, service } = serviceOf(t);
    await run({ name: 'build', queue: true });
    await kill('build');
    await ask('POST', '/v1/tasks/build/retry');
    assert.deepEqual(
      service.events('build', 0).backlog.map(({ event }) => event),
      ['retrying'],
    );
  });
});

describe('a failed attempt', () => {
  it('is repeated after its back-off, then ends for good', async (t) => {
    const { run, engine, makeRoom, makeGroups, task, host } = serviceOf(t);
    makeRoom();
    makeGroups();
    const { id } = (await run({ name: 'flaky', retries: 1, retry_backoff: '1m' })).body;
    const fail: Change = { kind: 'end', exit: anExit({ code: 5 }), usage: null, at: 0 };
    const wallMs = Date.parse((await task(id)).submitted_at) + 10;
    await change(engine, id, { ...fail, at: wallMs });
    const waiting = await task(id);
    assert.deepEqual([waiting.status, waiting.attempt, waiting.waiting.dim], ['pending', 1, 'backoff']);
    assert.equal(Date.parse(waiting.waiting.expected_start), wallMs + 60_000);
    engine.round();
    assert.equal((await task(id)).status, 'pending');
    host.monoMs += 60_000;
    engine.round();
    assert.deepEqual([(await task(id)).status, (await task(id)).attempt], ['running', 2]);
    await change(engine, id, fail);
    const { status, exit_code, history } = await task(id);
    assert.deepEqual([status, exit_code, history[0].exit_code], ['failed', 5, 5]);
  });

  it('is repeated when its back-off ends during a commit', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { run, engine, makeRoom, makeGroups, task, store, host } = serviceOf(t);
    makeRoom();
    makeGroups();
    const { id } = (await run({ retries: 1, retry_backoff: '5s' })).body;
    const at = Date.parse((await task(id)).submitted_at) + 10;
    await change(engine, id, { kind: 'end', exit: anExit({ code: 5 }), usage: null, at });
    // Nothing runs or waits for room any more: no sample will be taken that might look again by chance.
    t.mock.timers.tick(1_000);
    await turns();
    const { commit } = store;
    t.mock.method(store, 'commit', (...args: Parameters<typeof commit>) => {
      host.monoMs += 6_000;
      return commit(...args);
    });
    await run({ after: id });
    t.mock.timers.tick(1);
    await turns();
    assert.equal((await task(id)).attempt, 2);
  });

  it('keeps its followers pending until it has ended for good', async (t) => {
    const { run, engine, makeRoom, makeGroups, task } = serviceOf(t);
    makeRoom();
    makeGroups();
    const { id } = (await run({ name: 'flaky', retries: 1, retry_backoff: '1h' })).body;
    await run({ name: 'next', after: 'flaky' });
    await change(engine, id, { kind: 'end', exit: anExit({ code: 5 }), usage: null, at: 0 });
    assert.equal((await task('next')).waiting.dim, 'after');
  });
});

describe('a manual retry', () => {
  it('runs a new command with new variables, and keeps history, place and the rest of the request', async (t) => {
    const { run, engine, makeRoom, makeGroups, task, ask, store } = serviceOf(t);
    makeRoom();
    makeGroups();
    const { id, submitted_at } = (await run({ name: 'train', env: { SEED: '1', KEEP: 'x' }, priority: 3 }))
      .body;
    await change(engine, id, { kind: 'end', exit: anExit({ code: 5 }), usage: null, at: 1 });
    const body = { command: './train --lr=2', env: { SEED: '7' } };
    const { body: after } = await ask('POST', `/v1/tasks/${id}/retry`, body);
    assert.deepEqual([after.id, after.command, after.priority], [id, './train --lr=2', 3]);
    assert.deepEqual([after.submitted_at, after.history.length], [submitted_at, 1]);
    assert.deepEqual(store.environment(id), { SEED: '7', KEEP: 'x' });
    await change(engine, id, { kind: 'end', exit: anExit({ code: 5 }), usage: null, at: 2 });
    await ask('POST', `/v1/tasks/${id}/retry`, {});
    assert.equal((await task(id)).command, './train --lr=2');
    for (const wrong of [{ command: ' ' }, { env: { 'A=B': '1' } }, { cmd: 'x' }])
      assert.equal((await ask('POST', `/v1/tasks/${id}/retry`, wrong)).body.error, 'usage');
  });

  it('revives the chain of tasks that failed because it ended', async (t) => {
    const { run, kill, task, ask, engine, makeRoom, makeGroups } = serviceOf(t);
    await run({ name: 'a', queue: true });
    await run({ name: 'b', after: 'a', queue: true });
    await run({ name: 'c', after: 'b', queue: true });
    await run({ name: 'other', queue: true });
    await run({ name: 'both', after: 'a,other', queue: true });
    await run({ name: 'taken', after: 'a', queue: true });
    await kill('other');
    await kill('a');
    assert.deepEqual(
      [(await task('c')).reason, (await task('both')).reason],
      ['dependency_failed', 'dependency_failed'],
    );
    await run({ name: 'taken', queue: true });
    await ask('POST', '/v1/tasks/a/retry');
    const statuses = await Promise.all(
      ['b', 'c', 'both', 'taken'].map(async (name) => (await task(name)).status),
    );
    assert.deepEqual(statuses, ['pending', 'pending', 'failed', 'pending']);
    assert.deepEqual((await task('b')).waiting.blocked_by, ['a']);
    makeRoom();
    makeGroups();
    // On a slow machine a sample of the full host was taken: it starts nothing until the next one.
    const isRunning = async (name: string) => {
      engine.round();
      return (await task(name)).status === 'running';
    };
    await waitUntil(() => isRunning('a'), { what: 'a to run' });
    const { id } = await task('a');
    await change(engine, id, { kind: 'end', exit: anExit(), usage: null, at: 9 });
    await waitUntil(() => isRunning('b'), { what: 'b to run' });
    assert.equal((await task('c')).waiting.dim, 'after');
  });
});
