// How a daemon takes over the tasks of an earlier one: adopted, finished, queued again or interrupted.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { withoutRoot } from '../../test/support/another-user.ts';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { NOW } from '../../test/support/build/build-snapshot.ts';
import {
  aKill,
  anAttempt,
  aTask,
  ENDED,
  GONE_RECORDS,
  taskId,
  taskIn,
} from '../../test/support/build/build-task.ts';
import { type Attempt, READY, type Task, type TaskState, type Waiting } from '../core/task.ts';

/** A database with one task, and the files of its attempt; null for no directory. `changedAt`: when they were written. */
function left(t: TestContext, task: Task, files: Record<string, string> | null, changedAt?: number) {
  const rig = serviceOf(t);
  rig.store.commit({
    tasks: [task],
    environments: [],
    events: [],
    leases: [],
    droppedLeases: [],
    ownerUse: [],
  });
  const write = (written: Record<string, string>): void => {
    const dir = join(rig.tasksDir, task.id, String(numberOf(task)));
    mkdirSync(dir, { recursive: true });
    for (const [name, text] of Object.entries(written)) {
      writeFileSync(join(dir, name), text);
      if (changedAt !== undefined) utimesSync(join(dir, name), changedAt / 1000, changedAt / 1000);
    }
  };
  if (files !== null) write(files);
  const found = (): Task => rig.store.byId(task.id) ?? assert.fail();
  return {
    /** The task after the next daemon has started and looked once. */
    recovered() {
      rig.restart();
      rig.engine.round();
      return found();
    },
    /** With mocked timers. */
    looksAgain() {
      t.mock.timers.tick(1000);
      rig.engine.round();
      return found();
    },
    write,
    dir: join(rig.tasksDir, task.id, String(numberOf(task))),
    engine: rig.engine,
    host: rig.host,
    store: rig.store,
    events: () => rig.store.eventsAfter(task.id, 0).map(({ event }) => event),
  };
}

function numberOf({ state }: Task): number {
  return 'attempt' in state ? (state.attempt?.number ?? 1) : 1;
}

const active = (changes: Partial<Attempt>) => taskIn({ status: 'running', attempt: anAttempt(changes) });
const notBegun = { startedAt: null, pid: null };
const paused = (changes: Partial<Attempt>) =>
  taskIn({ status: 'paused', attempt: anAttempt({ ...notBegun, ...changes }), pausedAt: 3_000 });
/** The host could not fork for the command. */
const NEVER_BEGAN = GONE_RECORDS.replace(/started.*\n/, 'closed 2.0\n');
const EXITED = { claim: `${GONE_RECORDS}exit 2.0 3\nclosed 2.0\n` };

/** The launch script was killed before it recorded that the command begins. */
const KILLED_START = `${GONE_RECORDS.replace(/^started.*\n/m, '')}[1]+  Killed                  ( eval "x" )
exit 2.0 137
closed 2.0
`;

