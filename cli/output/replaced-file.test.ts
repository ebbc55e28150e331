// Files that the user names: written at once, and never put in the place of a device.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { NEEDS_MOUNT, smallDisk } from '../../test/support/small-disk.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
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

it('a full disk leaves the old content, and nothing else', { skip: NEEDS_MOUNT }, (t) => {
  const disk = smallDisk(t, '256k');
  const file = join(disk.dir, 'file');
  writeFileSync(file, 'old');
  assert.throws(() => openReplaced(file).commit('new'.repeat(200_000)), /ENOSPC/);
  assert.deepEqual([readFileSync(file, 'utf8'), readdirSync(disk.dir)], ['old', ['file']]);
});

it('a slow reader of a pipe gets a text that is larger than the pipe', async () => {
  const fifo = join(dir, 'slow');
  const copy = join(dir, 'copy');
  execFileSync('mkfifo', [fifo]);
  const reader = spawn('sh', ['-c', `exec 3<"$1"; sleep 0.2; cat <&3 >"$2"`, 'sh', fifo, copy]);
  const ended = once(reader, 'close');
  await waitUntil(() => isOpened(fifo), { what: 'the reader' });
  openReplaced(fifo).commit('x'.repeat(300_000));
  await ended;
  assert.equal(statSync(copy).size, 300_000);
});

function isOpened(fifo: string): boolean {
  try {
    openReplaced(fifo).discard();
    return true;
  } catch {
    return false;
  }
}

it('a directory and an empty name are refused before anything is written', () => {
  mkdirSync(join(dir, 'sub'));
  assert.throws(() => openReplaced(join(dir, 'sub')), /it is a directory/);
  assert.throws(() => openReplaced(''), /it has no name/);
  assert.ok(!readdirSync(dir).some((name) => name.endsWith('.new')));
});
