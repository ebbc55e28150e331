// Rotates an attempt's log without losing a line. The writer is stopped only for a moment.
//
// Most of the log is copied while the writer runs, because a log only grows. Then the writer is stopped, the rest is
// copied and a journal is written. Before the journal exists, the log is unchanged and the copies can be discarded.
// With the journal, this process or a later one completes the same steps in the same order:
//   1. rename the copies to part names           2. move the unfinished last line to the start of the log
//   3. truncate the log after that line          4. remove the journal
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open, rm, truncate } from 'node:fs/promises';
import { openRegular, readRegular } from '../files/regular-file.ts';
import { logParts, PACKING, packedPath, partPath, suffixesOf } from './parts.ts';

const { O_NONBLOCK, O_RDONLY } = constants;

export interface RotationRules {
  /** Length of a part; up to four times as much for long lines. */
  readonly maxBytes: number;
  /** Number of parts to keep. Only as much of the end of the log is copied. */
  readonly keep: number;
}

/** The process group that appends to the log. */
export interface LogWriter {
  /** Resolves with false when the writer cannot be stopped now. */
  stop(): Promise<boolean>;
  resume(): void;
}

/** long_line: more than half of the log is one unfinished line that is not yet long enough to be cut. */
export type Rotation = 'rotated' | 'long_line' | 'not_stopped' | 'superseded';

const COPY_BYTES = 1024 ** 2;
const SCAN_BYTES = 64 * 1024;
/** A line longer than this many parts is cut. */
const LONGEST_LINE = 4;
const COPY = '.new';
const JOURNAL = '.journal';
const JOURNAL_COPY = `${JOURNAL}${COPY}`;

/**
 * Calls `onRotated` in the same turn of the event loop in which the log is truncated, with the offset of its first byte
 * in all output. Rejects with the file system error; nothing is lost then and the writer runs.
 */
export async function rotateLog(
  log: string,
  rules: RotationRules,
  writer: LogWriter,
  onRotated: (start: number) => void,
): Promise<Rotation> {
  const file = await open(log, O_RDONLY | O_NONBLOCK);
  try {
    // A disk error may have interrupted an earlier rotation.
    if (isRotationLeft(log) && !(await writer.stop())) return 'not_stopped';
    recoverRotation(log);
    writer.resume();
    const start = logParts(log).at(-1)?.start ?? 0;
    const { size } = await file.stat();
    const end = cutOf(await lastLineEnd(file, 0, size), size, rules);
    if (end === null) return 'long_line';
    const from = await firstKept(file, end, rules);
    const cuts = [from, ...(await cutsBetween(file, from, end, rules.maxBytes))];
    for (const [i, cut] of cuts.entries())
      await copy(file, copyPath(log, start + cut), cut, cut, cuts[i + 1] ?? size);
    if (!(await writer.stop())) return 'not_stopped';
    // The writer has rotated it by its size since.
    if (statSync(log, { throwIfNoEntry: false })?.ino !== (await file.stat()).ino) return 'superseded';
    return await finishCopies(
      file,
      log,
      { start, last: cuts.at(-1) ?? from, copied: size },
      rules,
      onRotated,
    );
  } finally {
    writer.resume();
    await file.close();
    if (!isRotationLeft(log)) discardCopies(log);
  }
}

interface Progress {
  readonly start: number;
  /** Where the last copy starts in the log, and where it ends. */
  readonly last: number;
  readonly copied: number;
}

/** Call with the writer stopped. */
async function finishCopies(
  file: FileHandle,
  log: string,
  { start, last, copied }: Progress,
  rules: RotationRules,
  onRotated: (start: number) => void,
): Promise<Rotation> {
  const { size } = await file.stat();
  const path = copyPath(log, start + last);
  await copy(file, path, last, copied, size);
  const cut = cutOf(await lastLineEnd(file, 0, size), size, rules);
  if (cut === null) return 'long_line';
  await shorten(path, cut - last);
  await rm(`${log}${JOURNAL_COPY}`, { force: true });
  const journal = await open(`${log}${JOURNAL_COPY}`, 'wx', 0o600);
  try {
    await journal.writeFile(`${cut} ${size}\n`);
    await journal.datasync();
  } finally {
    await journal.close();
  }
  // The rest runs in one turn of the event loop: readers in this process never see an intermediate state.
  renameSync(`${log}${JOURNAL_COPY}`, `${log}${JOURNAL}`);
  finishRotation(log);
  onRotated(start + cut);
  return 'rotated';
}

/**
 * Completes or undoes an interrupted rotation and removes incomplete packed files. Do not call while this process
 * rotates or packs the log. Does not stop or resume the writer.
 */
