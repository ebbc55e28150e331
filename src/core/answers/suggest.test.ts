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
} from '../../../test/support/build/build-task.ts';
import { boundEstimate, type Estimate } from '../estimate.ts';
import type { KillDetail, KillReason } from '../kill-reasons.ts';
import type { EndedState, Task, Usage } from '../task.ts';
import { CPU_MIN_MS, suggestEstimates } from './suggest.ts';

const MINUTE = 60_000;
/** A task (10 min, 4 GiB, 4 cores estimated) that ended after `elapsedMs`. */
function ended(status: EndedState['status'], elapsedMs: number): Task {
  const attempt = anAttempt({ startedAt: 10_000 });
  return taskIn({ ...ENDED[status], attempt, endedAt: 10_000 + elapsedMs });
}
const used = (changes: Partial<Usage>): Usage => ({ ...someUsage(), peakCpuCores: null, ...changes });
const killFor = (reason: KillReason, detail: KillDetail = {}) => ({ ...aKill(), reason, detail });

describe('suggested estimates', () => {
  it('of a completed run are its use and a tenth more', () => {
    const usage = used({ peakMemBytes: 500 * MIB, cpuSeconds: 60, peakCpuCores: 0.7 });
    assert.deepEqual(suggestEstimates(ended('completed', 2 * MINUTE), usage, null), {
      timeMs: 140_000,
      memBytes: 560 * MIB,
      cpuCores: 0.55,
    });
  });

  it('of a small item leave room for many beside it', () => {
    const usage = used({ peakMemBytes: 3 * MIB, cpuSeconds: 0.4, peakCpuCores: 0.05 });
    const { memBytes, cpuCores } = suggestEstimates(ended('completed', 10_000), usage, null);
    assert.deepEqual([memBytes, cpuCores], [4 * MIB, 0.05]);
  });

  const CORES: [
    string,
    { cpuSeconds: number; cpuWaitSeconds?: number; peakCpuCores: number | null },
    number,
  ][] = [
    ['a single thread at full speed: one core', { cpuSeconds: 98, peakCpuCores: 1.01 }, 1],
    ['a single thread that got half a core', { cpuSeconds: 51, cpuWaitSeconds: 49, peakCpuCores: 0.52 }, 1],
    ['a thread that was idle and starved', { cpuSeconds: 25, cpuWaitSeconds: 25, peakCpuCores: 0.3 }, 0.37],
    ['four threads on two cores', { cpuSeconds: 200, cpuWaitSeconds: 200, peakCpuCores: 2 }, 4],
    ['a mean and no peak', { cpuSeconds: 50, peakCpuCores: null }, 0.55],
    ['a phase that the watchdog would kill at twice the mean', { cpuSeconds: 20, peakCpuCores: 3 }, 1.5],
  ];
  for (const [what, usage, cores] of CORES)
    it(`of cores, for ${what}`, () => {
      const { cpuCores } = suggestEstimates(ended('completed', 100_000), used(usage), null);
      assert.equal(cpuCores, cores);
    });

  it('are never above what the host admits, rounded down', () => {
    const usage = used({ peakMemBytes: 3 * GIB, cpuSeconds: 178, peakCpuCores: 1.78 });
    const most = { memBytes: 3 * GIB + 5, cpuCores: 1.796 };
    const { memBytes, cpuCores } = suggestEstimates(ended('completed', 100_000), usage, null, most);
    assert.deepEqual([memBytes, cpuCores], [3 * GIB, 1.79]);
  });

  it('of a run that failed early do not ask for less', () => {
    const usage = used({ peakMemBytes: 5 * MIB, cpuSeconds: 0, peakCpuCores: 0.1 });
    assert.deepEqual(suggestEstimates(ended('failed', 1_000), usage, null), {
      timeMs: 10 * MINUTE,
      memBytes: 4 * GIB,
      cpuCores: 4,
    });
  });

  it('keep the old value without a measurement', () => {
    const { memBytes, cpuCores } = suggestEstimates(ended('completed', MINUTE), null, null);
    assert.deepEqual([memBytes, cpuCores], [4 * GIB, 4]);
  });

  const KILLS: [KillReason, KillDetail, Partial<Estimate>][] = [
    ['estimated_mem_exceeded', { peak_mem_bytes: 9 * GIB }, { memBytes: Math.floor(9.9 * GIB) }],
    ['cgroup_oom_killed', { cap_bytes: 12 * GIB }, { memBytes: 16 * GIB }],
    ['cgroup_oom_killed', { cap_bytes: 12 * GIB, peak_mem_bytes: 5 * GIB }, { memBytes: 16 * GIB }],
    ['mem_exceeded', {}, { memBytes: 6 * GIB }],
    ['estimated_cpu_exceeded', { cpu_cores: 9.3 }, { cpuCores: 10 }],
    ['elapsed_exceeded', { elapsed_ms: 20 * MINUTE }, { timeMs: 40 * MINUTE }],
    ['elapsed_exceeded', { elapsed_ms: 20 * MINUTE, remaining_ms: 40 * MINUTE }, { timeMs: 66 * MINUTE }],
    // Nothing is known of 99 % of the work.
    ['elapsed_exceeded', { elapsed_ms: 20 * MINUTE, remaining_ms: 1e15 }, { timeMs: 40 * MINUTE }],
    ['elapsed_exceeded', { elapsed_ms: 20 * MINUTE, cpu_share_pct: 14 }, { timeMs: 79 * MINUTE }],
    // The pace has the share in it.
    [
      'elapsed_exceeded',
      { elapsed_ms: 20 * MINUTE, remaining_ms: 4 * MINUTE, cpu_share_pct: 14 },
      { timeMs: 27 * MINUTE },
    ],
  ];
  for (const [reason, detail, expected] of KILLS)
    it(`after ${reason} ask for more of it`, () => {
      const suggested = suggestEstimates(runningTask(), null, killFor(reason, detail));
      assert.deepEqual({ ...suggested, ...expected }, suggested);
    });

  it('exclude the time spent paused', () => {
    const attempt = anAttempt({ startedAt: 0, pausedMs: 50 * MINUTE });
    const task = taskIn({ ...ENDED.completed, attempt, endedAt: 60 * MINUTE });
    assert.equal(suggestEstimates(task, null, null).timeMs, 11 * MINUTE);
  });

  it('cover the measured use by a tenth, and a step', () => {
    const measured = fc.record({
      elapsedMs: fc.integer({ min: CPU_MIN_MS + 1, max: 1e9 }),
      memBytes: fc.integer({ min: 1, max: 1e13 }),
      cores: fc.double({ min: 0.01, max: 512, noNaN: true }),
    });
    fc.assert(
      fc.property(measured, ({ elapsedMs, memBytes, cores }) => {
        const usage = used({
          peakMemBytes: memBytes,
          cpuSeconds: cores * (elapsedMs / 1000),
          peakCpuCores: cores,
        });
        const suggested = suggestEstimates(ended('completed', elapsedMs), usage, null);
        const within = (value: number, got: number, step: number) =>
          assert.ok(got >= value / 1.03 && got <= 1.1 * value + step, `${got} for ${value}`);
        within(elapsedMs, suggested.timeMs, 60_000);
        within(memBytes, suggested.memBytes, 0.05 * GIB + 1);
        within(cores, suggested.cpuCores, 0.01);
      }),
    );
  });

  it('keep the cores of a run that is too short to show them', () => {
    const task = ended('completed', CPU_MIN_MS);
    const usage = used({ cpuSeconds: 20, peakCpuCores: 4 });
    assert.equal(suggestEstimates(task, usage, null).cpuCores, boundEstimate(task).cpuCores);
  });
});
