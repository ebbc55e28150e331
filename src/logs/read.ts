// Reads an attempt's log across its parts, including during a rotation. A position is an offset into all output, so a
// rotation does not change it.
import { constants, createReadStream, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { currentStart, type LogPart, logParts } from './parts.ts';

const BLOCK = 256 * 1024;
const TAIL_BLOCK = 64 * 1024;
const NEWLINE = 10;

/** Null without the file, or when it cannot be examined. */
export function logTouchedAt(path: string): number | null {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
  } catch {
    return null;
  }
}

export interface LogExtent {
  /** Earlier output was deleted. */
  readonly from: number;
  readonly to: number;
}

export function logExtent(log: string): LogExtent {
  const parts = logParts(log);
  return { from: parts[0]?.start ?? 0, to: parts.at(-1)?.end ?? 0 };
}

/** The bytes [from, to) in blocks. Skips deleted output and reports its length to `missing`. */
export async function* readLog(
  log: string,
  from: number,
  to: number,
  missing: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  let at = from;
  let unread: LogPart | null = null;
  while (at < to) {
    const part = logParts(log).find(({ end }) => end > at);
    if (part === undefined) return;
    // The second read in a row without any byte of the part: skip it as unreadable.
    const isBroken = part.path === unread?.path && part.start === unread.start;
    const next = isBroken ? part.end : Math.max(at, part.start);
    if (next > at) missing(next - at);
    at = next;
    unread = part;
    for await (const block of readPart(log, part, at, Math.min(to, part.end))) {
      yield block;
      at += block.length;
      unread = null;
    }
  }
}

/** Offset of the last `lines` lines before `to`. Reads backwards, and unpacks a part only if needed. */
export async function tailStart(log: string, lines: number, to: number): Promise<number> {
  // The newline at the end of the last line does not start another line.
  return to === 0 ? 0 : lineStart(log, to - 1, lines);
}

/** Offset after the `count`-th newline before `at`, counted backwards; the first kept offset if there are fewer. */
export async function lineStart(log: string, at: number, count = 1): Promise<number> {
  let end = at;
  let left = count;
  for (;;) {
    const parts = logParts(log);
    const part = parts.find((one) => one.start < end && end <= one.end);
    if (part === undefined) return Math.max(end, parts[0]?.start ?? 0);
    if (part.kind === 'packed') {
      const newlines = await countNewlines(part, end);
      if (newlines >= left) return afterNewline(part, newlines - left + 1);
      left -= newlines;
      end = part.start;
      continue;
    }
    while (end > part.start) {
      const from = Math.max(part.start, end - TAIL_BLOCK);
      const block = await readPlain(log, part, from, end);
      if (block?.length !== end - from) break;
      for (let i = block.lastIndexOf(NEWLINE); i >= 0; i = lastNewlineBefore(block, i)) {
        left -= 1;
        if (left === 0) return from + i + 1;
      }
      end = from;
    }
  }
}

/** `lastIndexOf` counts a negative start from the end. */
function lastNewlineBefore(block: Buffer, at: number): number {
  return at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1);
}

/** The first `count` lines. The last one may lack its newline. */
export async function* firstLines(blocks: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (const block of blocks) {
    let end = 0;
    for (let i = block.indexOf(NEWLINE); i >= 0 && left > 0; i = block.indexOf(NEWLINE, i + 1)) {
      left -= 1;
      end = i + 1;
    }
    yield left > 0 ? block : block.subarray(0, end);
    if (left === 0) return;
  }
}

/** Stops early if the part is packed, deleted or rotated during the read. */
async function* readPart(log: string, part: LogPart, from: number, to: number): AsyncGenerator<Buffer> {
  if (part.kind === 'packed') {
    yield* unpack(part, from, to);
    return;
  }
  for (let at = from; at < to; ) {
    const block = await readPlain(log, part, at, Math.min(to, at + BLOCK));
    if (block === null) return;
    yield block;
    at += block.length;
  }
}

/** Reads under way, by what they read: many clients follow a log at the same position. */
const reads = new Map<string, Promise<Buffer | null>>();

/** At least one of the bytes [from, to) of an unpacked part; null when the part was deleted or rotated during the read. */
function readPlain(log: string, part: LogPart, from: number, to: number): Promise<Buffer | null> {
  const key = `${part.start} ${from} ${to} ${part.path}`;
  const known = reads.get(key);
  if (known !== undefined) return known;
  const read = readNow(log, part, from, to).finally(() => reads.delete(key));
  reads.set(key, read);
  return read;
}

/**
 * A rotation cuts the current file and moves its start in one turn of the event loop: an unchanged start proves the read.
 */
async function readNow(log: string, part: LogPart, from: number, to: number): Promise<Buffer | null> {
  const block = await readAt(part.path, from - part.start, to - part.start);
  if (block.length === 0) return null;
  return part.kind === 'plain' || currentStart(log) === part.start ? block : null;
}

/** Empty when the file does not exist. */
async function readAt(path: string, from: number, to: number): Promise<Buffer> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.allocUnsafe(to - from);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isAbsent(error)) return Buffer.alloc(0);
    throw error;
  }
}

/** The bytes [from, to) of a packed part; none when it was deleted. */
async function* unpack(part: LogPart, from: number, to: number): AsyncGenerator<Buffer> {
  const bytes = createGunzip({ chunkSize: BLOCK });
  // An error of either stream is thrown by the loop below.
  pipeline(createReadStream(part.path), bytes, () => {});
  let at = part.start;
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      const wanted = chunk.subarray(Math.max(0, from - at), Math.max(0, to - at));
      at += chunk.length;
      if (wanted.length > 0) yield wanted;
      if (at >= to) return;
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

async function countNewlines(part: LogPart, to: number): Promise<number> {
  let count = 0;
  for await (const block of unpack(part, part.start, to))
    for (let i = block.indexOf(NEWLINE); i >= 0; i = block.indexOf(NEWLINE, i + 1)) count += 1;
  return count;
}

/** Offset after the `nth` newline of the part. */
async function afterNewline(part: LogPart, nth: number): Promise<number> {
  let at = part.start;
  let left = nth;
  for await (const block of unpack(part, part.start, part.end)) {
    for (let i = block.indexOf(NEWLINE); i >= 0; i = block.indexOf(NEWLINE, i + 1)) {
      left -= 1;
      if (left === 0) return at + i + 1;
    }
    at += block.length;
  }
  return at;
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
