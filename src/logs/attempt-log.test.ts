// When a log is due for rotation, what counts as output across a rotation, and which parts are packed.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { IS_ROOT, NOBODY, withoutRoot } from '../../test/support/another-user.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { AttemptLog } from './attempt-log.ts';
import { partPath } from './parts.ts';
import { rotateLog } from './rotate.ts';

const DAY_MS = 86_400_000;
const NOON = new Date(2026, 5, 15, 12).getTime();
const RULES = { maxBytes: 100, isDaily: true, keep: 5 };
const dir = tempDir({ after });
const path = join(dir, '1.log');
let log: AttemptLog;
beforeEach(() => {
  for (const name of readdirSync(dir)) rmSync(join(dir, name));
  log = new AttemptLog(path);
});

const print = (text: string, atMs = NOON) => {
  appendFileSync(path, text);
  utimesSync(path, atMs / 1000, atMs / 1000);
};
const rotate = () =>
  rotateLog(path, RULES, { stop: async () => true, resume() {} }, (start) => log.rotated(start));
/** As a sample does. */
const isDue = (atMs: number, rules = RULES) => {
  log.refresh();
  log.recordGrowth(atMs);
  return log.isDue(rules, atMs);
};

it('of a task that has closed the directories of the daemon is examined all the same', () => {
  const home = join(dir, 'home');
  const inner = join(home, 'tasks', 'id');
  mkdirSync(inner, { recursive: true });
  if (IS_ROOT) for (const each of [home, dirname(inner), inner]) chownSync(each, NOBODY, NOBODY);
  chmodSync(dir, 0o755);
  const closed = new AttemptLog(join(inner, '1.log'));
  writeFileSync(closed.path, 'text', { mode: 0o644 });
  try {
    withoutRoot(() => {
      for (const each of [inner, home]) chmodSync(each, 0);
      assert.equal(closed.refresh().printedBytes, 0);
      assert.equal(closed.refresh().printedBytes, 4);
    });
  } finally {
    rmSync(home, { recursive: true });
  }
});

describe('a log that its writer rotates', () => {
  it('counts on, also when it is rotated again before the next look', () => {
    log.keepOpen();
    const printed: number[] = [];
    const rename = (start: number) => renameSync(path, partPath(path, start));
    const look = () => printed.push(log.refresh().printedBytes);
    print('a'.repeat(100));
    look();
    rename(0);
    look();
    print('b'.repeat(30));
    look();
    print('c'.repeat(80));
    look();
    rename(100);
    print('d'.repeat(110));
    look();
    look();
    rename(210);
    print('e');
    rename(320);
    rmSync(partPath(path, 100));
    print('f');
    look();
    assert.deepEqual(printed, [100, 100, 130, 210, 320, 320, 322]);
    log.release();
  });
});

describe('a log is due', () => {
  it('on another day than that of its first byte, unless it is empty', () => {
    assert.equal(isDue(NOON), false);
    assert.equal(isDue(NOON + DAY_MS), false);
    print('a\n');
    assert.equal(isDue(NOON + DAY_MS), false);
    assert.equal(isDue(NOON + 1.4 * DAY_MS), false);
    assert.equal(isDue(NOON + 2 * DAY_MS), true);
    assert.equal(isDue(NOON + 2 * DAY_MS, { ...RULES, isDaily: false }), false);
  });

  it('on another day also for the next daemon, and not twice', async () => {
    print('a\nb');
    assert.equal(isDue(NOON), false);
    log = new AttemptLog(path);
    assert.equal(isDue(NOON + DAY_MS), true);
    await rotate();
    utimesSync(partPath(path, 0), (NOON + DAY_MS) / 1000, (NOON + DAY_MS) / 1000);
    assert.equal(isDue(NOON + DAY_MS), false);
    log = new AttemptLog(path);
    assert.equal(isDue(NOON + DAY_MS), false);
    log = new AttemptLog(path);
    assert.equal(isDue(NOON + 2 * DAY_MS), true);
  });
});

describe('a rotation does not count as output', () => {
  it('by its bytes or by the time of the file', async () => {
    print('one\ntwo\nthr');
    const before = log.refresh();
    assert.deepEqual(before, { printedBytes: 11, printedAt: NOON });
    await rotate();
    assert.deepEqual(log.refresh(), before);
    print('ee\n', NOON + 5000);
    assert.deepEqual(log.refresh(), { printedBytes: 14, printedAt: NOON + 5000 });
  });
});

describe('a log that is held open', () => {
  it('is read like any other: while absent, growing, rotated, and after release', async () => {
    log.keepOpen();
    assert.deepEqual(log.refresh(), { printedBytes: 0, printedAt: null });
    print('one\ntwo');
    assert.deepEqual(log.refresh(), { printedBytes: 7, printedAt: NOON });
    assert.equal(log.size, 7);
    await rotate();
    assert.deepEqual(log.refresh(), { printedBytes: 7, printedAt: NOON });
    assert.equal(log.size, 3);
    log.release();
    print(' three\n', NOON + 5000);
    assert.deepEqual(log.refresh(), { printedBytes: 14, printedAt: NOON + 5000 });
  });
});

describe('packing', () => {
  it('takes every part that has rested except the newest, and that one at the end', () => {
    const parts = [0, 10, 20].map((start) => partPath(path, start));
    for (const part of parts) {
      writeFileSync(part, 'x'.repeat(10));
      utimesSync(part, NOON / 1000, NOON / 1000);
    }
    // The wall clock is set by a day each time; only the monotonic one counts.
    const packable = (monoMs: number, hasEnded = false) =>
      log.takePackable({ wallMs: NOON + (monoMs % 2 === 0 ? DAY_MS : -DAY_MS), monoMs }, hasEnded);
    assert.deepEqual(packable(1), []);
    assert.deepEqual(packable(9_000), []);
    assert.deepEqual(packable(11_001), parts.slice(0, 2));
    assert.deepEqual(packable(12_000), []);
    assert.deepEqual(packable(12_001, true), parts.slice(2));
  });
});
