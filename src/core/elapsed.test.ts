// Running time: what a pause and a hold do to it, and how they end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aHold, aKill, anAttempt, anExit, taskIn } from '../../test/support/build/build-task.ts';
import { elapsedMs } from './elapsed.ts';
import { isEnded, type KillIntent, type Task } from './task.ts';
import { type Change, transition } from './transition/transition.ts';

const END: Change = { kind: 'end', exit: anExit(), usage: null, at: 5_000 };
const LOSE = { kind: 'lose', reason: 'supervisor_lost', usage: null, at: 5_000 } as const;
const HOLD: Change = { kind: 'hold', at: 2_600, details: aHold() };

describe('running time', () => {
  const started = anAttempt({ startedAt: 1_000, pausedMs: 100 });
  const paused = (kill: KillIntent | null = null): Task =>
    taskIn({ status: 'paused', attempt: { ...started, kill }, pausedAt: 1_500 });
  const ENDS: [what: string, Task, Change, ms: number][] = [
    ['a task that ran', taskIn({ status: 'running', attempt: started }), END, 3_900],
    ['one that ended while paused', paused(), END, 400],
    ['one that was killed while paused', paused(aKill({ at: 4_800 })), END, 600],
    ['one that was lost while paused', paused(), LOSE, 400],
    ['one whose pause began after its last sign of life', paused(), { ...LOSE, at: 1_200 }, 100],
  ];
  for (const [what, task, change, ms] of ENDS)
    it(`of ${what} has no pause in it`, () => {
      const { state } = transition(task, change)?.task ?? task;
      assert.ok(isEnded(state));
      assert.equal(elapsedMs(state, 99_000), ms);
    });

  it('stands still during a pause, and counts again from a kill on, which thaws the group', () => {
    assert.equal(elapsedMs(paused().state, 9_000), 400);
    assert.equal(elapsedMs(paused(aKill({ at: 4_800 })).state, 5_000), 600);
  });

  it('stands still while the watchdog holds it, and has no hold in it, also when a user pauses it meanwhile', () => {
    const after = (...changes: Change[]) =>
      changes.reduce(
        (task, change) => transition(task, change)?.task ?? assert.fail(),
        taskIn({ status: 'running', attempt: started }),
      ).state;
    assert.equal(elapsedMs(after(HOLD), 9_600), elapsedMs(after(HOLD), 3_600));
    const thawed = after(HOLD, { kind: 'thaw', cause: 'room', at: 4_600 });
    assert.ok(thawed.status === 'running');
    assert.deepEqual([thawed.attempt.pausedMs, thawed.attempt.heldAt], [2_100, null]);
    const resumed = after(HOLD, { kind: 'pause', at: 3_600 }, { kind: 'resume', at: 5_600 });
    assert.ok(resumed.status === 'running');
    assert.deepEqual([resumed.attempt.pausedMs, resumed.attempt.heldAt], [3_100, null]);
  });
});
