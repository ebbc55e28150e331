// How often the processes of the host are listed for a group that runs and for one that sleeps.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProcessIndex } from '../../procfs/process/process-index.ts';
import type { ProcessTable } from '../../procfs/process/process-table.ts';
import type { Group, GroupUsage } from '../port.ts';
import { follow } from './follow.ts';

/** The samples at which the group caused a look at the host's processes, and how old the list may have been. */
function looks(cpuUsec: (sample: number) => number, samples: number): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  let sample = 0;
  const processes: ProcessTable = {
    scan(maxAgeMs) {
      found.push([sample, maxAgeMs]);
      return new ProcessIndex([]);
    },
    latest: (process) => process,
    memBytes: () => 0,
  };
  const group = {
    ref: { driver: 'v2', name: 't-1', path: '/t-1' },
    usage: () => ({ cpuUsec: cpuUsec(sample), strays: [] }) as Partial<GroupUsage> as GroupUsage,
  } as Partial<Group> as Group;
  const followed = follow(group, processes);
  for (sample = 1; sample <= samples; sample += 1) followed.usage();
  return found;
}

describe('a look for processes that left the group', () => {
  const active = [30, 60, 90, 120].map((sample) => [sample, 10_000]);
  const TABLE: [what: string, cpuUsec: (sample: number) => number, expected: number[][]][] = [
    ['that uses CPU time', (sample) => 7 + 10 * sample, active],
    ['whose CPU time is not counted exactly', () => 10_000, active],
    [
      'that sleeps',
      () => 7,
      [
        [30, 10_000],
        [120, 60_000],
      ],
    ],
    [
      'that sleeps after 50 samples',
      (sample) => 7 + Math.min(50, sample),
      [
        [30, 10_000],
        [60, 10_000],
        [120, 60_000],
      ],
    ],
    [
      'that wakes again',
      (sample) => 7 + Math.max(0, sample - 85),
      [
        [30, 10_000],
        [90, 10_000],
        [120, 10_000],
      ],
    ],
  ];
  for (const [what, cpuUsec, expected] of TABLE)
    it(`of a group ${what}`, () => assert.deepEqual(looks(cpuUsec, 120), expected));

  it('is not needed for the counters of its processes', () => {
    const processes: ProcessTable = { scan: () => assert.fail(), latest: () => null, memBytes: () => 0 };
    const group = {
      ref: { driver: 'v2', name: 't-1', path: '/t-1' },
      pids: () => [7],
    } as Partial<Group> as Group;
    assert.deepEqual(follow(group, processes).pids(Number.POSITIVE_INFINITY), [7]);
  });
});