describe('recover', () => {
  it('leaves pending tasks in the queue', (t) => {
    const { recovered, events } = left(t, aTask(), null);
    assert.equal(recovered().state.status, 'pending');
    assert.deepEqual(events(), []);
  });

  it('interrupts a task that ran before the host was restarted', (t) => {
    const { state } = left(t, active({ bootId: 'boot-0' }), EXITED).recovered();
    assert.ok(state.status === 'interrupted' && state.reason === 'host_rebooted');
  });

  it('gives a task that ended without a daemon its real exit code', (t) => {
    const { state } = left(t, active({}), EXITED).recovered();
    assert.ok(state.status === 'failed' && state.exit?.code === 3);
  });

  it('interrupts a task whose supervisor has gone without an exit record', (t) => {
    const { state } = left(t, active({}), { claim: GONE_RECORDS }).recovered();
    assert.ok(state.status === 'interrupted' && state.reason === 'supervisor_lost');
  });

  it('interrupts a task whose user logged out, at its last sign of life', (t) => {
    const group = { driver: 'v2', path: '/sys/fs/cgroup/user.slice/user-7.slice/x/t-1' } as const;
    const lastSignAt = NOW - 5000;
    const { host, recovered } = left(
      t,
      active({ group, startedAt: NOW - 10_000 }),
      { claim: GONE_RECORDS },
      lastSignAt,
    );
    host.loginAt = NOW - 1000;
    const { state } = recovered();
    assert.ok(state.status === 'interrupted' && state.reason === 'logged_out');
    assert.equal(state.endedAt, lastSignAt);
  });

  for (const [what, files] of [
    ['directory', null],
    ['supervisor', {}],
  ] as const)
    it(`queues a task again that had no ${what} yet`, (t) => {
      const { recovered, events } = left(t, active(notBegun), files);
      assert.equal(recovered().state.status, 'pending');
      assert.deepEqual(events(), ['requeued']);
    });

  it('gives a supervisor that has claimed the attempt a second time to record itself', (t) => {
    const { recovered, engine, host, store } = left(t, active(notBegun), { claim: 'claimed 1.0\n' });
    const { id } = recovered();
    const statuses = [121, 121].map((seconds) => {
      host.monoMs += seconds * 1000;
      engine.enqueueReconcile(id);
      engine.round();
      return store.byId(id)?.state.status;
    });
    assert.deepEqual(statuses, ['running', 'interrupted']);
  });

  for (const [number, status] of [
    [1, 'pending'],
    [5, 'failed'],
  ] as const)
    it(`makes a task ${status} whose start ${number} was ended by a signal`, (t) => {
      const { recovered } = left(t, active({ ...notBegun, number }), { claim: KILLED_START });
      assert.equal(recovered().state.status, status);
    });

  it('starts with a full disk, and writes the change when there is room', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { recovered, engine, store, events } = left(t, active(notBegun), {});
    const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    const commit = t.mock.method(store, 'commit', () => {
      throw full;
    });
    const { id, state } = recovered();
    assert.equal(state.status, 'running');
    commit.mock.restore();
    t.mock.timers.tick(1000);
    engine.round();
    assert.equal(store.byId(id)?.state.status, 'pending');
    assert.deepEqual(events(), ['requeued']);
  });

  it('thaws a task that the daemon before it held', (t) => {
    const { recovered, events } = left(t, active({ heldAt: 3_000 }), EXITED);
    assert.equal(recovered().state.status, 'failed');
    assert.deepEqual(events().slice(0, 2), ['daemon_restarted', 'thawed']);
  });

  it('does not queue a task again after a kill request', (t) => {
    const { state } = left(t, active({ ...notBegun, kill: aKill() }), null).recovered();
    assert.ok(state.status === 'killed' && state.kill.reason === 'manual');
  });

  for (const [what, files] of [
    ['that no supervisor has begun', null],
    ['whose start failed', { claim: NEVER_BEGAN }],
  ] as const)
    it(`ends a killed task that was paused, ${what}`, (t) => {
      const { state } = left(t, paused({ kill: aKill() }), files).recovered();
      assert.ok(state.status === 'killed' && state.kill.reason === 'manual', state.status);
    });

  it('holds no other start for a paused task whose own has failed', (t) => {
    const { recovered, engine } = left(t, paused({}), { claim: NEVER_BEGAN });
    assert.equal(recovered().state.status, 'paused');
    assert.equal(engine.held, null);
  });

  it('never runs a task again whose command has begun, even when its directory was deleted', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { recovered, looksAgain } = left(t, active({}), null);
    recovered();
    looksAgain();
    const { state, attempts } = looksAgain();
    assert.ok(state.status === 'interrupted' && state.reason === 'records_removed', state.status);
    assert.equal(attempts, 1);
  });
});

describe('records that cannot be read once', () => {
  it('are read again before the task counts as lost', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { recovered, looksAgain, write } = left(t, active({}), null);
    assert.equal(recovered().state.status, 'running');
    write(EXITED);
    const { state } = looksAgain();
    assert.ok(state.status === 'failed' && state.exit?.code === 3, state.status);
  });
});

/** Calls `act` while the directory of a task cannot be entered. */
function closed(dir: string, act: () => void): void {
  chmodSync(dir, 0);
  for (const open of [dirname(dir), dirname(dirname(dir))]) chmodSync(open, 0o755);
  try {
    withoutRoot(act);
  } finally {
    chmodSync(dir, 0o700);
  }
}

describe('records of an earlier boot that cannot be read at the start', () => {
  for (const requeue of [false, true])
    it(`are read again before the task ${requeue ? 'is repeated' : 'counts as lost'}`, (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const task = { ...active({ bootId: 'boot-0' }), requeue };
      const { recovered, looksAgain, dir } = left(t, task, {
        claim: `${GONE_RECORDS}exit 2.0 0\nclosed 2.0\n`,
      });
      closed(dirname(dir), () => assert.equal(recovered().state.status, 'running'));
      assert.equal(looksAgain().state.status, 'completed');
    });
});

