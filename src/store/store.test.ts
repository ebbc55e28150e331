// The record on a real SQLite file: commits whole or not at all, finds what it was given, never shows an environment.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { anAttempt, aTask, ENDED, runningTask, taskId } from '../../test/support/build-task.ts';
import type { TaskEvent } from '../core/events.ts';
import type { Task } from '../core/task.ts';
import { openStore, type Store, type Writes } from './store.ts';

let dir: string;
let path: string;
let store: Store;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'babysit-store-'));
  path = join(dir, 'babysit.db');
  store = openStore(path);
});
afterEach(() => {
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

const PAUSED: TaskEvent = { event: 'paused' };
const writes = (changes: Partial<Writes>): Writes => ({
  tasks: [],
  environments: [],
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
const reopen = () => {
  store.close();
  store = openStore(path);
};

describe('commit', () => {
  it('keeps every task as it was given, over a restart', () => {
    const states = [
      ...Object.values(ENDED),
      { status: 'pending' } as const,
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

  it('returns its events with numbers that only grow, also over a restart', () => {
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
    assert.equal(store.lastSeq(), seqs.at(-1));
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
    ['a value that is no number', { tasks: [numbered(2), numbered(3, { submittedAt: 1.5 })] }],
  ];
  for (const [what, failing] of FAILING)
    it(`leaves nothing behind when it fails at ${what}`, () => {
      put(numbered(1));
      store.commit(writes({ events: [eventOf(1)] }));
      const seq = store.lastSeq();
      assert.throws(() => store.commit(writes(failing)));
      assert.deepEqual(ids(store.list({})), [taskId(1)]);
      assert.equal(store.lastSeq(), seq);
      put(numbered(5));
      assert.deepEqual(ids(store.list({})), [taskId(1), taskId(5)]);
    });

  it('lets a name be used again once its task has ended', () => {
    const old = numbered(1, { name: 'build' });
    put(old);
    assert.throws(() => put(numbered(2, { name: 'build' })), /UNIQUE/);
    put({ ...old, state: ENDED.completed }, numbered(2, { name: 'build' }));
    assert.equal(store.byName('build')?.id, taskId(2));
    assert.equal(store.byId(taskId(1))?.name, 'build');
  });
});

describe('finding', () => {
  it('by name: the live task, else the one submitted last', () => {
    const ended = (n: number) => numbered(n, { name: 'x', state: ENDED.failed });
    put(ended(1), ended(3));
    assert.equal(store.byName('x')?.id, taskId(3));
    put(numbered(2, { name: 'x' }));
    assert.equal(store.byName('x')?.id, taskId(2));
    assert.equal(store.byName('X'), null);
    assert.equal(store.byName('%'), null);
  });

  it('by the beginning of an id: newest first, at most the limit, without wildcards', () => {
    put(numbered(1), numbered(2), numbered(13));
    assert.deepEqual(ids(store.byIdPrefix('01JD', 10)), [taskId(13), taskId(2), taskId(1)]);
    assert.deepEqual(ids(store.byIdPrefix('01JD', 2)), [taskId(13), taskId(2)]);
    assert.deepEqual(ids(store.byIdPrefix(taskId(13), 10)), [taskId(13)]);
    for (const prefix of ['01JE', '%', '_', '01jd', `${taskId(1)}0`])
      assert.deepEqual(store.byIdPrefix(prefix, 10), []);
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

  it('gives the live tasks in order of submission', () => {
    put(numbered(3), numbered(1), numbered(2, { state: ENDED.killed }));
    assert.deepEqual(ids(store.liveTasks()), [taskId(1), taskId(3)]);
  });

  it('gives null, nothing or an empty environment for what is not there', () => {
    assert.deepEqual([store.byId('x'), store.byName('x'), store.lastSeq()], [null, null, 0]);
    assert.deepEqual([store.eventsAfter(taskId(1), 0), store.environment(taskId(1))], [[], {}]);
  });
});

describe('environment', () => {
  it('comes back exactly, and in no other answer', () => {
    const env = { PATH: '/bin', TOKEN: 'hunter2-secret', EMPTY: '', 'with.dot': "it's\n" };
    store.commit(
      writes({ tasks: [numbered(1)], environments: [{ taskId: taskId(1), env }], events: [eventOf(1)] }),
    );
    assert.deepEqual(store.environment(taskId(1)), env);
    const shown = [
      store.list({}),
      store.liveTasks(),
      store.byId(taskId(1)),
      store.byIdPrefix('01', 9),
      store.byName('task-1'),
      store.eventsAfter(taskId(1), 0),
    ];
    assert.doesNotMatch(JSON.stringify(shown), /hunter2/);
  });

  it('of any names and values comes back exactly', () => {
    put(numbered(1));
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' }), {
          noNullPrototype: true,
        }),
        (env) => {
          store.commit(writes({ environments: [{ taskId: taskId(1), env }] }));
          assert.deepEqual(store.environment(taskId(1)), env);
        },
      ),
      { numRuns: 30 },
    );
  });
});
