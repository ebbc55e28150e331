// The size of a log over time: the grain, the bound, and the file after a crash or a full disk.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { LogTimes, offsetBefore, timesPath, writtenAt } from './times.ts';

const T = 1_700_000_000_000;
const log = join(tempDir({ after }), '1.log');
const path = timesPath(log);
afterEach(() => rmSync(path, { force: true }));

function noted(notes: readonly (readonly [number, number])[]): void {
  const times = new LogTimes(path);
  for (const [seconds, offset] of notes) times.record(T + 1000 * seconds, offset);
  times.close();
}

describe('the times of a log', () => {
  it('have one entry a second while it grows, and none otherwise', () => {
    noted([
      [0, 10],
      [0.5, 20],
      [1, 30],
      [2, 30],
      [3, 30],
      [4, 40],
    ]);
    assert.equal(readFileSync(path, 'utf8'), `${T} 10\n${T + 1000} 30\n${T + 4000} 40\n`);
  });

  it('give the offset at a time, and the time of an offset', () => {
    noted([
      [0, 10],
      [1, 30],
      [4, 40],
    ]);
    assert.deepEqual(
      [-1, 0, 0.5, 1.5, 9].map((s) => offsetBefore(log, T + 1000 * s)),
      [0, 0, 10, 30, 40],
    );
    assert.deepEqual(
      [0, 9, 10, 39, 40].map((at) => writtenAt(log, at)),
      [T, T, T + 1000, T + 4000, null],
    );
  });

  it('write the last entry at once', () => {
    const times = new LogTimes(path);
    times.record(T, 1);
    times.record(T + 1, 2, true);
    times.close();
    assert.equal(offsetBefore(log, T + 2), 2);
  });

  it('continue after an earlier daemon, also after its unfinished entry', () => {
    noted([[0, 10]]);
    appendFileSync(path, '17000');
    noted([
      [0.2, 10],
      [7, 90],
    ]);
    assert.deepEqual([offsetBefore(log, T + 6999), offsetBefore(log, T + 7001)], [10, 90]);
  });

  it('survive a clock that was set back', () => {
    noted([
      [0, 10],
      [-3600, 20],
      [-3599, 30],
    ]);
    assert.equal(offsetBefore(log, T - 3_599_500), 20);
  });

  it('stay small: old entries get coarser, recent ones keep their grain', () => {
    const count = 100_000;
    noted(Array.from({ length: count }, (_, s) => [s, s + 1]));
    assert.ok(statSync(path).size <= 1024 ** 2, `${statSync(path).size} bytes`);
    for (const s of [count - 1, count - 5000]) assert.equal(offsetBefore(log, T + 1000 * s + 1), s + 1);
    const old = offsetBefore(log, T + 5_000_000);
    assert.ok(old > 4900 && old <= 5000, `${old}`);
  });

  it('are none without a file, and skip invalid lines', () => {
    assert.deepEqual([offsetBefore(log, T), writtenAt(log, 0)], [0, null]);
    writeFileSync(path, 'what\n-1 5\n');
    assert.equal(offsetBefore(log, T), 0);
  });
});
