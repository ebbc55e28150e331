// Tasks that are submitted and waited for inside a running task.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { GIB } from '../../test/support/build/build-task.ts';
import type { TaskView } from '../api/schemas/task.ts';
import { isActive, type TaskId } from '../core/task.ts';

const WHOLE = { estimated_cpu_cores: 8, cpu_pct_limit: 100, estimated_mem_bytes: '4G' };

/** A host with 8 cores, on which tasks keep running. */
function rig(t: TestContext) {
  const service = serviceOf(t);
  service.makeRoom();
  service.makeGroups();
  const { engine } = service;
  const tokenOf = (task: TaskView) => {
    const state = engine.live.get(task.id as TaskId)?.state;
    assert.ok(state !== undefined && isActive(state));
    return state.attempt.token ?? '';
  };
  const start = async (changes: object): Promise<TaskView> => {
    const { status, body } = await service.run(changes);
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  return {
    ...service,
    tokenOf,
    start,
    /** As `run --wait` does inside `outer`. */
    inside: (outer: TaskView, changes: object = {}) =>
      start({ wait: true, env: { BABYSIT_TASK_TOKEN: tokenOf(outer) }, ...changes }),
    reservedCores: async () => (await service.ask('GET', '/v1/status')).body.capacity.cpu_reserved_cores,
    eventsOf: (task: TaskView) => service.store.eventsAfter(task.id as TaskId, 0).map(({ event }) => event),
  };
}

describe('a task inside a task', () => {
  it('starts at once within the estimate of its parent, on a full host too', async (t) => {
    const { start, inside, task, reservedCores } = rig(t);
    const outer = await start({ ...WHOLE, name: 'outer' });
    const inner = await inside(outer, { ...WHOLE, name: 'inner' });
    assert.deepEqual([inner.status, inner.parent, inner.within_parent], ['running', 'outer', false]);
    assert.deepEqual((await task('outer')).children, ['inner']);
    assert.equal(await reservedCores(), 8);
  });

  it('waits for the others inside its parent when the host has no room either', async (t) => {
    const { start, inside, task, kill } = rig(t);
    const outer = await start({ ...WHOLE, name: 'outer' });
    await inside(outer, { estimated_cpu_cores: 5, name: 'first' });
    const second = await inside(outer, { estimated_cpu_cores: 4, name: 'second' });
    const third = await inside(outer, { estimated_cpu_cores: 1, name: 'third', priority: -1 });
    assert.deepEqual([second.status, third.status], ['pending', 'pending']);
    const { dim, short_by, blocked_by } = second.waiting ?? {};
    assert.deepEqual([dim, short_by, blocked_by], ['cpu', 1, ['first']]);
    assert.equal((await task('outer')).status, 'running');
    assert.equal((await kill('third')).body.status, 'killed');
  });

  it('gets room of the host for what it needs beyond, as long as there is some', async (t) => {
    const { start, inside, reservedCores } = rig(t);
    const outer = await start({ estimated_cpu_cores: 4, name: 'outer' });
    await inside(outer, { estimated_cpu_cores: 4 });
    const second = await inside(outer, { estimated_cpu_cores: 3 });
    assert.deepEqual([second.status, second.within_parent], ['running', false]);
    assert.equal(await reservedCores(), 7);
  });

  it('runs under the caps of its parent when nothing else would make room, and says so', async (t) => {
    const { start, inside, reservedCores, eventsOf } = rig(t);
    await start({ estimated_cpu_cores: 6, name: 'other' });
    const outer = await start({ estimated_cpu_cores: 2, estimated_mem_bytes: '1G', name: 'outer' });
    const inner = await inside(outer, { estimated_cpu_cores: 4, estimated_mem_bytes: '1G' });
    assert.deepEqual([inner.status, inner.within_parent], ['running', true]);
    assert.equal(inner.cpu_max_cores, outer.cpu_max_cores);
    assert.equal(inner.mem_max_bytes, 3 * GIB);
    assert.ok(eventsOf(inner).includes('within_parent'));
    assert.equal(await reservedCores(), 8);
  });

  it('does not wait for a server beside it', async (t) => {
    const { start, inside, engine } = rig(t);
    const outer = await start({ ...WHOLE, name: 'outer' });
    const server = await inside(outer, { ...WHOLE, name: 'server', ready: 'x' });
    const { state } = engine.live.get(server.id as TaskId) ?? {};
    assert.ok(state && isActive(state));
    await new Promise<void>((resolve, reject) =>
      engine.request({
        apply(work) {
          const { group } = (state as { attempt: { group: object } }).attempt as never;
          work.change(server.id as TaskId, { kind: 'started', pid: 1, group, at: work.now.wallMs });
          work.change(server.id as TaskId, { kind: 'ready', at: work.now.wallMs });
        },
        resolve,
        reject,
      }),
    );
    assert.deepEqual((await inside(outer, { ...WHOLE, name: 'test' })).status, 'running');
  });

  it('keeps the promise ten levels deep, and a hundred at once', async (t) => {
    const { start, inside, reservedCores, engine } = rig(t);
    const outer = await start({ ...WHOLE, name: 'level-0' });
    let around = outer;
    for (let level = 1; level <= 10; level++) {
      around = await inside(around, { ...WHOLE, name: `level-${level}` });
      assert.equal(around.status, 'running');
    }
    const many = await Promise.all(
      Array.from({ length: 100 }, () =>
        inside(around, { estimated_cpu_cores: 1, estimated_mem_bytes: '40M' }),
      ),
    );
    assert.equal(many.filter(({ status }) => status === 'running').length, 8);
    assert.equal(await reservedCores(), 8);
    assert.equal(engine.live.queue.size, 0);
  });

  it('is killed with its parent, pauses and resumes with it, at any depth', async (t) => {
    const { start, inside, task, ask, kill, tokenOf, run } = rig(t);
    const outer = await start({ ...WHOLE, name: 'outer' });
    const middle = await inside(outer, { ...WHOLE, name: 'middle' });
    await inside(middle, { ...WHOLE, name: 'inner' });
    await inside(outer, { ...WHOLE, name: 'waiting' });
    await ask('POST', '/v1/tasks/outer/pause');
    assert.deepEqual([(await task('middle')).status, (await task('inner')).status], ['paused', 'paused']);
    assert.deepEqual((await task('waiting')).waiting.dim, 'parent');
    await ask('POST', '/v1/tasks/outer/resume');
    assert.equal((await task('inner')).status, 'running');
    const token = tokenOf(outer);
    await kill('outer');
    for (const name of ['middle', 'inner', 'waiting'])
      assert.equal((await task(name)).kill_reason, 'parent_killed', name);
    assert.equal((await task('waiting')).status, 'killed');
    const late = await run({ wait: true, env: { BABYSIT_TASK_TOKEN: token } });
    assert.deepEqual([late.status, late.body.error], [409, 'not_running']);
  });

  it('is a task of its own when its client does not wait for it, or with the token of an earlier attempt', async (t) => {
    const { start, inside, tokenOf } = rig(t);
    const outer = await start({ estimated_cpu_cores: 1, name: 'outer' });
    assert.equal((await inside(outer, { estimated_cpu_cores: 1, wait: false })).parent, null);
    const env = { BABYSIT_TASK_TOKEN: `${tokenOf(outer)}x` };
    assert.equal((await start({ estimated_cpu_cores: 1, wait: true, env })).parent, null);
  });

  it('takes at most the estimate of its parent for what its request leaves out', async (t) => {
    const { start, inside } = rig(t);
    const few = { estimated_cpu_cores: 0.5, estimated_mem_bytes: '100M', estimated_time: '1m' };
    const outer = await start({ ...few, name: 'outer' });
    const inner = await inside(outer, { estimated_cpu_cores: undefined, estimated_mem_bytes: undefined });
    assert.equal(inner.estimated_cpu_cores, 0.5);
    assert.equal(inner.estimated_mem_bytes, 100 * 1024 ** 2);
    assert.deepEqual([inner.estimated_time_ms, inner.kill_timeout_ms], [60_000, 120_000]);
  });

  it('continues on its own after the exit of its parent, and waits in the queue', async (t) => {
    const { start, inside, engine, task } = rig(t);
    const outer = await start({ ...WHOLE, name: 'outer' });
    await inside(outer, { ...WHOLE, name: 'first' });
    const second = await inside(outer, { ...WHOLE, name: 'second' });
    assert.equal(engine.live.queue.has(second.id), false);
    await new Promise<void>((resolve, reject) =>
      engine.request({
        apply: (work) =>
          void work.change(outer.id as TaskId, {
            ...{ kind: 'end', exit: { code: 0, signal: null, at: work.now.wallMs } },
            ...{ usage: null, at: work.now.wallMs },
          }),
        resolve,
        reject,
      }),
    );
    assert.deepEqual([(await task('first')).status, (await task('second')).status], ['running', 'pending']);
    assert.equal(engine.live.queue.has(second.id), true);
  });
});
