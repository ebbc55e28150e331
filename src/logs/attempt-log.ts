// The log of one attempt as this daemon follows it: how much was printed and when, and which of its parts are not packed.
import { closeSync, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import type { Now } from '../core/clock.ts';
import { currentStart, logParts } from './parts.ts';
import { LogTimes, timesPath, writtenAt } from './times.ts';

export interface LogRules {
  /** The log is rotated when it has grown to this. */
  readonly maxBytes: number;
  /** And when the day (local time) is another one than that of its first byte. */
  readonly isDaily: boolean;
  /** Rotated parts kept. */
  readonly keep: number;
}

/** A part that is deleted within seconds is not worth the CPU time. */
const PACKED_AFTER_MS = 10_000;

export class AttemptLog {
  readonly path: string;
  /** Settled while no rotation is queued or under way. */
  rotation: Promise<void> | null = null;
  /** Below this size a rotation has been found to be of no use. */
  notBelowBytes = 0;
  #isHeld = false;
  #fd: number | null = null;
  #start: number | null = null;
  #size = 0;
  #touchedAt: number | null = null;
  /** A rotation touches the file, too: it was `printedAt` that something was printed. */
  #moved: { readonly touchedAt: number | null; readonly printedAt: number | null } | null = null;
  #day: string | null = null;
  #times: LogTimes | null = null;
  /** Parts that are not packed, and the monotonic time at which each was first seen. */
  #plain = new Map<string, number>();
  #isPlainStale = true;

  constructor(path: string) {
    this.path = path;
  }

  get isRotating(): boolean {
    return this.rotation !== null;
  }

  /** Looks at the file; the other methods speak of what was seen last. `printedAt` (epoch ms) also moves on a full disk. */
  see(): { readonly printedBytes: number; readonly printedAt: number | null } {
    const file = this.#stat();
    this.#size = file?.size ?? 0;
    this.#touchedAt = file?.mtimeMs ?? null;
    return { printedBytes: this.printedBytes(), printedAt: this.#printedAt() };
  }

  /** Keeps the file open from now on, once there is one: looking at it then costs a third. Until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    this.#isHeld = false;
  }

  #stat(): Stats | undefined {
    if (this.#fd !== null) return fstatSync(this.#fd);
    const file = statSync(this.path, { throwIfNoEntry: false });
    if (this.#isHeld && file !== undefined) this.#fd = openedAt(this.path);
    return file;
  }

  /** Of the file alone. */
  get size(): number {
    return this.#size;
  }

  /** Wherever they are now. 0 while no file has been seen: that is made before anything is rotated away, and stays. */
  printedBytes(): number {
    return this.#touchedAt === null && this.#start === null ? 0 : this.#findStart() + this.#size;
  }

  #findStart(): number {
    try {
      this.#start ??= currentStart(this.path);
      return this.#start;
    } catch {
      // No descriptors left to look with: found at another look.
      return 0;
    }
  }

  #printedAt(): number | null {
    return this.#touchedAt === this.#moved?.touchedAt ? (this.#moved?.printedAt ?? null) : this.#touchedAt;
  }

  /** Notes how far the log has grown. `isLast`: it will grow no more. Throws what the file system says. */
  note(nowMs: number, isLast = false): void {
    if (this.printedBytes() === 0) return;
    this.#times ??= new LogTimes(timesPath(this.path));
    try {
      this.#times.note(nowMs, this.printedBytes(), isLast);
    } finally {
      if (isLast) this.#times.close();
    }
  }

  isDue({ maxBytes, isDaily }: LogRules, nowMs: number): boolean {
    const size = this.#size;
    if (size === 0 || size < this.notBelowBytes) return false;
    if (size >= maxBytes) return true;
    if (!isDaily) return false;
    this.#day ??= dayOf(this.#begunAt(nowMs));
    return this.#day !== dayOf(nowMs);
  }

  /** When its first byte was written, or what was before that rotated away: an unfinished line is older than the file. */
  #begunAt(nowMs: number): number {
    const newest = logParts(this.path).at(-2);
    const rotatedAt = newest === undefined ? 0 : modifiedAt(newest.path);
    return Math.max(rotatedAt, writtenAt(this.path, this.#findStart()) ?? nowMs);
  }

  /** It has become short: its first byte is the one at `start` of all that was printed. */
  moved(start: number): void {
    const printedAt = this.#printedAt();
    this.#start = start;
    this.see();
    this.#moved = { touchedAt: this.#touchedAt, printedAt };
    this.#day = null;
    this.#isPlainStale = true;
    this.notBelowBytes = 0;
  }

  /** Parts to be packed. While the log grows the newest stays as it is: the last lines are read without unpacking. */
  takePackable({ monoMs }: Now, hasEnded: boolean): readonly string[] {
    if (this.#isPlainStale) {
      const paths = logParts(this.path).flatMap(({ kind, path }) => (kind === 'plain' ? [path] : []));
      this.#plain = new Map(paths.map((path) => [path, this.#plain.get(path) ?? monoMs]));
      this.#isPlainStale = false;
    }
    const ready = [...this.#plain]
      .filter(([, seenAt], i, all) => hasEnded || (i < all.length - 1 && monoMs - seenAt > PACKED_AFTER_MS))
      .map(([path]) => path);
    for (const path of ready) this.#plain.delete(path);
    return ready;
  }
}

/** The minute (since the epoch) asked for last: every log asks, every second. No day begins within a minute. */
let lastMinute = { minute: Number.NaN, day: '' };

function dayOf(ms: number): string {
  const minute = Math.floor(ms / 60_000);
  if (minute !== lastMinute.minute) lastMinute = { minute, day: new Date(ms).toDateString() };
  return lastMinute.day;
}

/** Null: it has just gone, or no descriptor is left. */
function openedAt(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}

/** A part that has gone is old. */
function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
