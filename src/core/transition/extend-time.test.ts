// A kill timeout that the watchdog has extended.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anAttempt, aTask, someLimits } from '../../../test/support/build/build-task.ts';
import { isActive, type Task } from '../task.ts';
import { killTimeoutMs } from './extend-time.ts';
import { type Change, transition } from './transition.ts';

const MINUTE = 60_000;
const EXTEND: Change = {
  kind: 'extend_time',
  details: { kill_timeout_ms: 4 * MINUTE, cpu_share_pct: 30, hint: 'wait' },
};

describe('an extended kill timeout', () => {
  const task = aTask({
    limits: someLimits({ killTimeoutMs: 2 * MINUTE }),
    state: { status: 'running', attempt: anAttempt({ startedAt: 1 }) },
  });
  const after = (...changes: Change[]): Task =>
    changes.reduce((now, change) => transition(now, change)?.task ?? now, task);
  const inForce = ({ state, limits }: Task) =>
    isActive(state) ? killTimeoutMs(state.attempt, limits) : null;
  const adjust = (limits: Task['limits'], priority = 0): Change => ({
    kind: 'adjust',
    estimate: task.estimate,
    limits,
    priority,
    envelope: null,
  });

  it('is that of the attempt, and the request keeps its own', () => {
    assert.equal(inForce(task), 2 * MINUTE);
    const extended = after(EXTEND);
    assert.deepEqual([inForce(extended), extended.limits.killTimeoutMs], [4 * MINUTE, 2 * MINUTE]);
  });

  it('is not extended again', () => assert.equal(transition(after(EXTEND), EXTEND), null));

  it('holds while other things are adjusted, and gives way to a new one', () => {
    assert.equal(inForce(after(EXTEND, adjust(task.limits, 7))), 4 * MINUTE);
    const shorter = { ...task.limits, killTimeoutMs: 3 * MINUTE };
    assert.equal(inForce(after(EXTEND, adjust(shorter))), 3 * MINUTE);
    assert.equal(inForce(after(EXTEND, adjust(shorter), EXTEND)), 4 * MINUTE);
  });
});
