// A database that the first release wrote (version 1) opens, is migrated, and loses nothing.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { anAttempt, aTask, someUsage } from '../../test/support/build/build-task.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { isEnded, READY, type Task, type TaskState } from '../core/task.ts';
import { transition } from '../core/transition/transition.ts';
import { runSample } from '../estimates/run-sample.ts';
import { openStore, type Store } from './store.ts';

const OLD = join(import.meta.dirname, '../../test/fixtures/babysit-v1.db');

function oldStore(t: TestContext) {
  const path = join(
    tempDir(t, () => store.close()),
    'babysit.db',
  );
  copyFileSync(OLD, path);
  const db = new Database(path);
  addFurther(db);
  const texts = db.prepare('SELECT body FROM tasks ORDER BY id').pluck().all() as string[];
  db.close();
  const store = openStore(path);
  return { store, path, bodies: texts.map((text): Task => JSON.parse(text)) };
}

/** States the file lacks, made of rows it has: name, the row it is like, and in what its state differs. */
const FURTHER = [
  ['frozen', 'going', { status: 'paused', pausedAt: 7 }],
  ['lost', 'done', { status: 'interrupted', reason: 'host_rebooted', exit: null, usage: null }],
  ['unwanted', 'late', { attempt: null, exit: null, usage: null }],
] as const;

function addFurther(db: Database.Database): void {
  const copy = db.prepare(
    `INSERT INTO tasks (id, name, owner, project, status, submitted_at, ended_at, body)
     SELECT @id, @name, owner, project, @status, submitted_at, ended_at, @body FROM tasks WHERE name = @like`,
  );
  const body = db.prepare('SELECT body FROM tasks WHERE name = ?').pluck();
  for (const [name, like, changes] of FURTHER) {
    const task = JSON.parse(body.get(like) as string);
    const further = { ...task, id: `${task.id}-${name}`, name, state: { ...task.state, ...changes } };
    copy.run({ id: further.id, name, status: further.state.status, like, body: JSON.stringify(further) });
  }
}

function asOfToday(old: Task): Task {
  const { id: _, name: __, state: ___, ...unasked } = aTask();
  return {
    ...unasked,
    ...old,
    limits: { ...unasked.limits, ...old.limits },
    state: stateOfToday(old.state),
  };
}

function stateOfToday(old: TaskState): TaskState {
  if (old.status === 'pending') return { ...READY, ...old };
  const { pausedMs, isExpress } = anAttempt();
  const { peakCpuCores } = someUsage();
  return {
    ...old,
    ...(old.attempt === null ? {} : { attempt: Object.assign({ pausedMs, isExpress }, old.attempt) }),
    ...('usage' in old && old.usage !== null ? { usage: Object.assign({ peakCpuCores }, old.usage) } : {}),
  } as TaskState;
}

function pick({ estimate, limits, priority }: Task): Pick<Task, 'estimate' | 'limits' | 'priority'> {
  return { estimate, limits, priority: priority + 1 };
}

/** The tasks of the file belong to several projects. */
function named(store: Store, name: string): Task | undefined {
  return store.namesakes(name, 1)[0];
}

describe('a database of the first release', () => {
  it('keeps every task with its status, under names and ids', (t) => {
    const { store } = oldStore(t);
    const found = store.list({}).map(({ name, state }) => [name, state.status]);
    assert.deepEqual(found, [
      ['done', 'completed'],
      ['lost', 'interrupted'],
      ['broken', 'failed'],
      ['late', 'killed'],
      ['unwanted', 'killed'],
      ['nostart', 'failed'],
      ['going', 'running'],
      ['frozen', 'paused'],
      ['waiting', 'pending'],
      ['waiting-too', 'pending'],
    ]);
    assert.equal(named(store, 'done')?.owner, 'agent-1');
    assert.deepEqual(named(store, 'waiting-too')?.command, {
      kind: 'argv',
      argv: ['printf', '%s\\n', 'two words'],
    });
  });

  it('gives each task the defaults of newer fields', (t) => {
    const { store, bodies } = oldStore(t);
    assert.deepEqual(store.list({}), bodies.map(asOfToday));
  });

  it('accepts the changes of today for each task, and finds it by its name', (t) => {
    const { store } = oldStore(t);
    for (const task of store.list({})) {
      const change = isEnded(task.state)
        ? ({ kind: 'retry' } as const)
        : ({ kind: 'adjust', ...pick(task), envelope: null } as const);
      const { task: changed } = transition(task, change) ?? assert.fail(task.name);
      store.commit({
        tasks: [changed],
        environments: [],
        events: [],
        leases: [],
        droppedLeases: [],
        ownerUse: [],
      });
      assert.deepEqual(named(store, task.name), changed);
    }
  });

  it('teaches what its ended tasks show, once, and their removal erases none of it', (t) => {
    const { store, path } = oldStore(t);
    const done = named(store, 'done') ?? assert.fail();
    const runs = () => store.learned.history(done.project, done.command).exact;
    assert.ok(isEnded(done.state));
    const run = runSample(done, done.state);
    assert.ok(run !== null && runs().length > 0);
    assert.ok(runs().some(({ timeMs, memKind }) => timeMs === run.timeMs && memKind === run.memKind));
    const before = runs();
    store.remove(store.list({}).map(({ id }) => id));
    assert.equal(store.byId(done.id), null);
    assert.deepEqual(runs(), before);
    const again = openStore(path);
    assert.deepEqual(again.learned.history(done.project, done.command).exact, before);
    again.close();
  });

  it('keeps environments and events, and opens again without another migration', (t) => {
    const { store, path } = oldStore(t);
    const broken = named(store, 'broken');
    assert.ok(broken);
    assert.equal(store.environment(broken.id).SECRET, 's3cret');
    assert.deepEqual(
      store.eventsAfter(broken.id, 0).map(({ event }) => event),
      ['submitted', 'started', 'ended'],
    );
    const again = openStore(path);
    assert.equal(again.list({}).length, 10);
    again.close();
  });
});
