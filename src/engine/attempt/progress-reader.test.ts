// Reading of growing files: each byte once, only the end of a large step, and the whole state for a new daemon.
import assert from 'node:assert/strict';
import { appendFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { ProgressReader } from './progress-reader.ts';

/** Reads as a sample does. */
function readerOf(files: ConstructorParameters<typeof ProgressReader>[0]) {
  const reader = new ProgressReader(files);
  const logBytes = () => statSync(files.log, { throwIfNoEntry: false })?.size ?? 0;
  return {
    look: (nowMs: number, mayHaveActed = true) => reader.look(nowMs, logBytes(), mayHaveActed, false),
    progress: (nowMs: number) => reader.progress(nowMs),
    signs: () => reader.signs,
    lastLine: () => reader.lastLine,
  };
}

function filesIn(t: TestContext) {
  const dir = tempDir(t);
  const files = { log: join(dir, '1.log'), progressFile: join(dir, '1.progress') };
  return { ...files, reader: readerOf(files), files };
}

describe('the progress reader', () => {
  it('finds nothing without files', (t) => {
    const { reader } = filesIn(t);
    reader.look(0);
    assert.equal(reader.progress(0), null);
  });

  it('follows log and progress file', (t) => {
    const { reader, log, progressFile } = filesIn(t);
    appendFileSync(log, '[3/42] a\n[4/4');
    reader.look(0);
    assert.equal(reader.progress(0)?.done, 3);
    appendFileSync(log, '2] b\n');
    reader.look(1000);
    assert.equal(reader.progress(1000)?.done, 4);
    appendFileSync(progressFile, '{"done":5,"total":10}\n');
    reader.look(2000);
    assert.deepEqual(
      [reader.progress(2000)?.done, reader.progress(2000)?.total, reader.progress(2000)?.source],
      [5, 10, 'reported'],
    );
  });

  it('keeps the last line, also across two reads, without escape sequences', (t) => {
    const { reader, log } = filesIn(t);
    reader.look(0);
    assert.equal(reader.lastLine(), null);
    appendFileSync(log, 'a\n\x1b[31mloss');
    reader.look(1000);
    appendFileSync(log, '=0.5\x1b[0m\n\n');
    reader.look(2000);
    assert.equal(reader.lastLine(), 'loss=0.5');
  });

  it('counts new progress and each write to the progress file as a sign of life', (t) => {
    const { reader, log, progressFile } = filesIn(t);
    let nowMs = 0;
    const writes: [string, string, boolean][] = [
      [log, '[3/42] a\n', true],
      [log, '[3/42] a\n', false],
      [log, '[4/42] a\n', true],
      [log, 'working\n', false],
      [log, 'loss=0.5\n', true],
      [log, 'loss=0.4\n', true],
      [progressFile, '{"done":1,"total":10}\n', true],
      [progressFile, '{"done":1,"total":10}\n', true],
    ];
    for (const [file, text, isSign] of writes) {
      const before = reader.signs();
      appendFileSync(file, text);
      nowMs += 1000;
      reader.look(nowMs);
      assert.equal(reader.signs() > before, isSign, text);
    }
  });

  it('looks for a progress file when the command may have made one, and follows it afterwards', (t) => {
    const { reader, progressFile } = filesIn(t);
    reader.look(0);
    appendFileSync(progressFile, '{"done":1,"total":10}\n');
    reader.look(1000, false);
    assert.equal(reader.progress(1000), null);
    reader.look(2000);
    assert.equal(reader.progress(2000)?.done, 1);
    appendFileSync(progressFile, '{"done":2,"total":10}\n');
    reader.look(3000, false);
    assert.equal(reader.progress(3000)?.done, 2);
  });

  it('reads an unfinished bar once the log is quiet', (t) => {
    const { reader, log } = filesIn(t);
    appendFileSync(log, '\r 42%|████▏     | 42/100 [00:10<00:14,  4.15it/s]');
    reader.look(0);
    assert.equal(reader.progress(0), null);
    reader.look(1000);
    assert.equal(reader.progress(1000)?.done, 42);
  });

  it('reads the end of a log that has grown by more than one read', (t) => {
    const { reader, log } = filesIn(t);
    appendFileSync(log, '[1/9] a\n[7/');
    reader.look(0);
    appendFileSync(log, `${'x'.repeat(100)}\n`.repeat(3000));
    appendFileSync(log, '[8/9] b\n');
    reader.look(1000);
    assert.equal(reader.progress(1000)?.done, 8);
    // The first line of a read may lack its beginning, so `…[2/9]` in it does not count.
    appendFileSync(log, `[2/9] ${' '.repeat(65_536 - 7)}\n${'y'.repeat(6)}`);
    reader.look(2000);
    assert.equal(reader.progress(2000)?.done, 8);
  });

  it('starts over in a log that was rotated or emptied', (t) => {
    const { reader, log } = filesIn(t);
    writeFileSync(log, `${'x'.repeat(1000)}\n[3/42] a\n`);
    reader.look(0);
    truncateSync(log);
    reader.look(1000);
    writeFileSync(log, '[4/42] b\n');
    reader.look(2000);
    assert.equal(reader.progress(2000)?.done, 4);
  });

  it('of a new daemon knows the progress in the files', (t) => {
    const { log, progressFile, files } = filesIn(t);
    writeFileSync(log, '[3/42] a\n');
    writeFileSync(progressFile, '{"phase":"upload"}\n');
    const reader = readerOf(files);
    reader.look(0);
    const { done, phase } = reader.progress(0) ?? {};
    assert.deepEqual([done, phase], [3, 'upload']);
  });
});
