// Reads the last log lines of a daemon that did not start.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const TAIL_MAX_BYTES = 8 * 1024;
const TAIL_LINES = 5;

/** The current size of the log. A later daemon writes after this position. */
export function logEnd(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Returns the last lines after `from`; of a JSON line only its messages. */
export function logTail(path: string, from: number): string[] {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const size = fstatSync(fd).size;
    const start = Math.max(from <= size ? from : 0, size - TAIL_MAX_BYTES);
    const bytes = Buffer.alloc(size - start);
    const length = readSync(fd, bytes, 0, bytes.length, start);
    const lines = bytes.toString('utf8', 0, length).split('\n');
    return lines
      .map(messageOf)
      .filter((line) => line !== '')
      .slice(-TAIL_LINES);
  } finally {
    closeSync(fd);
  }
}

function messageOf(line: string): string {
  try {
    const entry = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } };
    return [entry.msg, entry.err?.message].filter((part) => typeof part === 'string').join(': ');
  } catch {
    return line.trim();
  }
}
