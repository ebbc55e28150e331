// Parsers of counter files against pasted real ones, and the working set.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CacheReading,
  cacheBytesV2,
  cpuCount,
  ioStatV1,
  ioStatV2,
  keyed,
  quotaCoresV1,
  quotaCoresV2,
  reclaimableBytesV1,
  single,
  singleIn,
  WorkingSet,
} from './usage.ts';

// Linux 6.1, cgroup v2: a shell that had written 10 MiB into a tmpfs.
const STAT_V2 = `anon 200704
file 10678272
kernel 122880
kernel_stack 16384
pagetables 32768
shmem 10485760
inactive_anon 10657792
active_anon 4096
inactive_file 184320
active_file 8192
unevictable 0
slab_reclaimable 29528
slab_unreclaimable 36352
slab 65880
`;

// Linux 6.18, cgroup v1: a few shells that had read some programs.
const STAT_V1 = `cache 5763072
rss 1683456
shmem 0
inactive_anon 1499136
active_anon 8192
inactive_file 2236416
active_file 3526656
hierarchical_memory_limit 9223372036854771712
total_cache 5763072
total_rss 1683456
total_inactive_anon 1499136
total_active_anon 8192
total_inactive_file 2236416
total_active_file 3526656
total_unevictable 0
`;

test('v2: the working set includes shared memory, and excludes page cache and reclaimable slab', () => {
  assert.equal(cacheBytesV2(STAT_V2), 184320 + 8192 + 29528);
});

test('v1: the working set uses the totals, which include child groups, and excludes kernel memory', () => {
  assert.equal(reclaimableBytesV1(STAT_V1, 4096), 2236416 + 3526656 + 4096);
});

test('cores of a quota and CPUs of a cpuset', () => {
  const max = ['max 100000\n', '50000 100000\n', '250000 100000\n', '', null];
  assert.deepEqual(max.map(quotaCoresV2), [Infinity, 0.5, 2.5, Infinity, Infinity]);
  const v1 = [['-1\n', '100000\n'] as const, ['150000\n', '100000\n'] as const, [null, null] as const];
  assert.deepEqual(
    v1.map(([quota, period]) => quotaCoresV1(quota, period)),
    [Infinity, 1.5, Infinity],
  );
  assert.deepEqual(['0-3,8\n', '5\n', '\n', null].map(cpuCount), [5, 1, Infinity, Infinity]);
});

/** A group whose counters the test sets, and which uses CPU time between samples; counts how often memory.stat is read. */
function group(totalBytes: number, reading: CacheReading) {
  const workingSet = new WorkingSet();
  const it = { totalBytes, reading, reads: 0, cpuUsec: 0, usedUsec: 1 };
  const read = () => {
    it.reads += 1;
    return it.reading;
  };
  const bytes = () => {
    it.cpuUsec += it.usedUsec;
    return workingSet.bytes(it.totalBytes, it.cpuUsec, read);
  };
  return Object.assign(it, { bytes });
}

test('memory.stat is read at every fifth sample while the total stays the same', () => {
  const it = group(100, { cacheBytes: 30, capBytes: 1000 });
  for (let i = 0; i < 5; i += 1) assert.equal(it.bytes(), 70);
  assert.equal(it.reads, 1);
  it.reading = { cacheBytes: 10, capBytes: 1000 };
  assert.equal(it.bytes(), 90);
  assert.equal(it.reads, 2);
  it.totalBytes = 101;
  it.bytes();
  assert.equal(it.reads, 3);
});

test('memory.stat of a group without CPU time is read at every thirtieth sample, unless the total changes', () => {
  const it = group(100, { cacheBytes: 30, capBytes: 1000 });
  it.bytes();
  it.usedUsec = 0;
  for (let i = 1; i < 30; i += 1) it.bytes();
  assert.equal(it.reads, 1);
  it.bytes();
  assert.equal(it.reads, 2);
  it.totalBytes = 90;
  it.bytes();
  assert.equal(it.reads, 3);
});

test('without CPU accounting, every group counts as active', () => {
  const it = group(100, { cacheBytes: 30, capBytes: 1000 });
  it.usedUsec = 0;
  for (let i = 0; i < 10; i += 1) it.bytes();
  assert.equal(it.reads, 2);
});

test('near its cap, or with an unknown cap, memory.stat is read at every sample', () => {
  for (const capBytes of [100, 111, 0]) {
    const it = group(100, { cacheBytes: 30, capBytes });
    for (let i = 0; i < 5; i += 1) it.bytes();
    assert.equal(it.reads, 5, `${capBytes}`);
  }
  const uncapped = group(100, { cacheBytes: 30, capBytes: Number.POSITIVE_INFINITY });
  for (let i = 0; i < 5; i += 1) uncapped.bytes();
  assert.equal(uncapped.reads, 1);
});

test('a working set is never negative, although its two files are read at different times', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (totalBytes, cacheBytes) => {
      assert.ok(group(totalBytes, { cacheBytes, capBytes: 2 * totalBytes }).bytes() >= 0);
    }),
  );
});

test('a key is found as a whole word at the start of a line', () => {
  assert.equal(keyed(STAT_V2, 'anon'), 200704);
  assert.equal(keyed(STAT_V2, 'file'), 10678272);
  assert.equal(keyed(STAT_V2, 'slab'), 65880);
  assert.equal(keyed(STAT_V1, 'inactive_file'), 2236416);
  assert.equal(keyed('low 0\nhigh 0\nmax 4\noom 2\noom_kill 1\noom_group_kill 1\n', 'oom_kill'), 1);
  assert.equal(keyed('oom_kill_disable 0\nunder_oom 0\noom_kill 3\n', 'oom_kill'), 3);
  assert.equal(keyed(STAT_V2, 'absent'), 0);
});

test('every value written as `key value` is read back', () => {
  const value = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), value), (entries) => {
      const text = Object.entries(entries)
        .map(([key, value]) => `${key} ${value}\n`)
        .join('');
      for (const [key, value] of Object.entries(entries)) assert.equal(keyed(text, key), value);
    }),
  );
});

test('a number is parsed the same from text and from bytes', () => {
  const same = (text: string) => assert.equal(singleIn(Buffer.from(`${text}9`), text.length), single(text));
  for (const text of ['', 'max\n', '0\n', '163840\n']) same(text);
  fc.assert(fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (value) => same(`${value}\n`)));
});

test('one-line files: a number, max, absent', () => {
  assert.equal(single('163840\n'), 163840);
  assert.equal(single('max\n'), Number.POSITIVE_INFINITY);
  assert.equal(single(null), null);
  assert.equal(single(''), null);
});

test('io is summed over devices', () => {
  const v2 =
    '254:0 rbytes=4096 wbytes=512 rios=1 wios=1 dbytes=0 dios=0\n8:0 rbytes=100 wbytes=0 rios=1 wios=0\n';
  assert.deepEqual(ioStatV2(v2), { readBytes: 4196, writeBytes: 512 });
  const v1 =
    '254:0 Read 4096\n254:0 Write 512\n254:0 Sync 4608\n254:0 Async 0\n254:0 Total 4608\n8:0 Read 4\nTotal 4612\n';
  assert.deepEqual(ioStatV1(v1), { readBytes: 4100, writeBytes: 512 });
  assert.deepEqual(ioStatV2(''), { readBytes: 0, writeBytes: 0 });
  assert.equal(ioStatV1(null), null);
});
