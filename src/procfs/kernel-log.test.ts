// Whose limit led to an OOM kill, from lines of a real kernel log.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastOomCgroup } from './kernel-log.ts';

const kill = (constraint: string) =>
  `4,1093,11807544473,-;oom-kill:constraint=${constraint},task=python3,pid=14570,uid=0`;
const LOG = [
  '6,1092,11807544400,-;[  14570]     0 14570    42542    41746    40096     1650         0   385024        0           500 python3',
  kill(
    'CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/outer,task_memcg=/outer/babysit-d44ab5ed/t-01m-1',
  ),
  kill(
    'CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/babysit-d44ab5ed/t-02m-1,task_memcg=/babysit-d44ab5ed/t-02m-1',
  ),
  kill(
    'CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/babysit-d44ab5ed/t-03m-1',
  ),
];

describe('the cgroup of an OOM kill', () => {
  const TABLE: [name: string, cgroup: string | null][] = [
    ['t-01m-1', '/outer'],
    ['t-02m-1', '/babysit-d44ab5ed/t-02m-1'],
    ['t-03m-1', ''],
    ['t-01m-10', null],
    ['t-01m', null],
  ];
  for (const [name, cgroup] of TABLE)
    it(`of ${name} is ${JSON.stringify(cgroup)}`, () => assert.equal(lastOomCgroup(LOG, name), cgroup));
});
