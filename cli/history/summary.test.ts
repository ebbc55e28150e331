// The sums of ended tasks: percentiles, calibration, kills of every attempt, and groups.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PastRunView } from '../../src/api/schemas/observe/history.ts';
import { HistorySums, percentile } from './summary.ts';

const HOUR = 3_600_000;
const GIB = 1024 ** 3;

function aRun(changes: Partial<PastRunView> = {}): PastRunView {
  return {
    id: 'x',
    name: 'build',
    owner: 'ada',
    project: '/p',
    command: 'make -j4 all',
    status: 'completed',
    reason: null,
    earlier_kills: [],
    ended_at: new Date(HOUR / 2).toISOString(),
    waited_ms: 1000,
    elapsed_ms: 60_000,
    estimated_time_ms: 120_000,
    estimated_mem_bytes: 4 * GIB,
    estimated_cpu_cores: 1,
    peak_mem_bytes: GIB,
    cpu_seconds: 30,
    ...changes,
  };
}

function sumsOf(...runs: readonly PastRunView[]) {
  const sums = new HistorySums(0, HOUR, (command) => command.split(' ')[0] ?? '');
  for (const run of runs) sums.add(run);
  return sums.summary();
}

describe('the summary of the history', () => {
  it('of nothing has no percentiles', () => {
    const { all, kills, by } = sumsOf();
    assert.deepEqual([all.runs, all.time, all.mem, all.waited_p90_ms], [0, null, null, null]);
    assert.deepEqual([kills, by.command], [[], []]);
  });

  it('compares estimates with completed runs only', () => {
    const { all } = sumsOf(
      aRun(),
      aRun({ status: 'killed', reason: 'manual', elapsed_ms: 1000, peak_mem_bytes: 1 }),
    );
    assert.deepEqual(
      [all.time, all.mem],
      [
        { p50: 2, p90: 2 },
        { p50: 4, p90: 4 },
      ],
    );
    assert.deepEqual([all.runs, all.killed, all.failed, all.lost_ms, all.ran_ms], [2, 1, 0, 1000, 61_000]);
  });

  it('counts the memory that was reserved and not used', () =>
    assert.equal(sumsOf(aRun()).all.idle_mem_byte_s, 3 * GIB * 60));

  it('counts the kills of every attempt, most frequent first', () =>
    assert.deepEqual(
      sumsOf(
        aRun({ earlier_kills: ['cgroup_oom_killed', 'cgroup_oom_killed'] }),
        aRun({ status: 'killed', reason: 'manual' }),
        aRun({ status: 'failed', reason: 'exit' }),
      ).kills,
      [
        { reason: 'cgroup_oom_killed', count: 2 },
        { reason: 'manual', count: 1 },
      ],
    ));

  it('groups by command, owner and project, the largest first', () => {
    const { by } = sumsOf(aRun({ owner: 'bob' }), aRun(), aRun({ command: 'cargo test' }));
    const names = (groups: readonly { name: string; runs: number }[]) =>
      groups.map(({ name, runs }) => [name, runs]);
    assert.deepEqual(names(by.command), [
      ['make', 2],
      ['cargo', 1],
    ]);
    assert.deepEqual(names(by.owner), [
      ['ada', 2],
      ['bob', 1],
    ]);
    assert.deepEqual(names(by.project), [['/p', 3]]);
  });

  it('puts each end into its time, and one outside of all into the nearest', () => {
    const { buckets } = sumsOf(
      aRun(),
      aRun({ ended_at: new Date(2 * HOUR).toISOString(), status: 'failed' }),
    );
    assert.deepEqual([buckets[24]?.completed, buckets.at(-1)?.failed], [1, 1]);
  });

  it('takes the value that a part of all does not exceed', () => {
    assert.deepEqual(
      [percentile([3, 1, 2], 0.5), percentile([3, 1, 2], 0.9), percentile([7], 0.5), percentile([], 0.5)],
      [2, 3, 7, null],
    );
  });
});
