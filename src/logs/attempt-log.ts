// Tracks the log of a live attempt: its size, the time of the last output, and its unpacked parts.
import { closeSync, fstatSync, type Stats, statSync } from 'node:fs';
import type { Now } from '../core/clock.ts';
import { openRegular } from '../files/regular-file.ts';
import { reopenAbove } from '../files/reopen.ts';
import { currentStart, logParts } from './parts.ts';
import { logTouchedAt } from './read.ts';
import { LogTimes, timesPath, writtenAt } from './times.ts';

export interface LogRules {
  /** The supervisor rotates at this size (supervisor.sh). */
  readonly maxBytes: number;
  /** The daemon rotates when the day (local time) of the first byte is over. */
  readonly isDaily: boolean;
  /** Number of rotated parts to keep. */
  readonly keep: number;
}

/** A part may be deleted within seconds: packing it sooner wastes CPU time. */
const PACKED_AFTER_MS = 10_000;

export class AttemptLog {
  readonly path: string;
  /** The queued or running rotation; null without one. */
  rotation: Promise<void> | null = null;
  /** Do not rotate below this size: an unfinished line fills most of the log. */
  notBelowBytes = 0;
  #keepsOpen = false;
  #fd: number | null = null;
  #ino: number | null = null;
  /** The supervisor renames a full log, which changes its ctime. That has a coarse clock, so look twice after a change. */
  #ctimeMs: number | null = null;
  #wasChanged = false;
  #start: number | null = null;
  #size = 0;
  #touchedAt: number | null = null;
  /** A rotation changes the mtime: `printedAt` is the time of the last output before it. */
  #beforeRotation: { readonly touchedAt: number | null; readonly printedAt: number | null } | null = null;
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

  /** Reads size and mtime, which the other methods use. `printedAt` (epoch ms) advances even on a full disk. */
  refresh(): { readonly printedBytes: number; readonly printedAt: number | null } {
    const file = this.#stat();
    this.#wasChanged = file?.ctimeMs !== this.#ctimeMs;
    this.#ctimeMs = file?.ctimeMs ?? null;
    this.#size = file?.size ?? 0;
    // A log that was just renamed has no file for a moment.
    this.#touchedAt = file?.mtimeMs ?? this.#touchedAt;
    return { printedBytes: this.printedBytes(), printedAt: this.#printedAt() };
  }

  /** Keeps the file open until `release`: fstat costs a third of stat. */
  keepOpen(): void {
    this.#keepsOpen = true;
  }

  release(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    this.#keepsOpen = false;
    this.#forgetStart();
  }

  #forgetStart(): void {
    this.#start = null;
    this.#day = null;
    this.#isPlainStale = true;
  }

  #stat(): Stats | undefined {
    if (this.#fd !== null) {
      const open = fstatSync(this.#fd);
      if (open.ctimeMs === this.#ctimeMs && !this.#wasChanged) return open;
    }
    let file: Stats | undefined;
    try {
      file = statSync(this.path, { throwIfNoEntry: false });
    } catch {
      // The task has closed the directory. A log that cannot be examined must not keep it from being watched.
      reopenAbove(this.path);
      return this.#fd === null ? undefined : fstatSync(this.#fd);
    }
    const ino = file?.ino ?? null;
    if (ino !== this.#ino) {
      if (this.#fd !== null) closeSync(this.#fd);
      this.#fd = null;
      this.#ino = ino;
      this.#forgetStart();
    }
    if (this.#keepsOpen && file !== undefined) this.#fd ??= openedAt(this.path);
    return file;
  }

  /** Size of the current part in bytes. */
  get size(): number {
    return this.#size;
  }

  /** All output, including rotated and deleted parts. 0 until the file exists. */
  printedBytes(): number {
    return this.#touchedAt === null && this.#start === null ? 0 : this.#findStart() + this.#size;
  }

  #findStart(): number {
    try {
      this.#start ??= currentStart(this.path);
      return this.#start;
    } catch {
      // No file descriptor is left: retry at the next call.
      return 0;
    }
  }

  #printedAt(): number | null {
    return this.#touchedAt === this.#beforeRotation?.touchedAt
      ? (this.#beforeRotation?.printedAt ?? null)
      : this.#touchedAt;
  }

  /** Records how far the log has grown. `isLast`: the log is complete. Throws file system errors. */
  recordGrowth(nowMs: number, isLast = false): void {
    if (this.printedBytes() === 0) return;
    this.#times ??= new LogTimes(timesPath(this.path));
    try {
      this.#times.record(nowMs, this.printedBytes(), isLast);
    } finally {
      if (isLast) this.#times.close();
    }
  }

  isDue({ isDaily }: LogRules, nowMs: number): boolean {
    if (!isDaily || this.#size === 0 || this.#size < this.notBelowBytes) return false;
    this.#day ??= dayOf(this.#firstByteAt(nowMs));
    return this.#day !== dayOf(nowMs);
  }

  /** Not before the last rotation, which moves an unfinished line to the new file. */
  #firstByteAt(nowMs: number): number {
    const newest = logParts(this.path).at(-2);
    const rotatedAt = newest === undefined ? null : logTouchedAt(newest.path);
    return Math.max(rotatedAt ?? 0, writtenAt(this.path, this.#findStart()) ?? nowMs);
  }

  /** Call after a rotation. `start`: offset of the first byte of the file in all output. */
  rotated(start: number): void {
    const printedAt = this.#printedAt();
    this.#start = start;
    this.refresh();
    this.#beforeRotation = { touchedAt: this.#touchedAt, printedAt };
    this.#day = null;
    this.#isPlainStale = true;
    this.notBelowBytes = 0;
  }

  /** Returns the parts to pack, each once. The newest part of a growing log stays plain: reading its end is cheap. */
  takePackable({ monoMs }: Now, hasEnded: boolean): readonly string[] {
    if (this.#isPlainStale) {
      const paths = logParts(this.path).flatMap(({ kind, path }) => (kind === 'plain' ? [path] : []));
      this.#plain = new Map(paths.map((path) => [path, this.#plain.get(path) ?? monoMs]));
      this.#isPlainStale = false;
    }
    if (this.#plain.size === 0) return NO_PARTS;
    const ready = [...this.#plain]
      .filter(([, seenAt], i, all) => hasEnded || (i < all.length - 1 && monoMs - seenAt > PACKED_AFTER_MS))
      .map(([path]) => path);
    for (const path of ready) this.#plain.delete(path);
    return ready;
  }
}

const NO_PARTS: readonly string[] = [];

/** Caches the day of the last minute: `isDue` runs every second for each log. */
let lastMinute = { minute: Number.NaN, day: '' };

function dayOf(ms: number): string {
  const minute = Math.floor(ms / 60_000);
  if (minute !== lastMinute.minute) lastMinute = { minute, day: new Date(ms).toDateString() };
  return lastMinute.day;
}

/** Returns null when the file was deleted or replaced, or no file descriptor is left. */
function openedAt(path: string): number | null {
  try {
    return openRegular(path, 'read');
  } catch {
    return null;
  }
}
