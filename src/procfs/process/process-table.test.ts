// Places in the process table: markers, descendants, and the lines of ps where there is no /proc.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProcessIndex } from './process-index.ts';
import { markerIn, type ProcessInfo, processTable } from './process-table.ts';
import { parsePs, psProcesses } from './ps.ts';

test('the marker is a whole variable of the environment', () => {
  assert.equal(markerIn('PATH=/bin\0BABYSIT_GROUP=t-9\0X=1\0'), 't-9');
  assert.equal(markerIn('NOT_BABYSIT_GROUP=t-9\0'), null);
});

test('the scan sees this process, with its memory', () => {
  const table = processTable('/proc');
  const self = table.scan(0).withPid(process.pid) ?? assert.fail();
  assert.equal(self.ppid, process.ppid);
  assert.ok(table.memBytes(self) > 1024 ** 2);
  assert.equal(table.scan(60_000), table.scan(60_000), 'a scan that is young enough is used again');
});

test('descendants: each once, also where parents form a circle', () => {
  const info = (pid: number, ppid: number): ProcessInfo => ({
    ...{ pid, ppid, groupId: 1, startTicks: pid, cpuUsec: 0, rssBytes: 0, marker: null },
  });
  const table = [info(1, 0), info(2, 4), info(3, 2), info(4, 3), info(5, 1)];
  const below = (...roots: number[]) =>
    new ProcessIndex(table)
      .withDescendants(
        table.filter(({ pid }) => roots.includes(pid)),
        () => true,
      )
      .map(({ pid }) => pid)
      .sort();
  assert.deepEqual(below(3), [2, 3, 4]);
  assert.deepEqual(below(1, 5), [1, 5]);
});

test('ps lines of macOS', () => {
  assert.deepEqual(
    parsePs('  501     1   501 Ss   Sat Nov 28 19:48:01 2026     10240   1:02.50 /bin/my shell\n'),
    [
      {
        pid: 501,
        ppid: 1,
        groupId: 501,
        startTicks: 1795895281,
        state: 'S',
        rssBytes: 10_485_760,
        cpuUsec: 62_500_000,
        name: '/bin/my shell',
      },
    ],
  );
});

test('ps finds the process that runs it, with its start', () => {
  const [own, ...more] = psProcesses(process.pid);
  assert.deepEqual([own?.pid, own?.ppid, more], [process.pid, process.ppid, []]);
  const startedAt = Date.now() / 1000 - process.uptime();
  assert.ok(Math.abs((own?.startTicks ?? 0) - startedAt) < 3, `${own?.startTicks} and ${startedAt}`);
  assert.deepEqual(psProcesses(2 ** 22 + 1), []);
});
