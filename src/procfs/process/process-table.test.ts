// Places in the process table: markers, descendants, and the lines of ps where there is no /proc.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs, { mkdirSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
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

test('a scan reads only the processes it does not know, until their pids may be reused', (t) => {
  const root = tempDir(t);
  mkdirSync(join(root, 'sys/kernel'), { recursive: true });
  writeFileSync(join(root, 'sys/kernel/pid_max'), '1000\n');
  const fork = (count: number) => writeFileSync(join(root, 'stat'), `cpu 1 2\nprocesses ${count}\n`);
  const put = (pid: number, startTicks: number, ticks: number) => {
    const fields = [1, pid, ...Array(8).fill(0), ticks, ...Array(7).fill(0), startTicks, 0, 3];
    mkdirSync(join(root, String(pid)), { recursive: true });
    writeFileSync(join(root, String(pid), 'stat'), `${pid} (sh) S ${fields.join(' ')}`);
    writeFileSync(join(root, String(pid), 'environ'), `BABYSIT_GROUP=t-${startTicks}\0`);
  };
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const table = processTable(root);
  const at = (ms: number) => {
    now = ms;
    return table.scan(0).all.map(({ pid, marker, cpuUsec }) => `${pid} ${marker} ${cpuUsec}`);
  };
  fork(100);
  put(7, 1, 1);
  assert.deepEqual(at(1), ['7 t-1 10000']);
  put(7, 1, 2);
  assert.deepEqual(at(2001), ['7 t-1 20000'], 'a young process is read again');
  at(2002);
  put(7, 1, 3);
  put(8, 2, 1);
  assert.deepEqual(at(9000), ['7 t-1 20000', '8 t-2 10000']);
  const [known] = table.scan(60_000).all;
  assert.ok(known);
  assert.equal(table.latest(known, 0)?.cpuUsec, 30_000, 'what is asked for is read');
  put(7, 9, 0);
  assert.equal(table.latest(known, -1), null, 'another process has its pid');
  fork(601);
  assert.deepEqual(at(9001), ['7 t-9 0', '8 t-2 10000']);
});

test('a scan that cannot list the processes shows those of the last one', (t) => {
  const table = processTable('/proc');
  const before = table.scan(-1).all.map(({ pid }) => pid);
  t.mock.method(fs, 'readdirSync', () => {
    throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const now = table.scan(-1).all.map(({ pid }) => pid);
  assert.ok(now.includes(process.pid) && now.every((pid) => before.includes(pid)));
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

test('ps finds the process that runs it, and the start of a child', (t) => {
  const [own, ...more] = psProcesses(process.pid);
  assert.deepEqual([own?.pid, own?.ppid, more], [process.pid, process.ppid, []]);
  const before = Date.now() / 1000;
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const [{ startTicks } = assert.fail()] = psProcesses(child.pid ?? 0);
  // ps rounds to seconds, and adds up two times of the kernel.
  assert.ok(startTicks > before - 2 && startTicks < Date.now() / 1000 + 2, `${startTicks} and ${before}`);
  assert.deepEqual(psProcesses(2 ** 22 + 1), []);
});
