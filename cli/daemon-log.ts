// The last words of a daemon that did not come up.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { isJsonObject, parseJson } from '../src/text/json.ts';

const TAIL_MAX_BYTES = 8 * 1024;
const TAIL_LINES = 5;

/** Where the log ends now; what a daemon prints later comes after it. */
export function logEnd(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last lines after `from`, messages taken out of JSON lines. */
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
  const { value: entry } = parseJson(line);
  if (!isJsonObject(entry)) return line.trim();
  const { msg, err } = entry;
  const words = [msg, isJsonObject(err) ? err.message : null];
  return words.filter((part) => typeof part === 'string').join(': ');
}
