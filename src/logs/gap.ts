// Writes the mark for missing output when the supervisor could not write it.
import { closeSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openRegular, readRegular } from '../files/regular-file.ts';

/** The same text as in supervisor.sh. */
const MARK = '\n[babysit: output is missing above: the disk was full or the log writer was killed]\n';
const SCAN_BYTES = 4096;

/** Returns true when the supervisor recorded a gap that it could not mark. */
export function lacksGapMark(dir: string): boolean {
  try {
    return readRegular(join(dir, 'claim'), 'latin1').includes('\ngap\n');
  } catch {
    return false;
  }
}

/** Overwrites the last lines of the log, which works on a full disk. Idempotent. */
export function markGap(log: string): void {
  const fd = openRegular(log, 'update');
  try {
    const { size } = fstatSync(fd);
    const end = Math.max(0, size - MARK.length);
    if (read(fd, end, size).toString() === MARK) return;
    const from = Math.max(0, end - SCAN_BYTES);
    // After a complete line, if there is one.
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
