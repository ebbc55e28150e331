// Whether a process is outside of its task's group, from /proc/<pid>/cgroup of real hosts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GroupRef } from '../../core/task.ts';
import { outsideOf } from './outside.ts';

const NAME = 't-01m8hrkfdvb69xndtmcet6pgz3-1';
const V1: GroupRef = {
  driver: 'v1',
  name: NAME,
  ...Object.fromEntries(
    ['memory', 'cpu', 'cpuacct', 'freezer'].map((it) => [it, `/sys/fs/cgroup/${it}/b/${NAME}`]),
  ),
};
const V2: GroupRef = { driver: 'v2', name: NAME, path: `/sys/fs/cgroup/b/${NAME}` };
const UNIT: GroupRef = {
  driver: 'systemd',
  name: NAME,
  unit: `babysit-x-${NAME}.service`,
  path: '/sys/fs/cgroup/x',
};
const v1 = (paths: Record<string, string> = {}) =>
  `${['name=systemd', 'freezer', 'memory', 'cpuacct', 'cpu']
    .map((it, at) => `${9 - at}:${it}:${paths[it] ?? (it === 'name=systemd' ? '/' : `/b/${NAME}`)}`)
    .join('\n')}\n0::/\n`;

describe('a process', () => {
  const TABLE: [
    what: string,
    text: string,
    ref: GroupRef,
    { mem: boolean; cpu: boolean; cgroup: string } | null,
  ][] = [
    ['in all hierarchies', v1(), V1, null],
    ['in a group below', v1({ memory: `/b/${NAME}/own` }), V1, null],
    ['moved out of one', v1({ memory: '/' }), V1, { mem: true, cpu: false, cgroup: '/' }],
    ['moved out of the freezer', v1({ freezer: '/x' }), V1, { mem: false, cpu: false, cgroup: '/x' }],
    [
      'in another attempt',
      v1({ cpuacct: `/b/${NAME}0` }),
      V1,
      { mem: false, cpu: true, cgroup: `/b/${NAME}0` },
    ],
    ['in the group of v2', `0::/b/${NAME}\n`, V2, null],
    [
      'in a scope',
      '0::/user.slice/run-r1.scope\n',
      V2,
      { mem: true, cpu: true, cgroup: '/user.slice/run-r1.scope' },
    ],
    ['in its unit', `0::/babysit.slice/babysit-x-${NAME}.service/task\n`, UNIT, null],
    ['out of its unit', '0::/init.scope\n', UNIT, { mem: true, cpu: true, cgroup: '/init.scope' }],
    ['that has ended', '', V2, null],
  ];
  for (const [what, text, ref, expected] of TABLE)
    it(`${what} is ${expected === null ? 'not ' : ''}outside`, () =>
      assert.deepEqual(outsideOf(text, ref), expected));
});
