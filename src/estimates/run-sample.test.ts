// What an end shows of the use of a command, and what only bounds it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  aKill,
  anAttempt,
  anExit,
  aTask,
  ENDED,
  GIB,
  someUsage,
} from '../../test/support/build/build-task.ts';
import { KILL_REASON_NAMES, type KillReason } from '../core/kill-reasons.ts';
import type { EndedState } from '../core/task.ts';
import { runSample } from './run-sample.ts';

const attempt = { ...anAttempt(), startedAt: 10_000 };
const measured = { attempt, endedAt: 70_000, usage: someUsage({ peakMemBytes: GIB, cpuSeconds: 120 }) };
const completed: EndedState = { ...ENDED.completed, ...measured, exit: anExit({ code: 0 }) };
const killed = (reason: KillReason): EndedState => ({
  ...ENDED.killed,
  ...measured,
  exit: anExit({ code: null, signal: 'SIGTERM' }),
  kill: aKill({ reason, detail: { cap_bytes: 12 * GIB, limit_bytes: 6 * GIB } }),
});

describe('the sample of a run', () => {
  it('that completed has its time, peak and cores', () =>
    assert.deepEqual(runSample(aTask(), completed), {
      timeMs: 60_000,
      isTimeCut: false,
      memBytes: GIB,
      memKind: 'peak',
      cpuCores: 2,
      declaredCores: null,
    }));

  it('that failed quickly is an end, without a rate of CPU use', () => {
    const failed: EndedState = { ...ENDED.failed, ...measured, endedAt: 12_000, exit: anExit({ code: 2 }) };
    const run = runSample(aTask(), failed);
    assert.deepEqual(
      [run?.timeMs, run?.isTimeCut, run?.memKind, run?.cpuCores],
      [2_000, false, 'peak', null],
    );
  });

  it('that a signal from elsewhere ended is cut short', () => {
    const failed: EndedState = {
      ...ENDED.failed,
      ...measured,
      exit: anExit({ code: null, signal: 'SIGKILL' }),
    };
    const run = runSample(aTask(), failed);
    assert.deepEqual([run?.isTimeCut, run?.memKind], [true, 'bound']);
  });

  for (const reason of KILL_REASON_NAMES)
    it(`killed for ${reason} is cut short`, () => {
      const run = runSample(aTask(), killed(reason));
      const capBytes = {
        cgroup_oom_killed: 12 * GIB,
        mem_exceeded: 6 * GIB,
        estimated_mem_exceeded: 8 * GIB,
      };
      const cap = (capBytes as Partial<Record<KillReason, number>>)[reason];
      assert.equal(run?.isTimeCut, true);
      assert.deepEqual([run?.memKind, run?.memBytes], cap === undefined ? ['bound', GIB] : ['cap', cap]);
    });

  it('is none when its end was not observed', () => {
    assert.equal(runSample(aTask(), { ...ENDED.interrupted, ...measured, exit: null }), null);
    assert.equal(runSample(aTask(), { ...ENDED.failed, attempt: null, exit: null, usage: null }), null);
  });

  it('during which the clock was set back is none, or has at most the cores of its cap', () => {
    assert.equal(runSample(aTask(), { ...completed, endedAt: 5_000 }), null);
    const back = { ...completed, endedAt: 16_000 };
    assert.equal(runSample(aTask(), back)?.cpuCores, attempt.envelope.cpuMaxCores);
  });

  it('during which the clock was set forward is none, unless the watchdog saw the time pass', () => {
    const { killTimeoutMs } = aTask().limits;
    const year = attempt.startedAt + 365 * 86_400_000;
    assert.equal(runSample(aTask(), { ...completed, endedAt: year }), null);
    assert.equal(runSample(aTask(), { ...killed('manual'), endedAt: year }), null);
    assert.ok(runSample(aTask(), { ...completed, endedAt: attempt.startedAt + killTimeoutMs + 10_000 }));
    // No daemon was there to end it in time.
    assert.ok(runSample(aTask(), { ...killed('elapsed_exceeded'), endedAt: year })?.isTimeCut);
  });
});
