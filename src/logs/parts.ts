// The files of one attempt's log: what was rotated away, oldest first, and the file that is being written.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { readTail } from './tail.ts';

export interface LogPart {
  readonly path: string;
  /** Of all that the attempt has printed it holds the bytes [start, end). */
  readonly start: number;
  readonly end: number;
  /** packed: gzip. plain: rotated, not compressed yet. current: being written; there may be no such file yet. */
  readonly kind: 'packed' | 'plain' | 'current';
}

const PACKED = '.gz';
/** Ends the name of a part while it is being packed. */
export const PACKING = '.packing';
const START_DIGITS = 15;

/** `7.log`, 1200 -> `7.log.000000000001200`: the names sort as the bytes do. */
export function partPath(log: string, start: number): string {
  return `${log}.${String(start).padStart(START_DIGITS, '0')}`;
}

export function packedPath(plainPath: string): string {
  return `${plainPath}${PACKED}`;
}

/** The parts that are kept, the current one last. What is missing before and between them was deleted, or never kept. */
export function logParts(log: string): readonly LogPart[] {
  const parts = rotatedNames(log).flatMap((name) => partOf(log, name) ?? []);
  const start = parts.at(-1)?.end ?? 0;
  return [...parts, { path: log, start, end: start + (sizeOf(log) ?? 0), kind: 'current' }];
}

/** Where in all that was printed the current part begins. */
export function currentStart(log: string): number {
  const last = rotatedNames(log).at(-1);
  return last === undefined ? 0 : (partOf(log, last)?.end ?? 0);
}

const PART_NAME = new RegExp(`^\\.(\\d{${START_DIGITS}})(\\${PACKED})?$`);

/** Oldest first. Of a part that is plain and packed, the packed one: the other is about to go. */
function rotatedNames(log: string): string[] {
  const names = new Set(namesBeside(log).filter((name) => PART_NAME.test(name)));
  return [...names].filter((name) => !names.has(packedPath(name))).sort();
}

/** Null: it has just gone. */
function partOf(log: string, name: string): LogPart | null {
  const path = `${log}${name}`;
  const start = Number(PART_NAME.exec(name)?.[1]);
  const kind = name.endsWith(PACKED) ? 'packed' : 'plain';
  const length = kind === 'packed' ? unpackedLength(path) : sizeOf(path);
  return length === null ? null : { path, start, end: start + length, kind };
}

/** What follows the log's own name in the names of the files beside it. */
export function namesBeside(log: string): string[] {
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

export function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

/** RFC 1952, ISIZE: the last four bytes are the length modulo 2^32; no part is that long. */
function unpackedLength(path: string): number | null {
  try {
    const { bytes } = readTail(path, 4);
    return bytes.length === 4 ? bytes.readUInt32LE() : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
