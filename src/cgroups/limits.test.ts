// The files and values of a set of caps, in v2 and v1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { GroupLimits } from './port.ts';
import { limitsV1, shares, shareV1 } from './v1/limits.ts';
import { CONTROLLERS_V2, limitsV2, shareV2 } from './v2/limits.ts';

const LIMITS: GroupLimits = { memMaxBytes: 1e9 + 0.5, cpuMaxCores: 1.5, cpuWeight: 50, pidsMax: 512 };
const ALL = new Set(CONTROLLERS_V2);
const pairs = (files: readonly { file: string; value: string }[]) =>
  files.map(({ file, value }) => `${file}=${value}`);

test('v2: whole bytes, quota per 100 ms, and the task dies as a whole', () => {
  assert.deepEqual(pairs(limitsV2(LIMITS, ALL)), [
    'memory.oom.group=1',
    'memory.swap.max=0',
    'memory.max=1000000000',
    'cpu.max=150000 100000',
    'cpu.weight=50',
    'pids.max=512',
  ]);
});

test('an idle group gets its weight while it is not idle, because the kernel refuses it otherwise', () => {
  for (const [cpuIdle, idle] of [
    [true, ['cpu.idle=0', 'weight', 'cpu.idle=1']],
    [false, ['cpu.idle=0', 'weight']],
  ] as const) {
    const cpuFiles = (files: readonly { file: string; value: string }[]) =>
      pairs(files)
        .map((pair) => pair.replace(/^cpu\.(weight|shares)=.*/, 'weight'))
        .filter((pair) => pair === 'weight' || pair.startsWith('cpu.idle'));
    assert.deepEqual(cpuFiles(limitsV2({ ...LIMITS, cpuIdle }, ALL)), idle);
    assert.deepEqual(cpuFiles(limitsV1({ ...LIMITS, cpuIdle }, 1e9)), idle);
  }
});

test('the parent of all tasks: CPU time and weight, v2 and v1', () => {
  const share = { maxCores: 1.8, weight: 50, isIdle: false };
  assert.deepEqual(pairs(shareV2(share)), ['cpu.max=180000 100000', 'cpu.idle=0', 'cpu.weight=50']);
  assert.deepEqual(pairs(shareV2({ maxCores: null, weight: 100, isIdle: true })), [
    'cpu.max=max 100000',
    'cpu.idle=0',
    'cpu.weight=100',
    'cpu.idle=1',
  ]);
  const v1 = (quota: string) => [
    'cpu.cfs_period_us=100000',
    `cpu.cfs_quota_us=${quota}`,
    'cpu.idle=0',
    'cpu.shares=512',
  ];
  assert.deepEqual(pairs(shareV1(share)), v1('180000'));
  assert.deepEqual(pairs(shareV1({ ...share, maxCores: null })), v1('-1'));
});

test('v2: only the files of available controllers', () => {
  assert.deepEqual(pairs(limitsV2(LIMITS, new Set(['pids']))), ['pids.max=512']);
});

test('v1: the memory limit is never above the limit with swap, up or down', () => {
  const order = (current: number | null) =>
    limitsV1(LIMITS, current)
      .map(({ file }) => file)
      .filter((file) => file.includes('limit'));
  const lowering = ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'];
  assert.deepEqual(order(null), lowering);
  assert.deepEqual(order(2e9), lowering);
  assert.deepEqual(order(5e8), lowering.toReversed());
});

test('v1: a new group gets only what differs from the defaults of the kernel', () => {
  const caps = [
    'memory.limit_in_bytes=1000000000',
    'memory.memsw.limit_in_bytes=1000000000',
    'cpu.cfs_quota_us=150000',
    'cpu.shares=512',
    'pids.max=512',
  ];
  for (const limits of [LIMITS, { ...LIMITS, cpuIdle: false }])
    assert.deepEqual(pairs(limitsV1(limits, null)), caps);
  assert.ok(pairs(limitsV1({ ...LIMITS, cpuIdle: true }, null)).includes('cpu.idle=1'));
});

test('v1: the default of cpu.weight is the default of cpu.shares, and every weight stays in its range', () => {
  assert.equal(shares(100), 1024);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (weight) => {
      assert.ok(shares(weight) >= 2 && shares(weight) <= 262_144);
    }),
  );
});

test('any envelope becomes valid values: whole numbers, a quota of at least 1 ms', () => {
  const limits = fc.record({
    memMaxBytes: fc.double({ min: 0, max: 1e15, noNaN: true }),
    cpuMaxCores: fc.double({ min: 0, max: 1024, noNaN: true }),
    cpuWeight: fc.double({ min: 0, max: 1e5, noNaN: true }),
    pidsMax: fc.double({ min: 0, max: 1e6, noNaN: true }),
  });
  fc.assert(
    fc.property(limits, (any) => {
      const files = [...limitsV2(any, ALL), ...limitsV1(any, null)];
      for (const { file, value } of files) assert.match(value, /^\d+( \d+)?$/, file);
      const quotas = files.filter(({ file }) => /cpu.max|quota/.test(file));
      for (const { value } of quotas) assert.ok(Number.parseInt(value, 10) >= 1000);
    }),
  );
});
