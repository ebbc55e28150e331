// Reads the last line of a log from its file: the daemon is not asked for it.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { filledLines } from '../../src/text/split.ts';

const TAIL_BYTES = 400;

/** Empty when the file cannot be read, as in a sandbox, or has no line. */
export function lastLine(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const { size } = fstatSync(fd);
      const tail = Buffer.alloc(Math.min(TAIL_BYTES, size));
      const length = readSync(fd, tail, 0, tail.length, size - tail.length);
      return filledLines(tail.toString('utf8', 0, length)).at(-1) ?? '';
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
