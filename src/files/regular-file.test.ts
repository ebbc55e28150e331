// Files that a task can replace by a FIFO.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AttemptLog } from '../logs/attempt-log.ts';
import { lacksGapMark, markGap } from '../logs/gap.ts';
import { logParts, partPath } from '../logs/parts.ts';
import { tailText } from '../logs/tail.ts';
import { LogTimes, offsetBefore, timesPath, writtenAt } from '../logs/times.ts';
import { NotARegularFile, openRegular, replaceFile } from './regular-file.ts';

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

  for (const [mode, own] of [
    ['read', 'read_own'],
    ['append', 'append_own'],
  ] as const)
    it(`behind a link is opened by ${mode}, and not by ${own}`, () => {
      const [target, link] = [join(dir, `${mode}-target`), join(dir, `${mode}-link`)];
      writeFileSync(target, '');
      symlinkSync(target, link);
      closeSync(openRegular(link, mode));
      assert.throws(() => openRegular(link, own), { code: 'ELOOP' });
    });

  for (const mode of ['read', 'update', 'append'] as const)
    it(`is refused as a FIFO without a wait: ${mode}`, () => {
      assert.throws(() => closeSync(openRegular(log, mode)), NotARegularFile);
    });

  it('is replaced in its place, and a link there is not followed', () => {
    const path = join(dir, 'replaced');
    const target = join(dir, 'target');
    writeFileSync(target, 'kept');
    for (const plant of [
      () => execFileSync('mkfifo', [`${path}.new`]),
      () => symlinkSync(target, `${path}.new`),
    ]) {
      plant();
      replaceFile(path, 'text');
      assert.equal(readFileSync(path, 'utf8'), 'text');
    }
    assert.equal(readFileSync(target, 'utf8'), 'kept');
  });

  it('is no part of a log', () => {
    const whole = join(dir, '2.log');
    execFileSync('mkfifo', [partPath(whole, 0), `${partPath(whole, 9)}.gz`]);
    assert.deepEqual(
      logParts(whole).map(({ kind }) => kind),
      ['current'],
    );
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