export function recoverRotation(log: string): void {
  const names = suffixesOf(log);
  if (names.includes(JOURNAL)) finishRotation(log);
  else if (names.some((name) => name.endsWith(COPY))) discardCopies(log);
  for (const name of names) {
    if (name.endsWith(PACKING)) rmSync(`${log}${name}`, { force: true });
    if (names.includes(packedPath(name))) rmSync(`${log}${name}`, { force: true });
  }
}

export function isRotationLeft(log: string): boolean {
  return suffixesOf(log).includes(JOURNAL);
}

function finishRotation(log: string): void {
  const [cut = 0, size = 0] = readRegular(`${log}${JOURNAL}`, 'utf8').split(' ').map(Number);
  for (const name of suffixesOf(log))
    if (name.endsWith(COPY)) renameSync(`${log}${name}`, `${log}${name.slice(0, -COPY.length)}`);
  const fd = openRegular(log, 'update');
  try {
    const { size: found } = fstatSync(fd);
    // A shorter log was already truncated.
    if (found >= size) {
      moveToFront(fd, cut, found);
      ftruncateSync(fd, found - cut);
    }
  } finally {
    closeSync(fd);
  }
  rmSync(`${log}${JOURNAL}`);
}

function discardCopies(log: string): void {
  for (const name of suffixesOf(log)) if (name.endsWith(COPY)) rmSync(`${log}${name}`, { force: true });
}

/** Copies bytes [from, to) to [0, to - from). Idempotent: the ranges do not overlap (see `cutOf`). */
function moveToFront(fd: number, from: number, to: number): void {
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, to - from));
  for (let at = from; at < to; ) {
    const length = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
    if (length === 0) throw new Error('the log became shorter while its last line was moved');
    for (let done = 0; done < length; ) done += writeSync(fd, buffer, done, length - done, at - from + done);
    at += length;
  }
}

/** How many bytes of a log to cut when its last complete line ends at `lineEnd`; null for none now. */
function cutOf(lineEnd: number, size: number, { maxBytes }: RotationRules): number | null {
  if (size - lineEnd <= lineEnd) return lineEnd;
  return size > LONGEST_LINE * maxBytes ? size : null;
}

/** The first offset to copy: older parts would be deleted at once. */
async function firstKept(file: FileHandle, end: number, { maxBytes, keep }: RotationRules): Promise<number> {
  const from = end - (keep + 1) * maxBytes;
  return from <= 0 ? 0 : ((await firstLineEnd(file, from, end - 1)) ?? from);
}

/** Splits [from, to) into parts of complete lines, each as long as allowed. */
async function cutsBetween(file: FileHandle, from: number, to: number, maxBytes: number): Promise<number[]> {
  const cuts: number[] = [];
  for (let at = from; to - at > maxBytes; ) {
    const before = await lastLineEnd(file, at, at + maxBytes);
    const longest = Math.min(to, at + LONGEST_LINE * maxBytes);
    const next = before > at ? before : ((await firstLineEnd(file, at + maxBytes, longest)) ?? longest);
    if (next >= to) break;
    cuts.push(next);
    at = next;
  }
  return cuts;
}

/** Offset after the last newline in [from, to); `from` without one. */
async function lastLineEnd(file: FileHandle, from: number, to: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(SCAN_BYTES);
  for (let end = to; end > from; ) {
    const at = Math.max(from, end - SCAN_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - at, at);
    const found = buffer.subarray(0, bytesRead).lastIndexOf(10);
    if (found >= 0) return at + found + 1;
    end = at;
  }
  return from;
}

/** Offset after the first newline in [from, to); null without one. */
async function firstLineEnd(file: FileHandle, from: number, to: number): Promise<number | null> {
  const buffer = Buffer.allocUnsafe(SCAN_BYTES);
  for (let at = from; at < to; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(SCAN_BYTES, to - at), at);
    if (bytesRead === 0) return null;
    const found = buffer.subarray(0, bytesRead).indexOf(10);
    if (found >= 0) return at + found + 1;
    at += bytesRead;
  }
  return null;
}

/** Copies bytes [from, to) of the log to the copy that starts at `origin`, and syncs it to disk. */
async function copy(file: FileHandle, path: string, origin: number, from: number, to: number): Promise<void> {
  if (from === to) return;
  if (from === origin) await rm(path, { force: true });
  const target = await open(path, from === origin ? 'wx' : 'r+', 0o600);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, to - from));
    for (let at = from; at < to; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, to - at), at);
      if (bytesRead === 0) throw new Error('the log became shorter while it was copied');
      for (let done = 0; done < bytesRead; )
        done += (await target.write(buffer, done, bytesRead - done, at - origin + done)).bytesWritten;
      at += bytesRead;
    }
    await target.datasync();
  } finally {
    await target.close();
  }
}

async function shorten(path: string, length: number): Promise<void> {
  if (length === 0) rmSync(path, { force: true });
  else await truncate(path, length);
}

function copyPath(log: string, start: number): string {
  return `${partPath(log, start)}${COPY}`;
}
