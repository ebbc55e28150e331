// A shortage of the host costs no task: starts are held, and a refused submission never runs.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { isFileError, shortageOf } from '../core/shortages.ts';
import type { TaskId } from '../core/task.ts';
import { DispatchHold } from './dispatch-hold.ts';

const failure = (code: string) => Object.assign(new Error(code), { code });

describe('a shortage', () => {
  for (const [code, what] of [
    ['ENOSPC', 'disk space or inodes'],
    ['EMFILE', 'file descriptors'],
    ['EAGAIN', 'processes'],
    ['SQLITE_IOERR_FSYNC', 'a working disk'],
    ['ENOTDIR', null],
  ] as const)
    it(`${code} is ${what ?? 'not one'}`, () => assert.equal(shortageOf(failure(code)), what));

  it('is a file error only with a code', () => {
    assert.ok(isFileError(failure('ENOENT')));
    assert.ok(!isFileError(new TypeError('x is undefined')));
  });
});

describe('DispatchHold', () => {
  it('waits twice as long after each failure, then lets one attempt through', () => {
    const hold = new DispatchHold();
    assert.equal(hold.allowed(0), Number.POSITIVE_INFINITY);
    hold.failed({ what: 'memory', message: 'a' }, 0);
    hold.failed({ what: 'memory', message: 'b' }, 10);
    assert.deepEqual([hold.allowed(999), hold.allowed(1000)], [0, 1]);
    hold.failed({ what: 'memory', message: 'c' }, 1000);
    assert.deepEqual([hold.allowed(2999), hold.allowed(3000), hold.held?.message], [0, 1, 'c']);
    hold.succeeded();
    assert.deepEqual([hold.allowed(3000), hold.held], [Number.POSITIVE_INFINITY, null]);
  });
});

describe('a group that the kernel refuses', () => {
  const start = async (t: TestContext, errno: string) => {
    const rig = serviceOf(t);
    rig.makeRoom();
    rig.host.refusal = errno;
    const { body } = await rig.run({ queue: true });
    rig.engine.round();
    return { ...rig, id: String(body.id) };
  };

  for (const errno of ['ENOSPC', 'EMFILE', 'EAGAIN', 'ENOENT'])
    it(`for ${errno} keeps the task in the queue, with the reason, until a group can be made`, async (t) => {
      const { engine, host, task, id, makeGroups } = await start(t, errno);
      const { status, attempt, waiting } = await task(id);
      assert.deepEqual([status, attempt, waiting.dim], ['pending', 0, 'pressure']);
      assert.match(String(engine.held?.message), /no group/);
      makeGroups();
      host.monoMs += 5000;
      engine.round();
      assert.equal((await task(id)).status, 'running');
    });

  it('for another reason ends the task', async (t) => {
    const { task, id } = await start(t, 'EBUSY');
    assert.equal((await task(id)).reason, 'could_not_start');
  });
});

describe('a start that fails', () => {
  for (const [errno, status] of [
    ['EIO', 'pending'],
    ['ENOENT', 'pending'],
    ['EACCES', 'pending'],
    ['SQLITE_CORRUPT', 'pending'],
    ['ENOTDIR', 'failed'],
  ] as const)
    it(`for ${errno} leaves the task ${status}`, async (t) => {
      const { store, engine, host, run, task, makeRoom, makeGroups } = serviceOf(t);
      makeRoom();
      makeGroups();
      const environment = t.mock.method(store, 'environment', () => {
        throw failure(errno);
      });
      const { body } = await run({});
      const id = String(body.id);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      engine.round();
      assert.equal((await task(id)).status, status);
      environment.mock.restore();
      host.monoMs += 5000;
      engine.round();
      assert.equal((await task(id)).status, status === 'pending' ? 'running' : 'failed');
    });
});

