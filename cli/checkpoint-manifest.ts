// The checkpoint manifest: which keys are done, in one append-only file that many processes write at once.
//
// A record is `\t<key>\n` (done) or `\x18<key>\n` (forgotten again), put at the end by one write(2) of a file opened with
// O_APPEND, which a local file system does not mix with other writes. What a crash or a full disk leaves of a record has
// no newline, and the next record begins with a mark of its own: a key is what stands between the last mark of a line and
// its newline, so that half a record is never read and never spoils another.
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BabysitError } from '../src/core/errors.ts';
import { wholeLines } from '../src/text/split.ts';

const DONE = '\t';
const FORGOTTEN = '\x18';
const KEY_MAX_BYTES = 4096;
const FEW = 16;

/** The keys that are done, in the order they were first added. No manifest, no keys. */
export function doneKeys(dir: string): Set<string> {
  const keys = new Set<string>();
  for (const line of wholeLines(readManifest(dir).toString('utf8'))) {
    const mark = Math.max(line.lastIndexOf(DONE), line.lastIndexOf(FORGOTTEN));
    if (mark < 0) continue;
    const key = line.slice(mark + 1);
    if (line[mark] === DONE) keys.add(key);
    else keys.delete(key);
  }
  return keys;
}

/**
 * Those that are not done, in the order given. A few are looked for among the bytes, as a batch that asks before each item
 * does: 2 ms among 100 000 keys, where reading all of them takes 60.
 */
export function missingKeys(dir: string, keys: readonly string[]): string[] {
  if (keys.length > FEW) {
    const done = doneKeys(dir);
    return keys.filter((key) => !done.has(key));
  }
  const bytes = readManifest(dir);
  const last = (mark: string, key: string) => bytes.lastIndexOf(`${mark}${key}\n`);
  return keys.filter((key) => last(DONE, key) <= last(FORGOTTEN, key));
}

/** Durable when it returns. Adding a key again does no harm. Throws BabysitError disk_full; then some may have been added. */
export function addKeys(dir: string, keys: readonly string[]): void {
  append(dir, DONE, keys);
}

export function forgetKeys(dir: string, keys: readonly string[]): void {
  append(dir, FORGOTTEN, keys);
}

export function forgetAll(dir: string): void {
  withManifest(dir, (fd) => {
    ftruncateSync(fd, 0);
    fsyncSync(fd);
  });
}

/** Any text of one line. Throws BabysitError usage. */
export function checkKey(key: string): string {
  const why =
    key === ''
      ? 'is empty'
      : // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        /[\u0000-\u001f\u007f]/.test(key)
        ? 'holds a newline, tab or other control character'
        : // Two names that are not UTF-8 would become one key.
          !key.isWellFormed() || key.includes('\ufffd')
          ? 'is not valid UTF-8'
          : Buffer.byteLength(key) > KEY_MAX_BYTES
            ? `has more than ${KEY_MAX_BYTES} bytes`
            : null;
  if (why === null) return key;
  throw new BabysitError('usage', `the key ${JSON.stringify(key.slice(0, 80))} ${why}`, {
    hint: 'A key is text of one line, such as a file name or a number; use its hash where it is not.',
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

/** How many of the records the first `bytes` bytes hold in full. A record that was cut is written again. */
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
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const fd = openSync(manifest(dir), 'a', 0o600);
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

/** So that the manifest has its name after a power cut, too; nothing is written when it has had it for long. */
function syncDirectory(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network file systems know no such thing.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    closeSync(fd);
  }
}

function readManifest(dir: string): Buffer {
  try {
    return readFileSync(manifest(dir));
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
    return new BabysitError('disk_full', `the manifest in ${dir} cannot be written: ${message}`);
  return new BabysitError('usage', `the manifest in ${dir} cannot be used: ${message}`, {
    hint: 'BABYSIT_CHECKPOINT_DIR must be a directory that you may write to.',
  });
}
