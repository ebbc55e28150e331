// What the end of a dependency does to the tasks that wait for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aKill, anAttempt, aTask, ENDED, taskId } from '../../../test/support/build/build-task.ts';
import { READY, type Task } from '../task.ts';
import { causeOf, transition } from './transition.ts';

const OTHER = taskId(7);

describe('a task with dependencies', () => {
  const [first, second] = [taskId(5), taskId(6)];
  const waiting = aTask({ state: { status: 'pending', waitsFor: [first, second], notBefore: null } });
  const ended = (task: Task, id: typeof first, cause: ReturnType<typeof causeOf>) =>
    transition(task, { kind: 'dependency_ended', id, cause, at: 9_000 })?.task;

  it('waits until the last of them has ended, in any order', () => {
    for (const order of [
      [first, second],
      [second, first],
    ] as const) {
      const half = ended(waiting, order[0], null) ?? assert.fail();
      assert.deepEqual(half.state, { status: 'pending', waitsFor: [order[1]], notBefore: null });
      assert.equal(ended(half, order[0], null), undefined);
      assert.deepEqual(ended(half, order[1], null)?.state, { status: 'pending', ...READY });
    }
  });

  it('fails with the first cause, which a chain passes on unchanged', () => {
    const root = aTask({ id: first, name: 'root', state: ENDED.killed });
    const cause = causeOf(root);
    assert.deepEqual(cause, { id: first, name: 'root', status: 'killed' });
    const { state } = ended(waiting, first, cause) ?? assert.fail();
    assert.ok(state.status === 'failed' && state.reason === 'dependency_failed');
    assert.equal(state.message, 'its dependency "root" ended killed');
    assert.deepEqual([state.cause, state.endedAt, state.attempt], [cause, 9_000, null]);
    assert.deepEqual(causeOf({ ...waiting, state }), cause);
  });

  it('has no cause when the other completed', () =>
    assert.equal(causeOf(aTask({ state: ENDED.completed })), null));

  it('ignores tasks that it does not wait for', () => assert.equal(ended(waiting, OTHER, null), undefined));

  describe('in the queue of its engine', () => {
    const attempt = anAttempt({ startedAt: null, pid: null });
    const placed = transition(waiting, { kind: 'place', attempt })?.task ?? assert.fail();
    const cause = { id: first, name: 'root', status: 'killed' };
    const blamed = ended(placed, first, cause) ?? assert.fail();
    const stateAfter = (task: Task, change: Parameters<typeof transition>[1]) =>
      transition(task, change)?.task.state ?? assert.fail();

    it('waits for them there, too', () => {
      assert.deepEqual(placed.state, { ...waiting.state, placed: attempt });
      const half = ended(placed, first, null) ?? assert.fail();
      assert.deepEqual(half.state, { ...placed.state, waitsFor: [second] });
      assert.deepEqual(stateAfter(half, { kind: 'requeue', why: 'lost' }), {
        status: 'pending',
        waitsFor: [second],
        notBefore: null,
      });
    });

    it('is withdrawn when one fails, and ends with that cause', () => {
      assert.deepEqual(blamed.state, { ...placed.state, waitsFor: [second], blame: { cause, at: 9_000 } });
      for (const change of [
        { kind: 'could_not_start', message: '', at: 9_500 },
        { kind: 'requeue', why: 'lost' },
      ] as const) {
        const state = stateAfter(blamed, change);
        assert.ok(state.status === 'failed' && state.reason === 'dependency_failed');
        assert.deepEqual([state.cause, state.endedAt], [cause, 9_000]);
      }
    });

    it('runs when its command had begun before, and a kill counts first', () => {
      const group = attempt.group;
      assert.equal(stateAfter(blamed, { kind: 'started', pid: 1, group, at: 9_100 }).status, 'running');
      const { task } = transition(blamed, { kind: 'request_kill', intent: aKill() }) ?? assert.fail();
      assert.equal(stateAfter(task, { kind: 'could_not_start', message: '', at: 9_500 }).status, 'killed');
    });
  });
});