describe('an attempt that is newer than the database', () => {
  const id = taskId(5);
  const group = { driver: 'v2', name: `t-${id.toLowerCase()}-1` } as const;
  const dispatched = aTask({
    id,
    name: 'newer',
    attempts: 1,
    state: { status: 'running', attempt: anAttempt({ ...notBegun, group }) },
  });

  /** The files of the attempt next to a database with `tasks`. */
  function beside(t: TestContext, tasks: readonly Task[], files: Record<string, string>, described = true) {
    const rig = serviceOf(t);
    rig.store.commit({ tasks, environments: [], events: [], leases: [], droppedLeases: [], ownerUse: [] });
    const dir = join(rig.tasksDir, id, '1');
    mkdirSync(dir, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
    if (described) writeFileSync(`${dir}.task`, JSON.stringify(dispatched));
    return { ...rig, dir };
  }

  for (const [what, tasks] of [
    ['unknown', []],
    ['pending', [aTask({ id, name: 'newer' })]],
  ] as const)
    it(`ends an ${what} task with its own exit code`, (t) => {
      const { restart, engine, store } = beside(t, tasks, EXITED);
      assert.deepEqual(restart(), { adopted: ['newer'], putAside: [], leftAlone: [] });
      engine.round();
      const found = store.byId(id);
      assert.ok(found?.state.status === 'failed' && found.state.exit?.code === 3, found?.state.status);
      assert.deepEqual([found.name, found.attempts], ['newer', 1]);
    });

  it('is adopted later when its files cannot be read at the start', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { restart, engine, store, dir } = beside(t, [], EXITED);
    let recovered: ReturnType<typeof restart> | null = null;
    closed(dirname(dir), () => {
      recovered = restart();
      assert.deepEqual(recovered, { adopted: [], putAside: [], leftAlone: [id] });
    });
    t.mock.timers.tick(1000);
    engine.round();
    assert.deepEqual(recovered, { adopted: ['newer'], putAside: [], leftAlone: [] });
    engine.round();
    assert.equal(store.byId(id)?.state.status, 'failed');
  });

  it('replaces the earlier attempt of an ended task, which joins the history', (t) => {
    const ended = { ...ENDED.failed, attempt: anAttempt({ number: 0 }) };
    const { restart, store } = beside(t, [aTask({ id, name: 'newer', state: ended })], EXITED);
    restart();
    const found = store.byId(id);
    assert.deepEqual([found?.state.status, found?.history.length], ['running', 1]);
  });

  it('keeps the exit code of an end before the host was restarted', (t) => {
    const { restart, store, dir } = beside(t, [], EXITED);
    const state = { status: 'running', attempt: anAttempt({ bootId: 'boot-0', group }) };
    writeFileSync(`${dir}.task`, JSON.stringify({ ...dispatched, state }));
    restart();
    const found = store.byId(id)?.state;
    assert.ok(found?.status === 'failed' && found.exit?.code === 3);
  });

  it('gets another name when a live task has its own', (t) => {
    const { restart, store } = beside(t, [aTask({ id: taskId(6), name: 'newer' })], EXITED);
    restart();
    assert.equal(store.byId(id)?.name, id.toLowerCase());
  });

  it('is put aside with its files when nothing describes it', (t) => {
    const { restart, store, dir } = beside(t, [], EXITED, false);
    assert.deepEqual(restart(), { adopted: [], putAside: [id], leftAlone: [] });
    assert.equal(store.byId(id), null);
    const moved = dir.replace('/tasks/', '/tasks.lost/');
    assert.deepEqual([existsSync(dir), readFileSync(join(moved, 'claim'), 'utf8')], [false, EXITED.claim]);
  });

  it('is put aside when its command never began', (t) => {
    const { restart } = beside(t, [], {});
    assert.deepEqual(restart().putAside, [id]);
  });

  it('is left alone when it runs and nothing describes it', (t) => {
    const { restart, host, dir, signals } = beside(t, [], { claim: GONE_RECORDS }, false);
    host.listed = [group.name];
    assert.deepEqual(restart(), { adopted: [], putAside: [], leftAlone: [id, group.name] });
    assert.ok(existsSync(dir));
    assert.deepEqual(signals, []);
  });
});

describe('tasks that come after a task', () => {
  const other = taskId(7);
  const follower = (mode: 'ok' | 'any') =>
    aTask({
      after: { mode, tasks: [{ id: other, name: 'first' }] },
      state: { status: 'pending', waitsFor: [other], notBefore: null },
    });
  /** The follower after the next daemon has started, with the other as the record had it. */
  function recovered(t: TestContext, mode: 'ok' | 'any', state: TaskState | null) {
    const rig = serviceOf(t);
    const first = state === null ? [] : [aTask({ id: other, name: 'first', attempts: 1, state })];
    const tasks = [follower(mode), ...first];
    rig.store.commit({ tasks, environments: [], events: [], leases: [], droppedLeases: [], ownerUse: [] });
    rig.restart();
    return rig.store.byId(follower(mode).id)?.state ?? assert.fail();
  }
  const lostAttempt: TaskState = { status: 'running', attempt: anAttempt({ bootId: 'boot-0' }) };

  const FAILED: [string, TaskState | null, string][] = [
    ['that had failed', ENDED.failed, 'failed'],
    ['that was lost with the host', lostAttempt, 'interrupted'],
    ['that was removed', null, 'removed'],
  ];
  for (const [what, state, status] of FAILED)
    it(`${what} fail with it, unless they come after any end`, (t) => {
      const failed = recovered(t, 'ok', state);
      assert.ok(failed.status === 'failed' && failed.reason === 'dependency_failed');
      assert.deepEqual([failed.cause?.id, failed.cause?.status], [other, status]);
      assert.deepEqual(recovered(t, 'any', state), { status: 'pending', ...READY });
    });

  it('that had completed become ready', (t) =>
    assert.deepEqual(recovered(t, 'ok', ENDED.completed), { status: 'pending', ...READY }));

  it('that lives keep waiting', (t) => {
    const { status, waitsFor } = recovered(t, 'ok', { status: 'pending', ...READY }) as TaskState & Waiting;
    assert.deepEqual([status, waitsFor], ['pending', [other]]);
  });
});
