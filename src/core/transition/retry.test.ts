// Which ends lead to another attempt, when, and with how much memory.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  aKill,
  anAttempt,
  anEstimate,
  anExit,
  aTask,
  ENDED,
  GIB,
  someUsage,
  taskIn,
} from '../../../test/support/build/build-task.ts';
import { formatSize, parseSize } from '../../units/size.ts';
import { boundEstimate } from '../estimate.ts';
import { KILL_REASON_NAMES, type KillReason } from '../kill-reasons.ts';
import { type EndedState, RETRY_CAUSES, type RetryPolicy, type Task } from '../task.ts';
import { retried } from './retry.ts';
import { transition } from './transition.ts';

const policy = (changes: Partial<RetryPolicy> = {}): RetryPolicy => ({
  max: 3,
  on: RETRY_CAUSES,
  backoffMs: 5_000,
  memCeilingBytes: null,
  ...changes,
});
const taskWith = (changes: Partial<RetryPolicy> = {}): Task => aTask({ retry: policy(changes), attempts: 1 });
const killed = (reason: KillReason): EndedState => ({
  ...ENDED.killed,
  kill: aKill({ reason }),
});

describe('another attempt', () => {
  const BY_SIGNAL: EndedState = { ...ENDED.failed, exit: anExit({ code: null, signal: 'SIGSEGV' }) };
  const TABLE: [string, EndedState, string | null][] = [
    ['a success', ENDED.completed, null],
    ['an exit code', ENDED.failed, 'exit'],
    ['a signal', BY_SIGNAL, 'signal'],
    ['a command that could not start', { ...ENDED.failed, reason: 'could_not_start', exit: null }, null],
    ['a failed dependency', { ...ENDED.failed, reason: 'dependency_failed', exit: null }, null],
    ['a lost host', ENDED.interrupted, null],
    ...KILL_REASON_NAMES.map((reason): [string, EndedState, string | null] => [
      `the kill ${reason}`,
      killed(reason),
      {
        cgroup_oom_killed: 'oom',
        estimated_mem_exceeded: 'oom',
        mem_exceeded: 'oom',
        system_mem_pressure: 'oom',
        observability_stall: 'stall',
      }[reason as string] ?? null,
    ]),
  ];
  for (const [what, ended, cause] of TABLE)
    it(`after ${what} is made ${cause === null ? 'never' : `with --retry_on=${cause} only`}`, () => {
      for (const on of RETRY_CAUSES)
        assert.equal(retried(taskWith({ on: [on] }), ended) !== null, on === cause, on);
    });

  it('is never made without --retries', () => assert.equal(retried(aTask(), ENDED.failed), null));

  it('is made as often as requested, each time after twice the back-off, up to five minutes', () => {
    let task: Task = aTask({ retry: policy({ max: 9, backoffMs: 60_000 }) });
    const delaysMs: number[] = [];
    const endedAt: number[] = [];
    for (let number = 1; task.state.status === 'pending'; number += 1) {
      if (task.state.notBefore !== null) delaysMs.push(task.state.notBefore - (endedAt.at(-1) ?? 0));
      endedAt.push(number * 1_000_000);
      const attempt = anAttempt({ number });
      task = transition(task, { kind: 'dispatch', attempt })?.task ?? assert.fail();
      const end = { exit: anExit({ code: 7 }), usage: someUsage(), at: endedAt.at(-1) ?? 0 };
      task = transition(task, { kind: 'end', ...end })?.task ?? assert.fail();
    }
    assert.deepEqual(delaysMs, [60_000, 120_000, 240_000, ...Array(6).fill(300_000)]);
    assert.deepEqual([task.attempts, task.state.status], [10, 'failed']);
    assert.deepEqual(
      task.history.map(({ number, status, exit }) => [number, status, exit?.code]),
      Array.from({ length: 9 }, (_, index) => [index + 1, 'failed', 7]),
    );
  });

  it('is announced with the ended attempt, its reason and the delay', () => {
    const running = { ...taskIn({ status: 'running', attempt: anAttempt() }), retry: policy() };
    const end = { kind: 'end', exit: anExit({ code: 3 }), usage: null, at: 8_000 } as const;
    assert.deepEqual(transition(running, end)?.event, {
      event: 'retrying',
      attempt: 1,
      status: 'failed',
      reason: 'exit',
      in_s: 5,
      estimated_mem_bytes: running.estimate.memBytes,
    });
  });

  it('by hand starts at once, resets the count, and keeps the history', () => {
    const spent = aTask({ retry: policy({ max: 1 }), attempts: 1 });
    const second = retried(spent, ENDED.failed) ?? assert.fail();
    const failed = { ...second, attempts: 2, state: { ...ENDED.failed, attempt: anAttempt({ number: 2 }) } };
    assert.equal(retried(failed, failed.state), null);
    const again = transition(failed, { kind: 'retry' })?.task ?? assert.fail();
    assert.deepEqual(
      again.history.map(({ number }) => number),
      [1, 2],
    );
    assert.deepEqual(again.state, { status: 'pending', waitsFor: [], notBefore: null });
    assert.ok(retried({ ...again, attempts: 3 }, failed.state), 'its own retries are available again');
  });

  it('by hand waits for no other task', () => {
    const after = { mode: 'ok', tasks: [{ id: aTask().id, name: 'a' }] } as const;
    const failed = aTask({ after, state: { ...ENDED.failed, reason: 'dependency_failed', attempt: null } });
    const again = transition(failed, { kind: 'retry' })?.task ?? assert.fail();
    assert.deepEqual([again.after, again.history], [null, []]);
  });
});

