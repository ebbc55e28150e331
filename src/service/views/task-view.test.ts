// What an ended task says of its use: over the estimate, short of CPU time, and the estimates for the next run.
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
} from '../../../test/support/build/build-task.ts';
import type { KillReason } from '../../core/kill-reasons.ts';
import type { TaskState, Usage } from '../../core/task.ts';
import { pastEndView } from './past-end-view.ts';
import { taskView } from './task-view.ts';

const attempt = anAttempt({ startedAt: 10_000 });
const ended = (usage: Usage, ranMs = 100_000): TaskState => ({
  ...ENDED.completed,
  ...{ attempt, usage, endedAt: 10_000 + ranMs },
});
const view = (state: TaskState) =>
  taskView(aTask({ state, estimate: anEstimate({ timeMs: 120_000, memBytes: GIB, cpuCores: 1 }) }), {
    ...{ nowMs: 0, live: null, progress: null, waiting: null, waiters: 0, children: [], logPath: null },
    ...{ most: { memBytes: 1000 * GIB, cpuCores: 64 }, ref: 'build' },
  });

describe('an ended task', () => {
  const within = { peakMemBytes: GIB, cpuSeconds: 100 };
  const OVER: [string, Partial<Usage>, number, object | null][] = [
    ['within its estimates', within, 120_000, null],
    ['of more memory', { ...within, peakMemBytes: 1.5 * GIB }, 100_000, { mem: 1.5 }],
    ['of more time', within, 150_000, { elapsed: 1.25 }],
    ['of a quarter more CPU', { ...within, cpuSeconds: 125 }, 100_000, null],
    ['of more CPU than that', { ...within, cpuSeconds: 130 }, 100_000, { cpu: 1.3 }],
    ['of a few seconds of more CPU', { ...within, cpuSeconds: 10 }, 5_000, null],
  ];
  for (const [what, usage, ranMs, expected] of OVER)
    it(`${what} says so: ${JSON.stringify(expected)}`, () =>
      assert.deepEqual(view(ended(someUsage(usage), ranMs)).over_estimate, expected));

  it('says what part of the wanted CPU time it got, below nine tenths', () => {
    const of = (cpuWaitSeconds: number | null) =>
      view(ended(someUsage({ cpuSeconds: 51, cpuWaitSeconds }))).contention;
    assert.deepEqual([of(49), of(5), of(null)], ['got 51 % of the CPU time it wanted', null, null]);
  });

  it('suggests estimates, but not after a kill that says nothing about the need', () => {
    const after = (reason: KillReason) =>
      view({ ...ENDED.killed, attempt, usage: someUsage(), endedAt: 60_000, kill: aKill({ reason }) })
        .suggested_estimates;
    assert.ok(view(ended(someUsage())).suggested_estimates);
    assert.ok(after('estimated_mem_exceeded'));
    for (const reason of ['manual', 'while_ended', 'parent_killed'] as const)
      assert.equal(after(reason), null);
  });

  it('has a peak of CPU that is never below the mean, also of an attempt that was followed by another', () => {
    const seconds = fc.integer({ min: 0, max: 4_000 }).map((n) => n / 10);
    const cores = fc.option(fc.integer({ min: 0, max: 400 }).map((n) => n / 100));
    fc.assert(
      fc.property(seconds, cores, fc.integer({ min: 1, max: 100_000 }), (cpuSeconds, peakCpuCores, ranMs) => {
        const usage = someUsage({ cpuSeconds, peakCpuCores });
        const now = view(ended(usage, ranMs));
        const past = pastEndView(
          now,
          {
            ...{ number: 1, status: 'failed', reason: 'exit', startedAt: 10_000, endedAt: 10_000 + ranMs },
            ...{ exit: anExit({ code: 3 }), usage },
          },
          null,
        );
        for (const { peak_cpu_cores: peak } of [now, past])
          assert.ok(Number(peak) >= Math.max(peakCpuCores ?? 0, (1000 * cpuSeconds) / ranMs) - 0.0005);
      }),
    );
  });
});
