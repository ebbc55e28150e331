// Files that a task can replace by a FIFO.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AttemptLog } from './attempt-log.ts';
import { lacksGapMark, markGap } from './gap.ts';
import { openRegular } from './regular-file.ts';
import { tailText } from './tail.ts';
import { LogTimes, offsetBefore, timesPath, writtenAt } from './times.ts';

describe('a file that a task can replace', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bs-regular-'));
  const log = join(dir, '1.log');
  execFileSync('mkfifo', [join(dir, 'claim'), log, timesPath(log)]);
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

  it('is opened and created when it is a regular file', () => {
    const path = join(dir, 'new');
    for (const text of ['a', 'b']) {
      const fd = openRegular(path, 'append');
      writeSync(fd, text);
      closeSync(fd);
    }
    closeSync(openRegular(path, 'read'));
    assert.equal(readFileSync(path, 'utf8'), 'ab');
  });

  for (const mode of ['read', 'update', 'append'] as const)
    it(`is refused as a FIFO without a wait: ${mode}`, () => {
      assert.throws(() => closeSync(openRegular(log, mode)));
    });

  it('does not block the readers and writers of a log', () => {
    assert.equal(tailText(log, 100), '');
    assert.equal(offsetBefore(log, 1), 0);
    assert.equal(writtenAt(log, 0), null);
    assert.equal(lacksGapMark(dir), false);
    assert.throws(() => markGap(log));
    assert.throws(() => new LogTimes(timesPath(log)).record(5000, 1));
    const attempt = new AttemptLog(log);
    attempt.keepOpen();
    attempt.refresh();
    attempt.release();
  });
});
