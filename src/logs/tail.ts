// Reads the end of a file that somebody else writes to.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

export interface Tail {
  /** Good until the next call: every call reads into the same buffer. */
  readonly bytes: Buffer;
  /** Position of the first byte in the file. */
  readonly from: number;
}

const buffer = Buffer.allocUnsafe(256 * 1024);

/**
 * The last `maxBytes` of the file, up to 256 KiB, and nothing before `from`; a file that ends before `from` was made anew
 * and is read from its beginning. `knownSize` spares a system call. Throws what the file system says.
 */
export function readTail(path: string, maxBytes: number, from = 0, knownSize: number | null = null): Tail {
  const fd = openSync(path, 'r');
  try {
    const size = knownSize ?? fstatSync(fd).size;
    const start = Math.max(from > size ? 0 : from, size - maxBytes);
    return { bytes: buffer.subarray(0, readSync(fd, buffer, 0, maxBytes, start)), from: start };
  } finally {
    closeSync(fd);
  }
}

/** As text; empty when it cannot be read now, because the file has gone or no descriptor is left. */
export function tailText(path: string, maxBytes: number, from = 0): string {
  try {
    return readTail(path, maxBytes, from).bytes.toString('utf8');
  } catch {
    return '';
  }
}

export interface Added {
  /** Whole characters. Empty, once, when nothing was added since the last look. */
  readonly text: string;
  /** The text does not follow the text before: more was added than is read at a look, or the file was made anew. */
  readonly isAfterGap: boolean;
}

/** A file that grows: each look gives what was added since the one before. */
export class GrowingFile {
  readonly #path: string;
  #offset = 0;
  #isQuiet = true;
  /** Keeps the beginning of a character whose end is not there yet. */
  #decoder = new StringDecoder('utf8');

  constructor(path: string) {
    this.#path = path;
  }

  /** `size`: what it is now. Reads its last `maxBytes` at most. Null when there is nothing new to know. */
  added(size: number, maxBytes: number): Added | null {
    if (size === this.#offset) {
      if (this.#isQuiet) return null;
      this.#isQuiet = true;
      return { text: '', isAfterGap: false };
    }
    // Rotated, truncated or made anew.
    const hasShrunk = size < this.#offset;
    let tail: Tail;
    try {
      tail = readTail(this.#path, maxBytes, this.#offset, size);
    } catch {
      // Gone, or there are no descriptors left: the next look will tell.
      return null;
    }
    const isAfterGap = hasShrunk || tail.from !== this.#offset;
    this.#offset = tail.from + tail.bytes.length;
    this.#isQuiet = false;
    if (isAfterGap) this.#decoder = new StringDecoder('utf8');
    const text = this.#decoder.write(tail.bytes);
    // The first line has no beginning.
    return { text: isAfterGap && tail.from > 0 ? text.replace(/^[^\r\n]*/, '') : text, isAfterGap };
  }
}
