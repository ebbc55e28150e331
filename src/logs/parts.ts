// The files of an attempt's log: the rotated parts, oldest first, and the current part.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { NotARegularFile } from '../files/regular-file.ts';
import { readTail } from './tail.ts';

export interface LogPart {
  readonly path: string;
  /** The part holds the bytes [start, end) of all output. */
  readonly start: number;
  readonly end: number;
  /** packed: gzip. plain: rotated, not packed. current: being written; the file may not exist yet. */
  readonly kind: 'packed' | 'plain' | 'current';
}

const PACKED = '.gz';
/** Suffix of a packed part that is not complete. */
export const PACKING = '.packing';
const START_DIGITS = 15;

/** `7.log`, 1200 -> `7.log.000000000001200`: the names sort as the bytes do. */
export function partPath(log: string, start: number): string {
  return `${log}.${String(start).padStart(START_DIGITS, '0')}`;
}

export function packedPath(plainPath: string): string {
  return `${plainPath}${PACKED}`;
}

/** The existing parts, the current one last. Gaps are deleted parts. */
export function logParts(log: string): readonly LogPart[] {
  for (let names = rotatedNames(log); ; ) {
    const parts = names.flatMap((name) => partOf(log, name) ?? []);
    const start = parts.at(-1)?.end ?? 0;
    const end = start + (sizeOf(log) ?? 0);
    const after = rotatedNames(log);
    // The writer may rotate the log at any time, and an older current part would be taken for a newer one.
    if (after.at(-1) === names.at(-1)) return [...parts, { path: log, start, end, kind: 'current' }];
    names = after;
  }
}

/** Offset of the current part in all output. */
export function currentStart(log: string): number {
  const last = rotatedNames(log).at(-1);
  return last === undefined ? 0 : (partOf(log, last)?.end ?? 0);
}

const PART_NAME = new RegExp(`^\\.(\\d{${START_DIGITS}})(\\${PACKED})?$`);

/** Oldest first. If a part is both plain and packed, the packed file: the plain one is about to be removed. */
function rotatedNames(log: string): string[] {
  const names = new Set(suffixesOf(log).filter((name) => PART_NAME.test(name)));
  return [...names].filter((name) => !names.has(packedPath(name))).sort();
}

/** Returns null when the file was deleted. */
function partOf(log: string, name: string): LogPart | null {
  const path = `${log}${name}`;
  const start = Number(PART_NAME.exec(name)?.[1]);
  const kind = name.endsWith(PACKED) ? 'packed' : 'plain';
  const length = kind === 'packed' ? unpackedLength(path) : sizeOf(path);
  return length === null ? null : { path, start, end: start + length, kind };
}

/** The names of the files that belong to the log, without the log's own name: `.journal`. */
export function suffixesOf(log: string): string[] {
  const own = basename(log);
  try {
    return readdirSync(dirname(log))
      .filter((name) => name.startsWith(`${own}.`))
      .map((name) => name.slice(own.length));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Null unless it is a regular file: a task can create others under these names. */
export function sizeOf(path: string): number | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : null;
}

/** RFC 1952, ISIZE: the last four bytes are the length modulo 2^32. No part is that long. */
function unpackedLength(path: string): number | null {
  try {
    const { bytes } = readTail(path, 4);
    return bytes.length === 4 ? bytes.readUInt32LE() : null;
  } catch (error) {
    if (error instanceof NotARegularFile || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
