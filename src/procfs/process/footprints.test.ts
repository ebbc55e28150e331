// Footprints on macOS: the lines of its top, and what the process table makes of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Footprints, footprints, parseTop } from './footprints.ts';
import { processTable } from './process-table.ts';

const MIB = 1024 ** 2;

/** `top -l 1 -F -stats pid,mem` of macOS prints a head of the host first. */
const HEAD = `Processes: 653 total, 3 running, 650 sleeping, 3219 threads
2026/11/28 19:48:01
Load Avg: 2.41, 2.63, 2.71
CPU usage: 9.9% user, 11.86% sys, 79.4% idle
MemRegions: 0 total, 0B resident, 0B private, 3341M shared.
PhysMem: 15G used (2519M wired, 5410M compressor), 134M unused.
VM: 271T vsize, 5268M framework vsize, 3517632(0) swapins, 4296384(0) swapouts.
Networks: packets: 13212154/14G in, 8098553/2023M out.
Disks: 7246089/119G read, 2925812/65G written.

PID    MEM
`;
const top = (rows: string) => `${HEAD}${rows}`;

test('the rows of top, whatever their unit and sign', () => {
  const rows = '20193  2929M\n2299   900K+\n501    1.5G-\n77     0B\n1      12M \n0      N/A\n';
  assert.deepEqual(
    [...parseTop(top(rows))],
    [
      [20193, 2929 * MIB],
      [2299, 900 * 1024],
      [501, 1536 * MIB],
      [77, 0],
      [1, 12 * MIB],
    ],
  );
  assert.equal(parseTop('top: operation not permitted\n').size, 0);
});

/** Answers one reading after the other; `refresh` returns when the reading has been taken. */
function recorded(texts: readonly (string | Error)[], tookMs = 0) {
  let nowMs = 0;
  let read = 0;
  const print = async (): Promise<string> => {
    const text = texts[Math.min(read++, texts.length - 1)] ?? '';
    nowMs += tookMs;
    if (text instanceof Error) throw text;
    return text;
  };
  const source: Footprints = footprints(print, () => nowMs);
  return {
    bytesOf: source.bytesOf,
    reads: () => read,
    async refresh(afterMs: number) {
      nowMs += afterMs;
      source.refresh();
      await new Promise(setImmediate);
    },
  };
}

const process501 = (rssBytes: number, startTicks = 7) => ({ pid: 501, startTicks, rssBytes });

test('the footprint replaces the resident set, whose growth since counts', async () => {
  const source = recorded([top('501 2048M\n'), top('501 3000M\n')]);
  assert.equal(source.bytesOf(process501(9 * MIB)), null);
  await source.refresh(0);
  assert.equal(source.bytesOf(process501(9 * MIB)), 2048 * MIB);
  assert.equal(source.bytesOf(process501(29 * MIB)), 2068 * MIB);
  assert.equal(source.bytesOf(process501(5 * MIB)), 2048 * MIB, 'what the kernel compresses stays');
  assert.equal(source.bytesOf(process501(9 * MIB, 8)), null, 'another process with this pid');
  assert.equal(source.bytesOf({ ...process501(1), pid: 502 }), null);
  await source.refresh(5_000);
  assert.equal(source.bytesOf(process501(29 * MIB)), 3000 * MIB);
});

test('top runs at most a tenth of the time, and rarely when it fails', async () => {
  const slow = recorded([top('501 1M\n')], 2_000);
  await slow.refresh(0);
  await slow.refresh(17_000);
  assert.equal(slow.reads(), 1);
  await slow.refresh(2_000);
  assert.equal(slow.reads(), 2);

  const failing = recorded([top('501 1M\n'), new Error('EPERM')]);
  await failing.refresh(0);
  await failing.refresh(6_000);
  assert.equal(failing.bytesOf(process501(9)), null, 'the last reading is too old');
  await failing.refresh(50_000);
  assert.equal(failing.reads(), 2);
});

test('a table that ps prints takes the memory from top, and from ps before that', async () => {
  const source = recorded([top(`${process.pid} 2048M\n`)]);
  const table = processTable('/proc', 'darwin', { bytesOf: source.bytesOf, refresh: () => {} });
  const own = () => table.scan(-1).withPid(process.pid) ?? assert.fail();
  const before = own();
  assert.ok(before.rssBytes > MIB);
  assert.equal(table.memBytes(before), before.rssBytes);
  await source.refresh(0);
  assert.equal(table.memBytes(own()), 2048 * MIB);
});
