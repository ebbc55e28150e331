// Files that the user names: written at once, and never put in the place of a device.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { openReplaced } from './replaced-file.ts';

const dir = tempDir({ after });

it('a file has its old content until the new one is whole, and its link stays', () => {
  const file = join(dir, 'file');
  const link = join(dir, 'link');
  writeFileSync(file, 'old');
  symlinkSync(file, link);
  openReplaced(link).discard();
  const replaced = openReplaced(link, 0o600);
  assert.equal(readFileSync(file, 'utf8'), 'old');
  replaced.commit('new');
  assert.equal(readFileSync(file, 'utf8'), 'new');
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(lstatSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dir), ['file', 'link']);
});

it('a FIFO with a reader gets the text, and one without is refused without a wait', () => {
  const fifo = join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  assert.throws(() => openReplaced(fifo), /ENXIO/);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  openReplaced(fifo).commit('text');
  const buffer = Buffer.alloc(9);
  assert.equal(buffer.toString('utf8', 0, readSync(reader, buffer)), 'text');
  closeSync(reader);
  assert.ok(lstatSync(fifo).isFIFO());
});

it('a directory and an empty name are refused before anything is written', () => {
  mkdirSync(join(dir, 'sub'));
  assert.throws(() => openReplaced(join(dir, 'sub')), /it is a directory/);
  assert.throws(() => openReplaced(''), /it has no name/);
  assert.ok(!readdirSync(dir).some((name) => name.endsWith('.new')));
});
