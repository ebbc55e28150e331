// The store on a real SQLite file: whole commits or none, lookups, and no environment in an answer.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { anAttempt, aTask, ENDED, runningTask, taskId } from '../../test/support/build/build-task.ts';
import { LIBRARY } from '../../test/support/sqlite-library.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import type { TaskEvent } from '../core/events.ts';
import type { Lease, LeaseId } from '../core/lease.ts';
import { READY, type Task, type TaskStatus } from '../core/task.ts';
import { openStore, type Store, type Writes } from './store.ts';

const dir = tempDir({ after });
let count = 0;
let path: string;
let store: Store;
beforeEach(() => {
  count += 1;
  path = join(dir, `${count}.db`);
  store = openStore(path, LIBRARY);
});
afterEach(() => store.close());

const PAUSED: TaskEvent = { event: 'paused' };
const writes = (changes: Partial<Writes>): Writes => ({
  tasks: [],
  environments: [],
  leases: [],
  droppedLeases: [],
  ownerUse: [],
  events: [],
  ...changes,
});
const put = (...tasks: Task[]) => store.commit(writes({ tasks }));
const numbered = (n: number, changes: Partial<Task> = {}) =>
  aTask({ id: taskId(n), name: `task-${n}`, ...changes });
const ids = (tasks: readonly Task[]) => tasks.map((task) => task.id);
const eventOf = (n: number, event: TaskEvent = PAUSED) => ({
  taskId: taskId(n),
  name: `task-${n}`,
  at: 7,
  event,
});
/** Counts the rows of a table from outside. */
const rowsOf = (table: string) => {
  const db = new Database(path, { readonly: true });
  const rows = db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  db.close();
  return rows;
};
const reopen = () => {
  store.close();
  store = openStore(path, LIBRARY);
};

