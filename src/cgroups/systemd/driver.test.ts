// A task as a unit of systemd. test/guest/systemd-driver.test.ts runs it on a real systemd.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CONTROLLERS_V2 } from '../v2/limits.ts';
import { driverUnit, SYSTEMD, unitName } from './driver.ts';
import { unitProperties } from './group.ts';
import { managerGroup } from './probe.ts';

const LIMITS = { memMaxBytes: 192 * 1024 ** 2 + 0.5, cpuMaxCores: 0.6, cpuWeight: 50, pidsMax: 4096 };

test('every task name makes a valid service name, without an instance', () => {
  assert.equal(unitName('train@2+x', 't-01-1'), 'babysit-train_2_x-t-01-1.service');
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/), (label) => {
      const name = unitName(label, 't-01m7zgxr738k7zdg9m2psgkb21-1');
      // UNIT_NAME_MAX and VALID_CHARS of systemd.
      assert.match(name, /^[a-zA-Z0-9:_.\\-]{1,255}$/);
    }),
  );
});

test('the caps become properties of systemd', () => {
  assert.deepEqual(unitProperties(LIMITS), [
    'MemoryMax=201326592',
    'MemorySwapMax=0',
    'CPUQuota=60%',
    'CPUWeight=50',
    'TasksMax=4104',
  ]);
  assert.ok(unitProperties({ ...LIMITS, cpuIdle: true }).includes('CPUWeight=1'));
});

test('a group has its future path, and the arguments that make it', () => {
  const manager = '/sys/fs/cgroup/user.slice/user-7.slice/user@7.service';
  const units = driverUnit({ path: manager, manager: 'user', controllers: new Set(CONTROLLERS_V2) });
  const { ref, preparation, entryFiles } = units.create('t-01-1', LIMITS, 'build');
  const group = `${manager}/babysit.slice/babysit-build-t-01-1.service/task`;
  assert.deepEqual([ref.path, preparation?.group, entryFiles], [group, group, [`${group}/cgroup.procs`]]);
  const args = preparation?.args.join('\n') ?? '';
  for (const part of [
    'memory.max=201326592',
    'memory.oom.group=1',
    '--user',
    '--slice=babysit.slice',
    '--unit=babysit-build-t-01-1.service',
    '--property=MemoryMax=201326592',
  ])
    assert.match(args, new RegExp(`^${part.replaceAll('.', '\\.')}$`, 'm'));
});

test('a unit that the caller names is in the slice of the caller, and stays with its result', () => {
  const manager = '/sys/fs/cgroup/user.slice/user-7.slice/user@7.service';
  const units = driverUnit({ path: manager, manager: 'user', controllers: new Set(CONTROLLERS_V2) });
  const options = {
    name: 'train.service',
    slice: 'big-jobs.slice',
    remains: true,
    oomPolicy: 'stop',
  } as const;
  const { ref, preparation } = units.create('t-01-1', LIMITS, 'build', options);
  assert.equal(ref.path, `${manager}/big.slice/big-jobs.slice/train.service/t-01-1`);
  const args = preparation?.args ?? [];
  for (const part of [
    '--slice=big-jobs.slice',
    '--unit=train.service',
    '--property=RemainAfterExit=yes',
    '--property=OOMPolicy=stop',
  ])
    assert.ok(args.includes(part), part);
  assert.ok(!args.includes('--collect'));
  // Other programs may be in that slice: it gets no cap for all tasks.
  assert.equal(SYSTEMD.openParentMemory(ref), null);
});

test('the group of the user manager is found in the path of ours, but not for another user', () => {
  const manager = '/sys/fs/cgroup/user.slice/user-7.slice/user@7.service';
  assert.equal(managerGroup(`${manager}/app.slice/babysit.service`, 7), manager);
  assert.equal(managerGroup(`${manager}/app.slice/babysit.service`, 8), null);
  assert.equal(managerGroup('/sys/fs/cgroup/user.slice/user-7.slice/session-1.scope', 7), null);
});