describe('a spawner that cannot fork', () => {
  it('leaves the task pending, with the reason, until it can', async (t) => {
    const { engine, host, run, task, makeRoom, makeGroups } = serviceOf(t);
    makeRoom();
    makeGroups();
    const id = String((await run({})).body.id);
    const look = () => {
      engine.enqueueReconcile(id as TaskId);
      engine.round();
    };
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    look();
    assert.equal((await task(id)).status, 'running');
    host.forkShortage = 'bash: fork: retry: Resource temporarily unavailable';
    look();
    const { status, waiting } = await task(id);
    assert.deepEqual([status, waiting.dim, waiting.blocked_by], ['pending', 'pressure', ['processes']]);
    assert.equal(engine.held?.message, host.forkShortage);
    host.forkShortage = null;
    host.monoMs += 5000;
    engine.round();
    assert.equal((await task(id)).status, 'running');
  });
});

/** With mocked timers. While the disk is full, each commit fails. */
function onDisk(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const rig = serviceOf(t);
  rig.makeRoom();
  rig.makeGroups();
  const disk = { isFull: false };
  const { commit } = rig.store;
  t.mock.method(rig.store, 'commit', (...writes: Parameters<typeof commit>) => {
    if (disk.isFull) throw failure('SQLITE_FULL');
    return commit.apply(rig.store, writes);
  });
  const settle = async () => {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    rig.engine.round();
  };
  const hasRoom = () => {
    disk.isFull = false;
    t.mock.timers.tick(1000);
    return settle();
  };
  return { ...rig, disk, settle, hasRoom, submitted: async () => String((await rig.run({})).body.id) };
}

describe('a full disk delays', () => {
  for (const [errno, status] of [
    ['EIO', 'pending'],
    ['ENOTDIR', 'failed'],
  ] as const)
    it(`the end of a start that failed for ${errno}`, async (t) => {
      const { store, disk, submitted, settle, hasRoom, task } = onDisk(t);
      t.mock.method(store, 'environment', () => {
        disk.isFull = true;
        throw failure(errno);
      });
      const id = await submitted();
      await settle();
      assert.equal((await task(id)).status, 'running');
      await hasRoom();
      assert.equal((await task(id)).status, status);
    });

  it('the kill of every task', async (t) => {
    const { engine, disk, submitted, settle, hasRoom, task } = onDisk(t);
    const id = await submitted();
    disk.isFull = true;
    void engine.killAll();
    await settle();
    assert.equal((await task(id)).kill_reason, null);
    await hasRoom();
    assert.equal((await task(id)).kill_reason, 'manual');
  });

  it('nothing for an attempt that is no longer the present one', async (t) => {
    const { engine, disk, submitted, settle, hasRoom, task } = onDisk(t);
    const id = (await submitted()) as TaskId;
    const lose = (attempt: number) =>
      engine.later(id, attempt, (work) =>
        work.change(id, { kind: 'lose', reason: 'kill_stuck', usage: null, at: work.now.wallMs }),
      );
    disk.isFull = true;
    lose(2);
    await settle();
    await hasRoom();
    assert.equal((await task(id)).status, 'running');
    lose(1);
    await settle();
    assert.equal((await task(id)).status, 'interrupted');
  });
});

describe('a commit whose fsync fails', () => {
  it('is written over before the refusal is answered', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { store, engine, run } = serviceOf(t);
    const commit = t.mock.method(store, 'commit', () => {
      throw failure('SQLITE_IOERR_FSYNC');
    });
    const seal = t.mock.method(store, 'seal', () => {
      throw failure('SQLITE_IOERR_FSYNC');
    });
    let answer: { status: number; body: { error?: string } } | null = null;
    const answered = run({ queue: true }).then((value) => {
      answer = value;
    });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    engine.round();
    assert.equal(answer, null);
    commit.mock.restore();
    seal.mock.restore();
    t.mock.timers.tick(1000);
    engine.round();
    await answered;
    assert.deepEqual([(answer as { status: number } | null)?.status], [503]);
    assert.deepEqual(store.list({}), []);
  });
});
