// Tasks in back-off, and the queue when a task changes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anAttempt, anEstimate, aTask, taskId } from '../../test/support/build/build-task.ts';
import type { Task, TaskId } from '../core/task.ts';
import { MAX_BACKOFF_MS } from '../core/transition/retry.ts';
import { newIds } from '../daemon/new-id.ts';
import { LiveTasks } from './live-tasks.ts';

const AT = 100_000;
const waitingUntil = (notBefore: number, n = 1): Task =>
  aTask({ id: taskId(n), name: `task-${n}`, state: { status: 'pending', waitsFor: [], notBefore } });

describe('a task that waits for its back-off', () => {
  it('joins the queue at its time, and the next time to look is known', () => {
    const live = new LiveTasks();
    const [first, second] = [waitingUntil(AT + 50, 1), waitingUntil(AT + 80, 2)];
    for (const task of [second, first]) live.put(task.id, task, AT);
    assert.deepEqual([live.queue.size, live.pendingCount], [0, 2]);
    assert.equal(live.admitDue(AT), 50);
    assert.equal(live.admitDue(AT + 49), 1);
    assert.equal(live.admitDue(AT + 50), 0);
    assert.ok(live.queue.has(first.id) && !live.queue.has(second.id));
    assert.equal(live.admitDue(AT + 51), 29);
    assert.equal(live.admitDue(AT + 90), 0);
    assert.equal(live.admitDue(AT + 90), null);
    assert.equal(live.queue.size, 2);
  });

  it('does not join when it was killed or started by force before', () => {
    const live = new LiveTasks();
    const task = waitingUntil(AT + 50);
    live.put(task.id, task, AT);
    live.put(task.id, { ...task, state: { status: 'running', attempt: anAttempt() } }, AT);
    assert.deepEqual([live.admitDue(AT + 99), live.queue.size], [null, 0]);
    live.put(task.id, task, AT);
    live.put(task.id, undefined, AT);
    assert.deepEqual([live.admitDue(AT + 99), live.queue.size], [null, 0]);
  });

  it('waits for the longest back-off in full, and not for a clock that was set back', () => {
    const live = new LiveTasks();
    live.put(taskId(1), waitingUntil(AT + MAX_BACKOFF_MS + 1), AT);
    assert.deepEqual([live.admitDue(AT), live.queue.size], [MAX_BACKOFF_MS + 1, 0]);
    assert.deepEqual([live.admitDue(AT - 3_600_000), live.queue.size], [0, 1]);
  });

  it('of the past is in the queue at once', () => {
    const live = new LiveTasks();
    live.put(taskId(1), waitingUntil(AT - 1), AT);
    assert.equal(live.queue.size, 1);
  });
});

describe('a change', () => {
  it('of estimate or priority reaches the queue', () => {
    const live = new LiveTasks();
    const task = aTask();
    live.put(task.id, task, AT);
    const before = live.queue.get(task.id);
    live.put(task.id, { ...task }, AT);
    assert.equal(live.queue.get(task.id), before);
    live.put(task.id, { ...task, estimate: anEstimate({ cpuCores: 1 }), priority: 9 }, AT);
    const item = live.queue.get(task.id);
    assert.deepEqual([item?.need.cpuCores, item?.priority], [1, 9]);
    assert.equal(live.queue.needs.cpuCores, 1);
  });
});

describe('a pending task inside another one', () => {
  const parent = aTask({ id: taskId(1), name: 'outer', attempts: 1 });
  const running: Task = { ...parent, state: { status: 'running', attempt: anAttempt() } };
  const child = aTask({ id: taskId(2), name: 'inner', parent: { id: parent.id, name: 'outer', attempt: 1 } });
  const placesOf = (live: LiveTasks) => [
    live.queue.has(child.id),
    live.waitingInside().map(({ children }) => children.map(({ name }) => name)),
  ];

  it('is in the queue only while the attempt around it does not run', () => {
    const live = new LiveTasks();
    // As after a restart, in any order.
    live.put(child.id, child, AT);
    assert.deepEqual(placesOf(live), [true, []]);
    live.put(parent.id, running, AT);
    assert.deepEqual(placesOf(live), [false, [['inner']]]);
    assert.deepEqual(live.children(running), [child]);
    live.put(parent.id, { ...running, attempts: 2 }, AT);
    assert.deepEqual(placesOf(live), [true, []]);
    live.put(parent.id, running, AT);
    live.put(parent.id, undefined, AT);
    assert.deepEqual(placesOf(live), [true, []]);
    live.put(parent.id, running, AT);
    live.put(child.id, undefined, AT);
    assert.deepEqual([placesOf(live), live.children(running)], [[false, []], []]);
  });

  it('starts by priority, then by submission', () => {
    const live = new LiveTasks();
    live.put(parent.id, running, AT);
    for (const [n, priority] of [0, 5, 0, 5].entries())
      live.put(taskId(n + 2), { ...child, id: taskId(n + 2), name: `t${n}`, priority }, AT);
    assert.deepEqual(placesOf(live), [false, [['t1', 't3', 't0', 't2']]]);
  });
});

describe('a task of a cluster that waits for others', () => {
  const first = { ...aTask(), id: taskId(1), name: 'first', engine: 'slurm' as const };
  const next: Task = {
    ...first,
    id: taskId(2),
    name: 'next',
    state: { status: 'pending', waitsFor: [first.id], notBefore: null },
  };
  const placed: Task = {
    ...first,
    state: { status: 'pending', waitsFor: [], notBefore: null, placed: anAttempt({ startedAt: null }) },
  };
  const outbound = (live: LiveTasks) => live.outbound().map(({ name }) => name);

  it('is offered to its engine when the others change there', () => {
    const live = new LiveTasks();
    live.put(first.id, first, AT);
    live.put(next.id, next, AT);
    assert.deepEqual(outbound(live), ['first', 'next']);
    live.keep(next.id);
    assert.deepEqual(outbound(live), ['first']);
    live.put(first.id, placed, AT);
    assert.deepEqual(outbound(live), ['next']);
    live.put(next.id, { ...placed, id: next.id, name: 'next' }, AT);
    live.put(first.id, { ...placed }, AT);
    assert.deepEqual(outbound(live), []);
  });

  it('is not offered for a task of this host, and not to another engine', () => {
    const live = new LiveTasks();
    const { engine: _, ...here } = first;
    live.put(first.id, here, AT);
    live.put(next.id, next, AT);
    live.keep(next.id);
    live.put(first.id, { ...here, state: { status: 'running', attempt: anAttempt() } }, AT);
    assert.deepEqual(outbound(live), []);
  });
});

it('keeps the order of submissions when the clock was set back, also for the next daemon', () => {
  const live = new LiveTasks();
  const submit = (newId: (nowMs: number) => string, at: number) => {
    const id = newId(at) as TaskId;
    live.put(id, aTask({ id, name: id, submittedAt: at }), at);
    return id;
  };
  const newId = newIds(null);
  const before = [submit(newId, 5_000_000), submit(newId, 4_000_000)];
  const after = submit(newIds(before.at(-1) ?? null), 3_000_000);
  const [queue] = [...live.queue.subQueues()];
  assert.deepEqual(
    queue?.items().map(({ id }) => id),
    [...before, after],
  );
});
