// The limits around the daemon, in groups made of plain files as containers and slices have them.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { outerLimits } from './outer-limits.ts';
import { ownGroups } from './own-groups.ts';

const MIB = 1024 ** 2;
const HOST = { totalBytes: 8192 * MIB, availableBytes: 6000 * MIB };

function limitsOf(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = tempDir(t);
  const write = (changed: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(changed)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text.replaceAll('{root}', root));
    }
  };
  write(files);
  const outer = outerLimits(ownGroups({ cgroupRoot: `${root}/cg`, procRoot: `${root}/proc`, tag: 'x' }));
  return { outer, write, root };
}

const V2 = {
  'proc/self/cgroup': '0::/slice/own\n',
  'proc/self/mountinfo': '31 23 0:28 / {root}/cg rw - cgroup2 cgroup2 rw\n',
};
/** A v1 host with a mount for each controller, in a container without a cgroup namespace. */
const V1 = {
  'proc/self/cgroup':
    '4:memory:/docker/4f1\n3:cpuset:/docker/4f1\n2:pids:/docker/4f1\n1:cpu:/docker/4f1/own\n',
  'proc/self/mountinfo': ['memory', 'cpuset', 'pids', 'cpu']
    .map((name) => `35 31 0:32 /docker/4f1 {root}/cg/${name} rw - cgroup cgroup rw,${name}\n`)
    .join(''),
};

test('without limits, the host is as it is', (t) => {
  const { outer } = limitsOf(t, {
    ...V2,
    'cg/slice/own/memory.max': 'max\n',
    'cg/slice/own/cpu.max': 'max 100000\n',
  });
  assert.deepEqual([outer.memory(HOST), outer.cores, outer.pidsMax], [HOST, Infinity, Infinity]);
});

test('a limit that cannot be opened for a moment ends nothing, and counts once it can', (t) => {
  const { outer, write, root } = limitsOf(t, { ...V2, 'cg/memory.current': '0\n', 'cg/memory.stat': '' });
  // The kernel refuses to open it: a loop, as too many open files would.
  symlinkSync('memory.max', join(root, 'cg/memory.max'));
  assert.deepEqual(outer.memory(HOST), HOST);
  rmSync(join(root, 'cg/memory.max'));
  write({ 'cg/memory.max': `${1024 * MIB}\n` });
  assert.equal(outer.memory(HOST).totalBytes, 1024 * MIB);
});

test('v2: the smallest limit on the way up, and the working set of that group without its page cache', (t) => {
  const { outer, write } = limitsOf(t, {
    ...V2,
    'cg/memory.max': `${1024 * MIB}\n`,
    'cg/memory.current': `${1000 * MIB}\n`,
    'cg/memory.stat': `inactive_file ${500 * MIB}\nactive_file ${100 * MIB}\nslab_reclaimable ${MIB}\n`,
    'cg/slice/memory.max': `${2048 * MIB}\n`,
    'cg/slice/memory.current': `${300 * MIB}\n`,
    'cg/slice/memory.stat': 'inactive_file 0\nactive_file 0\nslab_reclaimable 0\n',
    'cg/slice/cpu.max': '150000 100000\n',
    'cg/slice/own/cpu.max': '400000 100000\n',
    'cg/slice/own/cpuset.cpus.effective': '0-2\n',
    'cg/pids.max': '500\n',
    'cg/slice/own/pids.max': 'max\n',
  });
  assert.deepEqual(outer.memory(HOST), { totalBytes: 1024 * MIB, availableBytes: 625 * MIB });
  write({ 'cg/cgroup.procs': '1\n', 'cg/slice/cgroup.procs': '20\n', 'cg/slice/own/cgroup.procs': '21\n' });
  assert.deepEqual(outer.sharers(HOST), [1, 20, 21]);
  assert.equal(outer.sharers({ ...HOST, availableBytes: MIB }), null, 'the host has less');
  assert.deepEqual([outer.cores, outer.pidsMax], [1.5, 500]);
  assert.equal(outer.memory({ ...HOST, availableBytes: MIB }).availableBytes, MIB, 'the host has less');
  write({ 'cg/slice/memory.max': `${512 * MIB}\n` });
  assert.deepEqual(outer.memory(HOST), { totalBytes: 512 * MIB, availableBytes: 212 * MIB });
  assert.deepEqual(outer.sharers(HOST), [20, 21]);
  write({ 'cg/memory.current': `${1020 * MIB}\n`, 'cg/memory.stat': 'inactive_file 0\n' });
  assert.deepEqual(
    outer.memory(HOST),
    { totalBytes: 512 * MIB, availableBytes: 4 * MIB },
    'a fuller group around it',
  );
});

test('v1: each controller from its own mount, the working set without cache and kernel memory', (t) => {
  const { outer } = limitsOf(t, {
    ...V1,
    'cg/memory/memory.limit_in_bytes': `${1024 * MIB}\n`,
    'cg/memory/memory.usage_in_bytes': `${1020 * MIB}\n`,
    'cg/memory/memory.stat': `total_inactive_file ${800 * MIB}\ntotal_active_file ${100 * MIB}\n`,
    'cg/memory/memory.kmem.usage_in_bytes': `${20 * MIB}\n`,
    'cg/cpu/cpu.cfs_quota_us': '-1\n',
    'cg/cpu/cpu.cfs_period_us': '100000\n',
    'cg/cpu/own/cpu.cfs_quota_us': '200000\n',
    'cg/cpu/own/cpu.cfs_period_us': '100000\n',
    'cg/cpuset/cpuset.effective_cpus': '1\n',
    'cg/pids/pids.max': '25\n',
  });
  assert.deepEqual(outer.memory(HOST), { totalBytes: 1024 * MIB, availableBytes: 924 * MIB });
  assert.deepEqual([outer.cores, outer.pidsMax], [1, 25]);
});

test('v1: the number that stands for no limit is none', (t) => {
  const { outer } = limitsOf(t, { ...V1, 'cg/memory/memory.limit_in_bytes': '9223372036854771712\n' });
  assert.deepEqual(outer.memory(HOST), HOST);
});
