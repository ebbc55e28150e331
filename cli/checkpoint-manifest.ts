// The checkpoint manifest: the keys that are done, in one append-only file that many processes write at the same time.
// A record is `\t<key>\n` (done) or `\x18<key>\n` (cleared), appended by one write(2) with O_APPEND. A crash leaves half a
// record without a newline. A key is the text between the last mark and the newline, so half a record has no effect.
import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BabysitError } from '../src/core/errors.ts';
import { openRegular, readRegularBytes } from '../src/files/regular-file.ts';
import { wholeLines } from '../src/text/split.ts';
import { makeDirectories } from './make-directories.ts';

const DONE = '\t';
const CLEARED = '\x18';
const KEY_MAX_BYTES = 4096;
/** Up to this many keys are searched in the bytes: 2 ms among 100 000 keys, where parsing the manifest takes 60 ms. */
const FEW = 16;

/** The done keys in the order of their first addition. Empty without a manifest. */
export function doneKeys(dir: string): Set<string> {
  const keys = new Set<string>();
  for (const line of wholeLines(readManifest(dir).toString('utf8'))) {
    const mark = Math.max(line.lastIndexOf(DONE), line.lastIndexOf(CLEARED));
    if (mark < 0) continue;
    const key = line.slice(mark + 1);
    if (line[mark] === DONE) keys.add(key);
    else keys.delete(key);
  }
  return keys;
}

/** Returns the keys that are not done, in the given order. */
export function missingKeys(dir: string, keys: readonly string[]): string[] {
  if (keys.length > FEW) {
    const done = doneKeys(dir);
    return keys.filter((key) => !done.has(key));
  }
  const bytes = readManifest(dir);
  const last = (mark: string, key: string) => bytes.lastIndexOf(`${mark}${key}\n`);
  return keys.filter((key) => last(DONE, key) <= last(CLEARED, key));
}

/** The keys are on disk when it returns. Throws BabysitError disk_full; some keys may then be added already. */
export function addKeys(dir: string, keys: readonly string[]): void {
  append(dir, DONE, keys);
}

export function forgetKeys(dir: string, keys: readonly string[]): void {
  append(dir, CLEARED, keys);
}

export function forgetAll(dir: string): void {
  withManifest(dir, (fd) => {
    ftruncateSync(fd, 0);
    fsyncSync(fd);
  });
}

/** Accepts any text of one line. Throws BabysitError usage. */
export function checkKey(key: string): string {
  const why =
    key === ''
      ? 'is empty'
      : // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are searched for
        /[\u0000-\u001f\u007f]/.test(key)
        ? 'contains a newline, tab or other control character'
        : // Different names that are not UTF-8 would become the same key.
          !key.isWellFormed() || key.includes('\ufffd')
          ? 'is not valid UTF-8'
          : Buffer.byteLength(key) > KEY_MAX_BYTES
            ? `is longer than ${KEY_MAX_BYTES} bytes`
            : null;
  if (why === null) return key;
  throw new BabysitError('usage', `the key ${JSON.stringify(key.slice(0, 80))} ${why}`, {
    hint: 'Use text of one line, such as a file name or a number, or its hash.',
  });
}

function append(dir: string, mark: string, keys: readonly string[]): void {
  if (keys.length === 0) return;
  withManifest(dir, (fd) => {
    let left = keys.map((key) => Buffer.from(`${mark}${key}\n`));
    while (left.length > 0) left = left.slice(wholeRecords(left, writeSync(fd, Buffer.concat(left))));
    fsyncSync(fd);
  });
}

/** Returns how many records the first `bytes` bytes contain completely. The caller writes a cut record again. */
function wholeRecords(records: readonly Buffer[], bytes: number): number {
  let end = 0;
  const cut = records.findIndex((record) => {
    end += record.length;
    return end > bytes;
  });
  return cut < 0 ? records.length : cut;
}

function withManifest(dir: string, use: (fd: number) => void): void {
  try {
    makeDirectories(dir, 0o700);
    const fd = openRegular(manifest(dir), 'append');
    try {
      use(fd);
    } finally {
      closeSync(fd);
    }
    syncDirectory(dir);
  } catch (error) {
    throw unusable(dir, error);
  }
}

/** Makes the name of a new manifest survive a power cut. Costs no write for an old manifest. */
function syncDirectory(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network file systems cannot sync a directory.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    closeSync(fd);
  }
}

function readManifest(dir: string): Buffer {
  try {
    return readRegularBytes(manifest(dir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw unusable(dir, error);
  }
}

function manifest(dir: string): string {
  return join(dir, 'manifest');
}

function unusable(dir: string, error: unknown): BabysitError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new BabysitError('disk_full', `cannot write the manifest in ${dir}: ${message}`);
  return new BabysitError('usage', `cannot use the manifest in ${dir}: ${message}`, {
    hint: 'Set BABYSIT_CHECKPOINT_DIR to a directory that you may write to.',
  });
}