describe('memory after an OOM', () => {
  const oom = (peakMemBytes: number | null, peakMemCachedBytes: number | null): EndedState => ({
    ...killed('cgroup_oom_killed'),
    usage: someUsage({ peakMemBytes, peakMemCachedBytes }),
  });
  const memAfter = (ended: EndedState, memCeilingBytes: number | null) =>
    retried(taskWith({ memCeilingBytes }), ended)?.estimate.memBytes;

  it('is unchanged unless the caller asked for more', () =>
    assert.equal(memAfter(oom(9 * GIB, null), null), 4 * GIB));

  it('is a tenth above the peak, at least half above the estimate, in steps that print exactly', () => {
    assert.equal(memAfter(oom(10 * GIB, 3 * GIB), 100 * GIB), 11 * GIB);
    assert.equal(memAfter(oom(3 * GIB, 8 * GIB), 100 * GIB), 6 * GIB);
    assert.equal(memAfter(oom(null, null), 100 * GIB), 6 * GIB);
    assert.equal(memAfter(oom(10 * GIB + 1, null), 100 * GIB), Math.floor(11.05 * GIB));
  });

  it('is never above the capacity, and never below the old estimate', () => {
    assert.equal(memAfter(oom(8 * GIB, null), 7 * GIB), 7 * GIB);
    assert.equal(memAfter(oom(8 * GIB, null), 1 * GIB), 4 * GIB);
  });

  it('is not raised by other failures', () =>
    assert.equal(
      memAfter({ ...ENDED.failed, usage: someUsage({ peakMemBytes: 9 * GIB }) }, 100 * GIB),
      4 * GIB,
    ));

  it('that was declared is charged as declared, within a cap of four times the old one', () => {
    const { estimate } = aTask();
    const declared = { timeMs: 'declared', memBytes: 'declared', cpuCores: 'declared' } as const;
    const nothing = { timeMs: null, memBytes: null, cpuCores: null };
    const basis = { stated: estimate, from: declared, learned: nothing, expectedTimeMs: null };
    const at = (kill: KillReason, more: Partial<Task> = {}) => {
      const ended = { ...killed(kill), kill: aKill({ reason: kill, detail: { cap_bytes: 12 * GIB } }) };
      return retried({ ...taskWith(), basis, ...more }, ended) ?? assert.fail();
    };
    const again = at('cgroup_oom_killed');
    assert.equal(again.estimate.memBytes, 4 * GIB);
    assert.equal(boundEstimate(again).memBytes, 16 * GIB);
    assert.equal(boundEstimate(at('system_mem_pressure')).memBytes, 4 * GIB);
    assert.equal(boundEstimate(at('cgroup_oom_killed', { isNotLearned: true })).memBytes, 4 * GIB);
  });

  it('is above the peak and the estimate, for any values', () => {
    const bytes = fc.integer({ min: 1, max: 2 ** 45 });
    fc.assert(
      fc.property(bytes, bytes, (memBytes, peakBytes) => {
        const task = { ...taskWith({ memCeilingBytes: 2 ** 50 }), estimate: anEstimate({ memBytes }) };
        const raised = retried(task, oom(peakBytes, null))?.estimate.memBytes ?? assert.fail();
        const least = Math.max(1.1 * peakBytes, 1.5 * memBytes);
        // Half a byte of slack for rounding.
        assert.ok(raised >= least - 1 && raised <= least + 0.05 * GIB + 1);
        if (raised < 2 ** 40) assert.equal(parseSize(formatSize(raised), 'size'), raised);
      }),
    );
  });
});
