// What an ended task adds to the history, and the sums and quantiles of several.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  aKill,
  anAttempt,
  anEstimate,
  aTask,
  ENDED,
  GIB,
  someUsage,
} from '../../../test/support/build/build-task.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { Task } from '../../core/task.ts';
import { openStore } from '../../store/store.ts';
import { quantiles, type Run, runOf, Tally } from './tally.ts';

const store = openStore(
  join(
    tempDir({ after }, () => store.close()),
    'babysit.db',
  ),
);

/** As the database returns the task; null when it does not. */
function stored(task: Task): Run | null {
  store.commit({ tasks: [task], environments: [], events: [], leases: [], droppedLeases: [], ownerUse: [] });
  const [ended] = store.endedAfter({ endedAt: 0, id: '' }, 1).tasks;
  store.remove([task.id]);
  return ended === undefined ? null : runOf(ended);
}

const ATTEMPT = anAttempt({ startedAt: 3_000, pausedMs: 1_000 });
const COMPLETED = { ...ENDED.completed, attempt: ATTEMPT, endedAt: 24_000 };

describe('a run of the history', () => {
  it('of a completed task has its wait, its running time without pauses, and its ratios', () => {
    const run = stored(
      aTask({
        submittedAt: 1_000,
        estimate: anEstimate({ timeMs: 60_000, memBytes: 6 * GIB, cpuCores: 2 }),
        state: { ...COMPLETED, usage: someUsage({ peakMemBytes: 2 * GIB, cpuSeconds: 10 }) },
      }),
    );
    assert.equal(run?.waitMs, 2_000);
    assert.equal(run?.ranMs, 20_000);
    assert.deepEqual(run?.ratio, { time: 3, mem: 3, cpu: 4 });
    assert.deepEqual(run?.losses, []);
    assert.deepEqual([run?.unusedMemByteS, run?.unusedCoreS], [4 * GIB * 20, 1.5 * 20]);
  });

  it('that was cut short has no ratio, and is lost with its CPU time; so are its killed attempts before', () => {
    const kill = aKill({ reason: 'elapsed_exceeded' });
    const run = stored(
      aTask({
        submittedAt: 0,
        history: [
          {
            number: 1,
            status: 'killed',
            reason: 'cgroup_oom_killed',
            startedAt: 500,
            endedAt: 2_500,
            exit: null,
            usage: null,
          },
          {
            number: 2,
            status: 'failed',
            reason: 'exit',
            startedAt: 2_600,
            endedAt: 2_700,
            exit: null,
            usage: null,
          },
        ],
        state: { ...ENDED.killed, kill, attempt: ATTEMPT, endedAt: 24_000 },
      }),
    );
    assert.deepEqual(run?.ratio, { time: null, mem: null, cpu: null });
    assert.equal(run?.waitMs, 500);
    assert.equal(run?.ranMs, 2_000 + 100 + 20_000);
    assert.deepEqual(run?.losses, [
      { reason: 'cgroup_oom_killed', ranMs: 2_000, cpuSeconds: 0 },
      { reason: 'elapsed_exceeded', ranMs: 20_000, cpuSeconds: 12 },
    ]);
  });

  it('that never started has no wait, and a live task is none', () => {
    const { state: _, ...task } = aTask();
    const run = stored({ ...task, state: { ...ENDED.failed, attempt: null, usage: null } });
    assert.deepEqual([run?.waitMs, run?.ranMs, run?.status], [null, 0, 'failed']);
    assert.equal(stored(aTask()), null);
  });
});

it('quantiles are values of runs, by nearest rank', async () => {
  const same = (value: number) => value;
  assert.equal(await quantiles([], same), null);
  assert.deepEqual(await quantiles([5], same), { n: 1, p50: 5, p90: 5 });
  assert.deepEqual(await quantiles([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], same), { n: 10, p50: 5, p90: 9 });
});

it('a tally adds up what its runs took, waited for and lost', async () => {
  const tally = new Tally();
  const states = [
    { ...COMPLETED, usage: someUsage({ peakMemBytes: 2 * GIB }) },
    { ...COMPLETED, endedAt: 14_000, usage: someUsage({ peakMemBytes: 1 * GIB }) },
    { ...ENDED.interrupted, attempt: ATTEMPT, endedAt: 9_000 },
  ];
  for (const state of states) {
    const run = stored(aTask({ submittedAt: 1_000, state }));
    if (run !== null) tally.add(run);
  }
  const view = await tally.view();
  assert.deepEqual([view.tasks, view.completed, view.interrupted], [3, 2, 1]);
  assert.deepEqual([view.ran_ms, view.lost_ms, view.waited_ms], [35_000, 5_000, 6_000]);
  assert.deepEqual(view.mem_ratio, { n: 2, p50: 2, p90: 4 });
  assert.deepEqual(view.time_ratio, { n: 2, p50: 30, p90: 60 });
});
