// Records when a log had grown how far, because log lines have no time: at most one entry `<epoch ms> <bytes>` a second.
// When the file is full, every second entry of its older half is removed: recent hours keep the resolution of one second.
import { closeSync, writeSync } from 'node:fs';
import { NotARegularFile, openRegular, readRegular, replaceFile } from '../files/regular-file.ts';

const GRAIN_MS = 1000;
/** Tolerance for clocks and timers. */
const EARLY_MS = 50;
const MAX_BYTES = 1024 ** 2;

interface Entry {
  readonly ms: number;
  readonly offset: number;
}

export function timesPath(log: string): string {
  return log.replace(/\.log$/, '.times');
}

export class LogTimes {
  readonly #path: string;
  #fd: number | null = null;
  #bytes: number;
  #last: Entry;

  constructor(path: string) {
    this.#path = path;
    const text = readText(path);
    this.#bytes = text.length;
    this.#last = parse(text).at(-1) ?? { ms: 0, offset: 0 };
    // A full disk may have cut the last entry: start the next one on a new line.
    if (text !== '' && !text.endsWith('\n')) this.#append('\n');
  }

  /** `offset`: bytes printed so far. `isLast` skips the limit of one entry a second. Throws file system errors. */
  record(ms: number, offset: number, isLast = false): void {
    if (offset === this.#last.offset) return;
    if (!isLast && Math.abs(ms - this.#last.ms) < GRAIN_MS - EARLY_MS) return;
    this.#append(`${Math.round(ms)} ${offset}\n`);
    this.#last = { ms, offset };
    if (this.#bytes > MAX_BYTES) this.#thin();
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #append(text: string): void {
    this.#fd ??= openRegular(this.#path, 'append_own');
    this.#bytes += writeSync(this.#fd, text);
  }

  #thin(): void {
    const entries = parse(readText(this.#path));
    const middle = entries.length / 2;
    const kept = entries.filter((_, i) => i >= middle || i % 2 === 0);
    const text = kept.map(({ ms, offset }) => `${ms} ${offset}\n`).join('');
    this.close();
    replaceFile(this.#path, text);
    this.#bytes = text.length;
  }
}

/** Size of all output at the last entry before `ms`; 0 before the first entry. Later bytes were written later. */
export function offsetBefore(log: string, ms: number): number {
  return parse(readText(timesPath(log))).findLast((entry) => entry.ms < ms)?.offset ?? 0;
}

/** When the byte at `offset` was first seen (epoch ms); null if not recorded. */
export function writtenAt(log: string, offset: number): number | null {
  return parse(readText(timesPath(log))).find((entry) => entry.offset > offset)?.ms ?? null;
}

function readText(path: string): string {
  try {
    return readRegular(path, 'latin1');
  } catch (error) {
    if (error instanceof NotARegularFile) return '';
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parse(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(\d+) (\d+)$/.exec(line);
    return match === null ? [] : [{ ms: Number(match[1]), offset: Number(match[2]) }];
  });
}
