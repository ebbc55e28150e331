// Membership and CPU accounting of the driver without cgroups.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProcessIndex } from '../../procfs/process/process-index.ts';
import { identityKey, type ProcessInfo } from '../../procfs/process/process-table.ts';
import { accountCpu, cpuUsecOf, membersOf, NO_CPU } from './members.ts';

const proc = (pid: number, over: Partial<ProcessInfo> = {}): ProcessInfo => ({
  pid,
  ppid: 1,
  groupId: 1,
  startTicks: pid,
  cpuUsec: 0,
  rssBytes: 0,
  marker: null,
  ...over,
});
const group = (known: readonly ProcessInfo[] = []) => ({
  name: 't-1',
  main: { pid: 100, startTicks: 100 },
  known: new Set(known.map(identityKey)),
});
const pidsOf = (members: readonly ProcessInfo[]): number[] =>
  members.map(({ pid }) => pid).sort((a, b) => a - b);

test('members: the process group, descendants outside of it, and daemons that carry the marker', () => {
  const table = [
    proc(50),
    proc(100, { ppid: 50, groupId: 100 }),
    proc(101, { ppid: 100, groupId: 100 }),
    proc(102, { ppid: 101, groupId: 102 }),
    proc(103, { groupId: 103, marker: 't-1' }),
    proc(104, { ppid: 103, groupId: 104 }),
    proc(105, { groupId: 105, marker: 't-2' }),
  ];
  assert.deepEqual(pidsOf(membersOf(new ProcessIndex(table), group())), [100, 101, 102, 103, 104]);
});

test('a member stays a member after it left the process group and lost its parent and environment', () => {
  const daemon = proc(110, { groupId: 110 });
  assert.deepEqual(pidsOf(membersOf(new ProcessIndex([daemon, proc(111)]), group([daemon]))), [110]);
});

test('a daemon that a member started, and its processes, are no members', () => {
  const table = [
    proc(100, { groupId: 100 }),
    proc(101, { ppid: 100, groupId: 101, marker: '' }),
    proc(102, { ppid: 101, groupId: 102 }),
    proc(103, { ppid: 100, groupId: 103, marker: 't-2' }),
  ];
  assert.deepEqual(pidsOf(membersOf(new ProcessIndex(table), group([proc(101)]))), [100]);
});

test('a reused pid is not a member: as main process, in its group, or as former member', () => {
  const reused = proc(100, { startTicks: 999, groupId: 100 });
  const child = proc(120, { ppid: 100, groupId: 100 });
  assert.deepEqual(membersOf(new ProcessIndex([reused, child]), group([proc(100)])), []);
});

test('before the command runs, only the marker makes a member', () => {
  const table = [proc(100, { groupId: 100 }), proc(101, { marker: 't-1' })];
  assert.deepEqual(pidsOf(membersOf(new ProcessIndex(table), { ...group(), main: null })), [101]);
});

test('parents in a cycle do not hang the search', () => {
  const table = [proc(100, { ppid: 101, groupId: 100 }), proc(101, { ppid: 100 })];
  assert.deepEqual(pidsOf(membersOf(new ProcessIndex(table), group())), [100, 101]);
});

test('members are those that a look at each process finds', () => {
  const small = (max: number) => fc.integer({ min: 98, max });
  const process = fc.record({
    ppid: small(106),
    groupId: small(104),
    marker: fc.constantFrom(null, 't-1', 't-2'),
    startTicks: fc.constantFrom(100, 7),
  });
  const property = fc.property(
    fc.array(process, { maxLength: 8 }),
    fc.subarray([98, 99, 100, 101, 102]),
    (all, ids) => {
      const table = all.map((more, at) => proc(98 + at, more));
      const known = table.filter(({ pid }) => ids.includes(pid));
      const leader = table.find(({ pid }) => pid === 100);
      const groupId = leader === undefined || leader.startTicks === 100 ? 100 : null;
      const own = table.filter(({ marker, pid }) => marker === null || marker === 't-1' || pid === groupId);
      const members = new Set(
        own.filter(
          (one) =>
            one.pid === groupId || one.groupId === groupId || one.marker === 't-1' || known.includes(one),
        ),
      );
      for (let before = -1; before < members.size; ) {
        before = members.size;
        const pids = new Set([...members].map(({ pid }) => pid));
        for (const one of own) if (pids.has(one.ppid)) members.add(one);
      }
      assert.deepEqual(pidsOf(membersOf(new ProcessIndex(table), group(known))), pidsOf([...members]));
    },
  );
  fc.assert(property);
});

test('CPU time: a reaped child counts once, an orphan by its last reading', () => {
  const main = proc(100, { cpuUsec: 10 });
  let account = accountCpu(NO_CPU, [main, proc(101, { ppid: 100, cpuUsec: 5 }), proc(102, { cpuUsec: 7 })]);
  assert.equal(cpuUsecOf(account), 22);
  // 101 was reaped, so the figure of its parent includes it now. 102 had no living member as its parent.
  account = accountCpu(account, [{ ...main, cpuUsec: 16 }]);
  assert.equal(cpuUsecOf(account), 23);
  account = accountCpu(account, []);
  assert.equal(cpuUsecOf(account), 23);
});

test('CPU time of processes that end on their own never goes down', () => {
  const lives = fc.array(fc.record({ usec: fc.nat(1000), rounds: fc.integer({ min: 1, max: 5 }) }), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(lives, (processes) => {
      let account = NO_CPU;
      let before = 0;
      for (let round = 0; round < 7; round += 1) {
        const living = processes.flatMap(({ usec, rounds }, at) =>
          round < rounds ? [proc(200 + at, { cpuUsec: usec * (round + 1) })] : [],
        );
        account = accountCpu(account, living);
        assert.ok(cpuUsecOf(account) >= before);
        before = cpuUsecOf(account);
      }
    }),
  );
});
