// The mark that output is missing, put by the daemon where the supervisor found no room for it.
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The same words as the supervisor's. */
const MARK = '\n[babysit: output is missing above: the disk was full or the log writer was killed]\n';
const SCAN_BYTES = 4096;

/** The claim says so: the supervisor could not. */
export function lacksGapMark(dir: string): boolean {
  try {
    return readFileSync(join(dir, 'claim'), 'latin1').includes('\ngap\n');
  } catch {
    return false;
  }
}

/** Takes the place of the last lines of the log, so that a full disk has room for it. Repeating it does no harm. */
export function markGap(log: string): void {
  const fd = openSync(log, 'r+');
  try {
    const { size } = fstatSync(fd);
    const end = Math.max(0, size - MARK.length);
    if (read(fd, end, size).toString() === MARK) return;
    const from = Math.max(0, end - SCAN_BYTES);
    // Behind a whole line, where there is one.
    const lineEnd = read(fd, from, end).lastIndexOf(10);
    const at = lineEnd < 0 ? end : from + lineEnd;
    writeSync(fd, MARK, at);
    ftruncateSync(fd, at + MARK.length);
  } finally {
    closeSync(fd);
  }
}

function read(fd: number, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(to - from);
  readSync(fd, buffer, 0, buffer.length, from);
  return buffer;
}
