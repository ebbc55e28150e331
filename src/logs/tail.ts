// Reads the end of a file that another process writes.
import { closeSync, fstatSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { openRegular } from '../files/regular-file.ts';

export interface Tail {
  /** Valid until the next call: all calls share one buffer. */
  readonly bytes: Buffer;
  /** Position of the first byte in the file. */
  readonly from: number;
}

const buffer = Buffer.allocUnsafe(256 * 1024);

/**
 * Reads the last `maxBytes` (up to 256 KiB) after `from`. A file that ends before `from` was replaced: reads from its start.
 * `knownSize` saves a system call. Throws file system errors.
 */
export function readTail(path: string, maxBytes: number, from = 0, knownSize: number | null = null): Tail {
  const fd = openRegular(path, 'read');
  try {
    const size = knownSize ?? fstatSync(fd).size;
    const start = Math.max(from > size ? 0 : from, size - maxBytes);
    return { bytes: buffer.subarray(0, readSync(fd, buffer, 0, maxBytes, start)), from: start };
  } finally {
    closeSync(fd);
  }
}

/** Returns an empty text when the file was deleted or no file descriptor is left. */
export function tailText(path: string, maxBytes: number, from = 0): string {
  try {
    return readTail(path, maxBytes, from).bytes.toString('utf8');
  } catch {
    return '';
  }
}

export interface Added {
  /** Complete characters. Empty at the first call without new output. */
  readonly text: string;
  /** Text is missing before this one: more was added than `maxBytes`, or the file was replaced. */
  readonly isAfterGap: boolean;
}

/** Reads what was added to a file since the last call. */
export class GrowingFile {
  readonly #path: string;
  #offset = 0;
  #isQuiet = true;
  /** Keeps the first bytes of an incomplete character. */
  #decoder = new StringDecoder('utf8');

  constructor(path: string) {
    this.#path = path;
  }

  /** `size` is the current size. Reads at most the last `maxBytes`. Returns null at further calls without new output. */
  added(size: number, maxBytes: number): Added | null {
    if (size === this.#offset) {
      if (this.#isQuiet) return null;
      this.#isQuiet = true;
      return { text: '', isAfterGap: false };
    }
    // Rotated, truncated or replaced.
    const hasShrunk = size < this.#offset;
    let tail: Tail;
    try {
      tail = readTail(this.#path, maxBytes, this.#offset, size);
    } catch {
      // Deleted, or no file descriptor is left: retry at the next call.
      return null;
    }
    const isAfterGap = hasShrunk || tail.from !== this.#offset;
    this.#offset = tail.from + tail.bytes.length;
    this.#isQuiet = false;
    if (isAfterGap) this.#decoder = new StringDecoder('utf8');
    const text = this.#decoder.write(tail.bytes);
    // Drop the first line: its beginning is missing.
    return { text: isAfterGap && tail.from > 0 ? text.replace(/^[^\r\n]*/, '') : text, isAfterGap };
  }
}
