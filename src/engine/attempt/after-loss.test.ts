// An engine that loses each attempt gets a limited number of them, at growing distances.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anAttempt, aTask } from '../../../test/support/build/build-task.ts';
import type { Task } from '../../core/task.ts';
import { transition } from '../../core/transition/transition.ts';
import { afterLostStart } from './after-loss.ts';

const FAILURE = { kind: 'lost', why: 'node n1 failed', fix: 'sinfo shows why' } as const;
const placed = (task: Task): Task => ({
  ...task,
  state: { status: 'pending', waitsFor: [], notBefore: null, placed: anAttempt({ startedAt: null }) },
});

it('ends a task whose attempts are lost again and again, with the cause and what to do', () => {
  const delays: number[] = [];
  let task: Task = placed(aTask());
  for (let at = 1_000_000; task.state.status === 'pending' && delays.length < 20; at += 1_000) {
    const next = transition(task, afterLostStart(task, FAILURE, 10, at));
    assert.ok(next !== null);
    const { state } = next.task;
    if (state.status === 'pending') delays.push((state.notBefore ?? at) - at);
    task = state.status === 'pending' ? placed(next.task) : next.task;
  }
  assert.deepEqual(
    delays.map((ms) => ms / 1_000),
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 300],
  );
  assert.ok(task.state.status === 'failed');
  assert.equal(
    task.state.message,
    'node n1 failed; the cluster has lost 11 attempts, and engine.requeue_max allows no other one: sinfo shows why',
  );
  const again = transition(task, { kind: 'retry' })?.task;
  assert.equal(again && afterLostStart(again, FAILURE, 10, 0).kind, 'requeue');
});

it('does not count what a hold or a restart of the host took back', () => {
  const running: Task = { ...aTask(), requeue: true, state: { status: 'running', attempt: anAttempt() } };
  const lost = (reason: 'host_rebooted' | 'node_failed') =>
    transition(running, { kind: 'requeue_lost', reason, why: '', at: 0 })?.task.lostAttempts ?? 0;
  assert.deepEqual([lost('host_rebooted'), lost('node_failed')], [0, 1]);
  const recalled = transition(placed(aTask()), { kind: 'requeue', why: 'a hold' })?.task;
  assert.equal(recalled?.lostAttempts ?? 0, 0);
});
