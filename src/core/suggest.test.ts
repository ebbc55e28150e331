// The estimates that a run suggests for the next one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  aKill,
  anAttempt,
  ENDED,
  GIB,
  MIB,
  runningTask,
  someUsage,
  taskIn,
} from '../../test/support/build-task.ts';
import type { Estimate } from './estimate.ts';
import type { KillDetail, KillReason } from './kill-reasons.ts';
import { suggestEstimates } from './suggest.ts';
import type { EndedState, Task, Usage } from './task.ts';

const MINUTE = 60_000;
/** A task (10 min, 4 GiB, 4 cores estimated) that ended after `elapsedMs`. */
function ended(status: EndedState['status'], elapsedMs: number): Task {
  const attempt = anAttempt({ startedAt: 10_000 });
  return taskIn({ ...ENDED[status], attempt, endedAt: 10_000 + elapsedMs });
}
const used = (changes: Partial<Usage>): Usage => ({ ...someUsage(), peakCpuCores: null, ...changes });
const killFor = (reason: KillReason, detail: KillDetail = {}) => ({ ...aKill(), reason, detail });

describe('suggested estimates', () => {
  it('of a completed run are its use and a quarter more, rounded up', () => {
    const usage = used({ peakMemBytes: 500 * MIB, cpuSeconds: 60, peakCpuCores: 1.4 });
    assert.deepEqual(suggestEstimates(ended('completed', 2 * MINUTE), usage, null), {
      timeMs: 150_000,
      memBytes: 640 * MIB,
      cpuCores: 1.5,
    });
  });

  it('of a run that failed early do not ask for less', () => {
    const usage = used({ peakMemBytes: 5 * MIB, cpuSeconds: 0, peakCpuCores: 0.1 });
    assert.deepEqual(suggestEstimates(ended('failed', 1_000), usage, null), {
      timeMs: 10 * MINUTE,
      memBytes: 4 * GIB,
      cpuCores: 4,
    });
  });

  it('without the highest use of CPU never ask for fewer cores', () => {
    const usage = used({ cpuSeconds: 1 });
    assert.equal(suggestEstimates(ended('completed', MINUTE), usage, null).cpuCores, 4);
  });

  it('keep the old value without a measurement', () => {
    const { memBytes, cpuCores } = suggestEstimates(ended('completed', MINUTE), null, null);
    assert.deepEqual([memBytes, cpuCores], [4 * GIB, 4]);
  });

  const KILLS: [KillReason, KillDetail, Partial<Estimate>][] = [
    ['estimated_mem_exceeded', { peak_mem_bytes: 9 * GIB }, { memBytes: 11.25 * GIB }],
    ['cgroup_oom_killed', { peak_mem_bytes: 12 * GIB }, { memBytes: 15 * GIB }],
    ['mem_exceeded', {}, { memBytes: 6 * GIB }],
    ['estimated_cpu_exceeded', { cpu_cores: 9.3 }, { cpuCores: 9.5 }],
    ['elapsed_exceeded', { elapsed_ms: 20 * MINUTE }, { timeMs: 25 * MINUTE }],
  ];
  for (const [reason, detail, expected] of KILLS)
    it(`after ${reason} ask for more of it`, () => {
      const suggested = suggestEstimates(runningTask(), null, killFor(reason, detail));
      assert.deepEqual({ ...suggested, ...expected }, suggested);
    });

  it('exclude the time spent paused', () => {
    const attempt = anAttempt({ startedAt: 0, pausedMs: 50 * MINUTE });
    const task = taskIn({ ...ENDED.completed, attempt, endedAt: 60 * MINUTE });
    assert.equal(suggestEstimates(task, null, null).timeMs, 13 * MINUTE);
  });

  it('always cover the measured use, by at most 26 % and one step', () => {
    const measured = fc.record({
      elapsedMs: fc.integer({ min: 1, max: 1e9 }),
      memBytes: fc.integer({ min: 1, max: 1e13 }),
      cores: fc.double({ min: 0.01, max: 512, noNaN: true }),
    });
    fc.assert(
      fc.property(measured, ({ elapsedMs, memBytes, cores }) => {
        const usage = used({
          peakMemBytes: memBytes,
          cpuSeconds: (cores / 2) * (elapsedMs / 1000),
          peakCpuCores: cores,
        });
        const suggested = suggestEstimates(ended('completed', elapsedMs), usage, null);
        const within = (value: number, got: number, step: number) =>
          assert.ok(got >= value && got <= 1.26 * value + step, `${got} for ${value}`);
        within(elapsedMs, suggested.timeMs, 60_000);
        within(memBytes, suggested.memBytes, 64 * MIB);
        within(cores, suggested.cpuCores, 0.5);
      }),
    );
  });
});
