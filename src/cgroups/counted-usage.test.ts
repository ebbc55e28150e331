// The usage of a group, from directories with the files of the kernel: present, absent and late ones.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { groupV1, roomForKernel } from './v1/group.ts';
import { groupV2 } from './v2/group.ts';

function directory(t: TestContext) {
  const path = tempDir(t);
  return {
    path,
    write(files: Readonly<Record<string, string>>) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(path, name, '..'), { recursive: true });
        writeFileSync(join(path, name), text);
      }
    },
  };
}

const MEMORY_STAT_V1 = 'hierarchical_memory_limit 9000000\ntotal_inactive_file 4096\ntotal_active_file 0\n';

it('v1: a usage reads its event counters when they are asked for', (t) => {
  const { path, write } = directory(t);
  write({
    'memory/memory.usage_in_bytes': '1048576\n',
    'memory/memory.stat': MEMORY_STAT_V1,
    'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 0\n',
    'cpuacct/cpuacct.usage': '2500999\n',
    'pids/pids.events': 'max 0\n',
  });
  const of = (controller: string) => ({ [controller]: join(path, controller) });
  const group = groupV1({ driver: 'v1', name: 't', ...of('memory'), ...of('cpuacct'), ...of('pids') });
  t.after(() => group.close());
  const usage = group.usage();
  assert.equal(usage?.cpuUsec, 2500);
  assert.equal(usage.memBytes, 1_044_480);
  assert.deepEqual([usage.oomKills, usage.pidsMaxHits, usage.ioReadBytes], [0, 0, null]);
  write({ 'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n' });
  write({ 'pids/pids.events': 'max 3\n' });
  assert.deepEqual([usage.oomKills, usage.pidsMaxHits], [2, 3]);
});

it('v1: a group without the cpuacct hierarchy has a usage until it is removed', (t) => {
  const { path, write } = directory(t);
  write({ 'memory/memory.usage_in_bytes': '4096\n', 'memory/memory.stat': MEMORY_STAT_V1 });
  const ref = { driver: 'v1', name: 't', memory: join(path, 'memory') } as const;
  const group = groupV1(ref);
  t.after(() => group.close());
  assert.equal(group.usage()?.cpuUsec, 0);
  assert.equal(group.usage()?.memBytes, 0);
  assert.equal(groupV1({ ...ref, memory: join(path, 'gone') }).usage(), null);
});

it('v2: a future group has no usage, then gets its controllers one by one', (t) => {
  const { path, write } = directory(t);
  const group = groupV2({ driver: 'v2', name: 't', path: join(path, 't') });
  t.after(() => group.close());
  assert.equal(group.usage(), null);
  write({ 't/cpu.stat': 'usage_usec 1500\nuser_usec 1000\n' });
  const early = group.usage();
  assert.deepEqual([early?.cpuUsec, early?.memBytes, early?.pidsMaxHits], [1500, null, 0]);
  write({
    't/memory.current': '1048576\n',
    't/memory.max': 'max\n',
    't/memory.stat': 'inactive_file 4096\n',
  });
  write({ 't/pids.events': 'max 1\n' });
  const later = group.usage();
  assert.deepEqual([later?.memBytes, later?.pidsMaxHits], [1_044_480, 1]);
});

it('v2: an OOM at the limit of the unit around a group is one at its own cap', (t) => {
  const { path, write } = directory(t);
  const group = groupV2({ driver: 'systemd', name: 't', path: join(path, 'task') }, path);
  t.after(() => group.close());
  write({ 'task/cpu.stat': 'usage_usec 1\n', 'task/memory.events.local': 'oom 0\noom_kill 1\n' });
  assert.equal(group.usage()?.isOomAtOwnCap, false);
  write({ 'memory.events.local': 'oom 1\noom_kill 0\n' });
  assert.equal(group.usage()?.isOomAtOwnCap, true);
  const copies = new Map(group.counterFiles.map((file) => [file, 'usage_usec 1\noom 0\n']));
  assert.equal(group.usageFrom(copies)?.isOomAtOwnCap, false);
  copies.set(join(path, 'memory.events.local'), 'oom 1\n');
  assert.equal(group.usageFrom(copies)?.isOomAtOwnCap, true);
});

it('the usage of a removed group comes from the copies of its counters', () => {
  const ref = { driver: 'v1', name: 't', memory: '/gone/memory', cpuacct: '/gone/cpuacct' } as const;
  const group = groupV1(ref);
  assert.equal(group.usageFrom(new Map()), null);
  const texts: Record<string, string> = {
    'memory.usage_in_bytes': '1048576\n',
    'memory.max_usage_in_bytes': '2097152\n',
    'memory.limit_in_bytes': '8388608\n',
    'memory.stat': 'cache 1048576\ntotal_inactive_file 524288\ntotal_active_file 0\n',
    'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
    'cpuacct.usage': '3000000\n',
  };
  const copies = new Map(group.counterFiles.map((path) => [path, texts[path.split('/').at(-1) ?? ''] ?? '']));
  const usage = group.usageFrom(copies);
  assert.deepEqual([usage?.cpuUsec, usage?.memPeakCachedBytes, usage?.oomKills], [3000, 2_097_152, 1]);
  assert.deepEqual([usage?.memPeakBytes, usage?.isOomAtOwnCap], [1_572_864, false]);
});

it('v1: the limit grows with kernel memory in steps, one step ahead, and stays without any', () => {
  const rooms = [0, 7, 8, 9, 16, 80].map((kernelBytes) => roomForKernel(kernelBytes, 64));
  assert.deepEqual(rooms, [0, 0, 16, 24, 24, 88]);
});

it('v1: room for kernel memory raises the limit, and at most to what the host can free', (t) => {
  const { path, write } = directory(t);
  write({
    'memory/memory.limit_in_bytes': '800\n',
    'memory/memory.memsw.limit_in_bytes': '800\n',
    'memory/memory.kmem.usage_in_bytes': '1000\n',
  });
  const group = groupV1({ driver: 'v1', name: 't', memory: join(path, 'memory') });
  t.after(() => group.close());
  const limit = () => readFileSync(join(path, 'memory/memory.limit_in_bytes'), 'utf8');
  group.allowKernelMemory(800, () => 5_000);
  assert.equal(limit(), '1900');
  group.allowKernelMemory(800, () => 0);
  assert.equal(limit().slice(0, 3), '800');
});
