// Moves the whole lines of a growing log to files of their own, while the log's writer is stopped for a moment.
//
// The bulk is copied while the writer runs: a log only grows. Then the writer is stopped, the rest is copied, and a
// journal is put in place: from there on the rotation is finished, by whoever comes, with the same steps in the same order:
//   1. the copies get their names                2. the unfinished last line moves to the beginning of the log
//   3. the log is cut behind that line           4. the journal goes
// Before the journal nothing has happened to the log, and the copies are thrown away.
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { logParts, namesBeside, PACKING, packedPath, partPath } from './parts.ts';

export interface RotationRules {
  /** A part is as long as this, or up to four times if its lines are that long. */
  readonly maxBytes: number;
  /** Parts kept; of a log that has grown further than they reach only the end is copied. */
  readonly keep: number;
}

/** Whoever appends to the log. */
export interface LogWriter {
  /** False: it cannot be stopped now. */
  stop(): Promise<boolean>;
  resume(): void;
}

/** long_line: more of the log is an unfinished line than not, and it is not so long yet that it must be cut. */
export type Rotation = 'rotated' | 'long_line' | 'not_stopped';

const COPY_BYTES = 1024 ** 2;
const SCAN_BYTES = 64 * 1024;
/** A line longer than this many parts is cut. */
const LONGEST_LINE = 4;
const COPY = '.new';
const JOURNAL = '.journal';
const JOURNAL_COPY = `${JOURNAL}${COPY}`;

/**
 * `moved` is called in the same turn in which the log becomes short, with the offset of its first byte in all that was
 * printed. Rejects with what the file system says; then, too, nothing is lost and the writer runs.
 */
export async function rotateLog(
  log: string,
  rules: RotationRules,
  writer: LogWriter,
  moved: (start: number) => void,
): Promise<Rotation> {
  const file = await open(log, 'r');
  try {
    // The last step of an earlier rotation met an error of the disk.
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
    return await finishCopies(file, log, { start, last: cuts.at(-1) ?? from, copied: size }, rules, moved);
  } finally {
    writer.resume();
    await file.close();
    if (!isRotationLeft(log)) discardCopies(log);
  }
}

interface Progress {
  readonly start: number;
  /** Where in the log the last copy begins, and how far it goes. */
  readonly last: number;
  readonly copied: number;
}

/** The writer is stopped. */
async function finishCopies(
  file: FileHandle,
  log: string,
  { start, last, copied }: Progress,
  rules: RotationRules,
  moved: (start: number) => void,
): Promise<Rotation> {
  const { size } = await file.stat();
  const path = copyPath(log, start + last);
  await copy(file, path, last, copied, size);
  const cut = cutOf(await lastLineEnd(file, 0, size), size, rules);
  if (cut === null) return 'long_line';
  await shorten(path, cut - last);
  const journal = await open(`${log}${JOURNAL_COPY}`, 'w', 0o600);
  try {
    await journal.writeFile(`${cut} ${size}\n`);
    await journal.datasync();
  } finally {
    await journal.close();
  }
  // From here in one turn: whoever reads in this process sees the log before or after, never between.
  renameSync(`${log}${JOURNAL_COPY}`, `${log}${JOURNAL}`);
  finishRotation(log);
  moved(start + cut);
  return 'rotated';
}

/**
 * Finishes or undoes what a rotation has left that was interrupted at any point, and throws away half-packed parts. Must
 * not be called while this process rotates the log or packs a part of it. Leaves the writer to the caller.
 */
export function recoverRotation(log: string): void {
  const names = namesBeside(log);
  if (names.includes(JOURNAL)) finishRotation(log);
  else if (names.some((name) => name.endsWith(COPY))) discardCopies(log);
  for (const name of names) {
    if (name.endsWith(PACKING)) rmSync(`${log}${name}`, { force: true });
    if (names.includes(packedPath(name))) rmSync(`${log}${name}`, { force: true });
  }
}

export function isRotationLeft(log: string): boolean {
  return namesBeside(log).includes(JOURNAL);
}

function finishRotation(log: string): void {
  const [cut = 0, size = 0] = readFileSync(`${log}${JOURNAL}`, 'utf8').split(' ').map(Number);
  for (const name of namesBeside(log))
    if (name.endsWith(COPY)) renameSync(`${log}${name}`, `${log}${name.slice(0, -COPY.length)}`);
  const fd = openSync(log, 'r+');
  try {
    const { size: found } = fstatSync(fd);
    // Shorter: it was cut before the interruption.
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
  for (const name of namesBeside(log)) if (name.endsWith(COPY)) rmSync(`${log}${name}`, { force: true });
}

/** Bytes [from, to) to [0, to - from). It can be repeated: the two do not overlap (see `cutOf`). */
function moveToFront(fd: number, from: number, to: number): void {
  const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, to - from));
  for (let at = from; at < to; ) {
    const length = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
    if (length === 0) throw new Error('the log became shorter while its last line was moved');
    for (let done = 0; done < length; ) done += writeSync(fd, buffer, done, length - done, at - from + done);
    at += length;
  }
}

/** How much of a log of `size` bytes goes, when its last whole line ends at `lineEnd`; null: not now. */
function cutOf(lineEnd: number, size: number, { maxBytes }: RotationRules): number | null {
  if (size - lineEnd <= lineEnd) return lineEnd;
  return size > LONGEST_LINE * maxBytes ? size : null;
}

/** Where in the log to begin: what is before would be the first to be deleted. */
async function firstKept(file: FileHandle, end: number, { maxBytes, keep }: RotationRules): Promise<number> {
  const from = end - (keep + 1) * maxBytes;
  return from <= 0 ? 0 : ((await firstLineEnd(file, from, end - 1)) ?? from);
}

/** Splits [from, to) into parts of whole lines, as long as allowed. */
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

/** Behind the last newline in [from, to); `from` when there is none. */
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

/** Behind the first newline in [from, to); null when there is none. */
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

/** Bytes [from, to) of the log into the copy that begins at `origin`. On the disk when it resolves. */
async function copy(file: FileHandle, path: string, origin: number, from: number, to: number): Promise<void> {
  if (from === to) return;
  const target = await open(path, from === origin ? 'w' : 'r+', 0o600);
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
  if (length === 0) {
    rmSync(path, { force: true });
    return;
  }
  const file = await open(path, 'r+');
  try {
    await file.truncate(length);
  } finally {
    await file.close();
  }
}

function copyPath(log: string, start: number): string {
  return `${partPath(log, start)}${COPY}`;
}