it('a detached store has in its file what it recorded before, also when its log of changes was deleted', () => {
  put(numbered(1));
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`);
  put(numbered(2));
  store.detach();
  put(numbered(3));
  assert.equal(rowsOf('tasks'), 2);
});

describe('commit', () => {
  it('keeps every task unchanged over a restart', () => {
    const states = [
      ...Object.values(ENDED),
      { status: 'pending', ...READY } as const,
      { status: 'running', attempt: anAttempt() } as const,
    ];
    const tasks = states.map((state, n) =>
      numbered(n, {
        state,
        owner: n % 2 ? 'me' : null,
        command: { kind: 'argv', argv: ['a', "it's \u{1f600}"] },
      }),
    );
    put(...tasks);
    reopen();
    assert.deepEqual(store.list({}), tasks);
    for (const task of tasks) assert.deepEqual(store.byId(task.id), task);
  });

  it('replaces the state of a task', () => {
    put(numbered(1));
    put({ ...runningTask(), id: taskId(1), name: 'task-1' });
    assert.equal(store.byId(taskId(1))?.state.status, 'running');
    assert.deepEqual(ids(store.list({ statuses: ['running'] })), [taskId(1)]);
    assert.equal(store.list({}).length, 1);
  });

  it('returns its events with increasing numbers, also over a restart', () => {
    put(numbered(1), numbered(2));
    const first = store.commit(writes({ events: [eventOf(1), eventOf(2)] }));
    reopen();
    const second = store.commit(writes({ events: [eventOf(1, { event: 'resumed' })] }));
    const seqs = [...first, ...second].map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      seqs.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(seqs).size, 3);
    assert.deepEqual(store.eventsAfter(taskId(1), 0), [first[0], second[0]]);
    assert.deepEqual(store.eventsAfter(taskId(1), first[0]?.seq ?? 0), second);
    assert.deepEqual(first[1], { event: 'paused', seq: seqs[1], at: 7, taskId: taskId(2), name: 'task-2' });
  });

  const FAILING: [string, Partial<Writes>][] = [
    ['an event of a task that does not exist', { tasks: [numbered(2)], events: [eventOf(2), eventOf(99)] }],
    [
      'an environment of a task that does not exist',
      { tasks: [numbered(2)], environments: [{ taskId: taskId(99), env: {} }] },
    ],
    [
      'a second live task of the same name',
      { tasks: [numbered(2), numbered(3, { name: 'task-1' })], events: [eventOf(2)] },
    ],
    ['a value that is not an integer', { tasks: [numbered(2), numbered(3, { submittedAt: 1.5 })] }],
  ];
  for (const [what, failing] of FAILING)
    it(`leaves nothing behind when it fails at ${what}`, () => {
      put(numbered(1));
      store.commit(writes({ events: [eventOf(1)] }));
      assert.throws(() => store.commit(writes(failing)), { code: /^SQLITE_CONSTRAINT/ });
      assert.deepEqual(ids(store.list({})), [taskId(1)]);
      for (const n of [1, 2, 3]) assert.equal(store.eventsAfter(taskId(n), 0).length, n === 1 ? 1 : 0);
      put(numbered(5));
      assert.deepEqual(ids(store.list({})), [taskId(1), taskId(5)]);
    });

  it('lets a name be used again once its task has ended', () => {
    const old = numbered(1, { name: 'build' });
    put(old);
    assert.throws(() => put(numbered(2, { name: 'build' })), /UNIQUE/);
    put({ ...old, state: ENDED.completed }, numbered(2, { name: 'build' }));
    assert.equal(store.byName('/project', 'build')?.id, taskId(2));
    assert.equal(store.byId(taskId(1))?.name, 'build');
  });
});

describe('finding', () => {
  it('by name: the live task, else the one submitted last', () => {
    const ended = (n: number) => numbered(n, { name: 'x', state: ENDED.failed });
    put(ended(1), ended(3));
    assert.equal(store.byName('/project', 'x')?.id, taskId(3));
    put(numbered(2, { name: 'x' }));
    assert.equal(store.byName('/project', 'x')?.id, taskId(2));
    assert.equal(store.byName('/project', 'X'), null);
    assert.equal(store.byName('/project', '%'), null);
    assert.deepEqual(
      ['x', 'X', '%'].map((name) => store.isNameKnown('/project', name)),
      [true, false, false],
    );
  });

  it('by name in each project: a live task has its name in its project only', () => {
    const named = (n: number, project: string, state?: Task['state']) =>
      numbered(n, { name: 'x', project, ...(state === undefined ? {} : { state }) });
    put(named(1, '/a'), named(2, '/a', ENDED.failed), named(3, '/b', ENDED.killed), named(4, '/c'));
    assert.throws(() => put(named(5, '/c')), /UNIQUE/);
    assert.deepEqual(
      ['/a', '/b', '/c', '/d'].map((project) => store.byName(project, 'x')?.id),
      [taskId(1), taskId(3), taskId(4), undefined],
    );
    assert.deepEqual(ids(store.namesakes('x', 9)), [taskId(4), taskId(3), taskId(1)]);
    assert.deepEqual(ids(store.namesakes('x', 2)), [taskId(4), taskId(3)]);
    assert.deepEqual(store.namesakes('y', 9), []);
  });

  it('by id: as last committed, and not after removal or a failed commit', () => {
    const task = numbered(1, { name: 'x' });
    put(task);
    assert.throws(() => put({ ...task, priority: 7 }, numbered(2, { name: 'x' })), /UNIQUE/);
    assert.deepEqual([store.byId(taskId(1)), store.byId(taskId(2))], [task, null]);
    const ended: Task = { ...task, state: ENDED.completed };
    put(ended);
    assert.deepEqual(store.byId(taskId(1)), ended);
    store.remove([taskId(1)]);
    assert.equal(store.byId(taskId(1)), null);
  });

  it('by a prefix of an id: newest first, at most the limit, without wildcards', () => {
    put(numbered(1), numbered(2), numbered(13));
    assert.deepEqual(ids(store.byIdPrefix(null, '01JD', 10)), [taskId(13), taskId(2), taskId(1)]);
    assert.deepEqual(ids(store.byIdPrefix(null, '01JD', 2)), [taskId(13), taskId(2)]);
    assert.deepEqual(ids(store.byIdPrefix('/project', taskId(13), 10)), [taskId(13)]);
    for (const prefix of ['01JE', '%', '_', '01jd', `${taskId(1)}0`])
      assert.deepEqual(store.byIdPrefix(null, prefix, 10), []);
    assert.deepEqual(store.byIdPrefix('/other', '01JD', 10), []);
  });

  it('lists by project, owner, status and end, alone and together, in order of submission', () => {
    const endedAt = (at: number) => ({ ...ENDED.completed, endedAt: at });
    put(
      numbered(4, { project: '/b' }),
      numbered(1, { owner: 'me', state: endedAt(100) }),
      numbered(2, { owner: 'me', state: endedAt(200) }),
      numbered(3, { owner: 'you', state: { ...ENDED.failed, endedAt: 300 } }),
    );
    const list = (filter: Parameters<Store['list']>[0]) => ids(store.list(filter));
    const of = (...numbers: number[]) => numbers.map(taskId);
    assert.deepEqual(list({}), of(1, 2, 3, 4));
    assert.deepEqual(list({ project: '/project' }), of(1, 2, 3));
    assert.deepEqual(list({ owner: 'me' }), of(1, 2));
    assert.deepEqual(list({ statuses: ['failed', 'pending'] }), of(3, 4));
    assert.deepEqual(list({ statuses: [] }), []);
    assert.deepEqual(list({ endedSince: 200 }), of(2, 3, 4));
    assert.deepEqual(
      list({ owner: 'me', statuses: ['completed'], endedSince: 101, project: '/project' }),
      of(2),
    );
    assert.deepEqual(list({ project: "' OR 1=1 --" }), []);
  });

  it('pages through ids from the newest, in steps that read a bounded number of rows', () => {
    put(
      ...Array.from({ length: 1200 }, (_, index) => numbered(index + 1, { owner: index < 2 ? 'me' : 'you' })),
    );
    const of = (...numbers: number[]) => numbers.map(taskId);
    assert.deepEqual(store.idsBefore({}, null, 2), { ids: of(1200, 1199), next: taskId(1199) });
    assert.deepEqual(store.idsBefore({}, taskId(3), 5), { ids: of(2, 1), next: null });
    const steps: number[] = [];
    let next: string | null = null;
    do {
      const page = store.idsBefore({ owner: 'me' }, next, 5);
      steps.push(page.ids.length);
      next = page.next;
    } while (next !== null);
    assert.deepEqual(steps, [0, 0, 2]);
  });

  it('returns the live tasks in order of submission', () => {
    put(numbered(3), numbered(1), numbered(2, { state: ENDED.killed }));
    assert.deepEqual(ids(store.liveTasks()), [taskId(1), taskId(3)]);
  });

  it('returns null, no events and an empty environment for absent tasks', () => {
    assert.deepEqual(
      [store.byId('x'), store.byName('/project', 'x'), store.byKey('/', 'x')],
      [null, null, null],
    );
    assert.deepEqual([store.eventsAfter(taskId(1), 0), store.environment(taskId(1))], [[], {}]);
  });
});

describe('a key', () => {
  it('is found in its project only, over a restart; of two tasks the later one', () => {
    put(numbered(1, { key: 'k', state: ENDED.failed }), numbered(3, { key: 'k' }), numbered(2, { key: 'k' }));
    put(numbered(4, { key: 'k', project: '/other' }), numbered(5, { key: null }));
    reopen();
    assert.equal(store.byKey('/project', 'k')?.id, taskId(3));
    assert.equal(store.byKey('/other', 'k')?.id, taskId(4));
    assert.deepEqual([store.byKey('/nowhere', 'k'), store.byKey('/project', 'K')], [null, null]);
  });
});

describe('leases', () => {
  const lease = (n: number, changes: Partial<Lease> = {}): Lease => ({
    id: `01LEASE${n}` as LeaseId,
    owner: '/project',
    memBytes: 4,
    cpuCores: 0.5,
    timeMs: 60_000,
    grantedAt: 1_000,
    expiresAt: 61_000,
    ...changes,
  });

  it('are kept unchanged until they are dropped', () => {
    store.commit(writes({ leases: [lease(2), lease(1)] }));
    reopen();
    assert.deepEqual(store.leases(), [lease(1), lease(2)]);
    store.commit(writes({ leases: [lease(3)], droppedLeases: [lease(1).id, 'nobody' as LeaseId] }));
    assert.deepEqual(store.leases(), [lease(2), lease(3)]);
  });

  it('stand next to what owners used, of which the newest entries are kept', () => {
    const used = (owner: string, atMs: number) => ({
      ...{ owner, cpuCoreMs: 1.5, memByteMs: 2e15, atMs },
      declared: { cpuCoreMs: 1, memByteMs: 1e15 },
      measured: { cpuCoreMs: 2.5, memByteMs: 3e15 },
    });
    store.commit(writes({ ownerUse: [used('a', 3), used('b', 1), used('c', 2)] }));
    store.commit(writes({ ownerUse: [used('b', 4)] }));
    reopen();
    assert.deepEqual(store.ownerUse(2), [used('a', 3), used('b', 4)]);
    assert.deepEqual(store.ownerUse(9), [used('a', 3), used('b', 4)]);
  });

  it('are granted together with the rest of the commit, or not at all', () => {
    store.commit(writes({ leases: [lease(1)] }));
    const failing = { leases: [lease(2)], droppedLeases: [lease(1).id], events: [eventOf(99)] };
    assert.throws(() => store.commit(writes(failing)), { code: /^SQLITE_CONSTRAINT/ });
    assert.deepEqual(store.leases(), [lease(1)]);
  });
});

describe('removal', () => {
  it('removes ended tasks with their events and environments, and keeps live ones', () => {
    const env = { A: '1' };
    put(numbered(1, { state: ENDED.failed }), numbered(2), numbered(3, { state: ENDED.completed }));
    const environments = [1, 2, 3].map((n) => ({ taskId: taskId(n), env: n === 3 ? { B: '2' } : env }));
    store.commit(writes({ environments, events: [eventOf(1), eventOf(2), eventOf(3)] }));
    store.remove([taskId(1), taskId(2), taskId(3), taskId(9)]);
    store.removeEnvironments();
    assert.deepEqual(store.environment(taskId(3)), {});
    assert.deepEqual(ids(store.list({})), [taskId(2)]);
    assert.deepEqual([rowsOf('events'), rowsOf('environment_texts')], [1, 1]);
    assert.deepEqual(store.environment(taskId(2)), env);
  });

  it('finds tasks that ended before a time, and those that ended last', () => {
    const ended = (n: number, endedAt: number, status: 'completed' | 'failed' = 'completed') =>
      numbered(n, { state: { ...ENDED[status], endedAt } });
    put(ended(1, 300), ended(2, 100), ended(3, 200, 'failed'), numbered(4));
    const found = (at: number, statuses: readonly TaskStatus[] | null = null) =>
      store.idsBefore({ endedBefore: at, ...(statuses === null ? {} : { statuses }) }, null, 9).ids;
    assert.deepEqual(found(300), [taskId(3), taskId(2)]);
    assert.deepEqual(found(1e15), [taskId(3), taskId(2), taskId(1)]);
    assert.deepEqual(found(1e15, ['failed']), [taskId(3)]);
    assert.deepEqual(ids(store.newestEnded(2)), [taskId(1), taskId(3)]);
  });
});

describe('environment', () => {
  it('of many tasks is stored once, over one commit or several', () => {
    const env = { PATH: '/bin', N: '1' };
    for (const first of [1, 3]) {
      put(numbered(first), numbered(first + 1));
      const environments = [
        { taskId: taskId(first), env },
        { taskId: taskId(first + 1), env: { ...env } },
      ];
      store.commit(writes({ environments }));
    }
    put(numbered(5));
    store.commit(writes({ environments: [{ taskId: taskId(5), env: { ...env, N: '2' } }] }));
    assert.deepEqual([rowsOf('task_environments'), rowsOf('environment_texts')], [5, 2]);
    reopen();
    for (const n of [1, 2, 3, 4]) assert.deepEqual(store.environment(taskId(n)), env);
    assert.equal(store.environment(taskId(5)).N, '2');
  });

  it('is returned exactly, and in no other answer', () => {
    const env = { PATH: '/bin', TOKEN: 'hunter2-secret', EMPTY: '', 'with.dot': "it's\n" };
    store.commit(
      writes({ tasks: [numbered(1)], environments: [{ taskId: taskId(1), env }], events: [eventOf(1)] }),
    );
    assert.deepEqual(store.environment(taskId(1)), env);
    put(numbered(2));
    assert.deepEqual(store.environment(taskId(1)), env);
    const shown = [
      store.list({}),
      store.liveTasks(),
      store.byId(taskId(1)),
      store.byIdPrefix(null, '01', 9),
      store.byName('/project', 'task-1'),
      store.eventsAfter(taskId(1), 0),
    ];
    assert.doesNotMatch(JSON.stringify(shown), /hunter2/);
  });

  it('of any names and values is returned exactly', () => {
    put(numbered(1));
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' }), {
          noNullPrototype: true,
        }),
        (env) => {
          store.commit(writes({ environments: [{ taskId: taskId(1), env }] }));
          put(numbered(1));
          assert.deepEqual(store.environment(taskId(1)), env);
        },
      ),
      { numRuns: 30 },
    );
  });
});
