// Reads an attempt's log: its size for the watchdog, its tail, head or matching lines for people.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';

export function logSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

export function logTouchedAt(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

const BLOCK = 64 * 1024;

/** Byte offset at which the last `lines` lines begin; reads backwards, so its cost does not depend on the file's size. */
export function tailOffset(path: string, lines: number): number {
  const fd = openSync(path, 'r');
  try {
    let position = fstatSync(fd).size;
    let wanted = lines;
    const buffer = Buffer.alloc(BLOCK);
    let isEnd = true;
    while (position > 0) {
      const length = Math.min(BLOCK, position);
      position -= length;
      readSync(fd, buffer, 0, length, position);
      for (let i = length - 1; i >= 0; i -= 1) {
        if (buffer[i] !== 10) {
          isEnd = false;
          continue;
        }
        // The newline that ends the file ends its last line; it does not begin another.
        if (isEnd) {
          isEnd = false;
          continue;
        }
        wanted -= 1;
        if (wanted <= 0) return position + i + 1;
      }
    }
    return 0;
  } finally {
    closeSync(fd);
  }
}

/** The bytes of [from, to) in blocks. `to` is the size at the moment of the call unless given. */
export async function* readRange(path: string, from: number, to?: number): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    const end = to ?? (await file.stat()).size;
    let position = from;
    while (position < end) {
      const buffer = Buffer.alloc(Math.min(BLOCK, end - position));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Whole lines with their newline; the last one may lack it. */
export async function* splitLines(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const block of blocks) {
    let start = 0;
    for (let end = block.indexOf(10); end !== -1; end = block.indexOf(10, start)) {
      yield Buffer.concat([rest, block.subarray(start, end + 1)]);
      rest = Buffer.alloc(0);
      start = end + 1;
    }
    rest = Buffer.concat([rest, block.subarray(start)]);
  }
  if (rest.length > 0) yield rest;
}
