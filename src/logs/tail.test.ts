// The ends of files that grow, shrink and go.
import assert from 'node:assert/strict';
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { GrowingFile, readTail, tailText } from './tail.ts';

const fileIn = (t: TestContext) => join(tempDir(t), 'file');

describe('the end of a file', () => {
  it('is at most as long as asked for, and nothing before the given position', (t) => {
    const file = fileIn(t);
    writeFileSync(file, '0123456789');
    const read = (...args: [number, number?, number?]) => {
      const { bytes, from } = readTail(file, ...args);
      return [bytes.toString(), from];
    };
    assert.deepEqual(read(4), ['6789', 6]);
    assert.deepEqual(read(100), ['0123456789', 0]);
    assert.deepEqual(read(4, 8), ['89', 8]);
    assert.deepEqual(read(4, 10), ['', 10]);
    // The file is shorter than that, so it was replaced.
    assert.deepEqual(read(100, 11), ['0123456789', 0]);
    assert.deepEqual(read(4, 0, 8), ['4567', 4]);
  });

  it('of a missing file is an error, or no text', (t) => {
    const file = fileIn(t);
    assert.throws(() => readTail(file, 4), { code: 'ENOENT' });
    assert.equal(tailText(file, 4), '');
  });
});

describe('a growing file', () => {
  const MAX = 8;
  const growing = (file: string) => {
    const growth = new GrowingFile(file);
    return () => growth.added(statSync(file, { throwIfNoEntry: false })?.size ?? 0, MAX);
  };

  it('gives the added text once, then an empty text once', (t) => {
    const file = fileIn(t);
    const look = growing(file);
    assert.equal(look(), null);
    writeFileSync(file, 'a\n');
    assert.deepEqual(look(), { text: 'a\n', isAfterGap: false });
    assert.deepEqual(look(), { text: '', isAfterGap: false });
    assert.equal(look(), null);
  });

  it('never tears a character', (t) => {
    const file = fileIn(t);
    const look = growing(file);
    const bytes = Buffer.from('ä漢');
    writeFileSync(file, bytes.subarray(0, 1));
    assert.equal(look()?.text, '');
    appendFileSync(file, bytes.subarray(1, 3));
    assert.equal(look()?.text, 'ä');
    appendFileSync(file, bytes.subarray(3));
    assert.equal(look()?.text, '漢');
  });

  it('gives the end of a text that is too long, from the first whole line on', (t) => {
    const file = fileIn(t);
    const look = growing(file);
    writeFileSync(file, 'first\n');
    look();
    appendFileSync(file, 'lost, torn\nlast\n');
    assert.deepEqual(look(), { text: '\nlast\n', isAfterGap: true });
  });

  it('starts over in a file that has become shorter', (t) => {
    const file = fileIn(t);
    const look = growing(file);
    writeFileSync(file, 'before\n');
    look();
    writeFileSync(file, 'new\n');
    assert.deepEqual(look(), { text: 'new\n', isAfterGap: true });
  });

  it('has no text while the file cannot be read', (t) => {
    const growth = new GrowingFile(fileIn(t));
    assert.equal(growth.added(5, MAX), null);
  });
});
