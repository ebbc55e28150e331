// Reads new output and the progress file of a live attempt, and keeps its progress.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Progress } from '../../core/progress.ts';
import {
  foldOutput,
  foldProgressFile,
  forgetUnfinished,
  NO_PROGRESS,
  type ProgressState,
  progressOf,
} from '../../progress/state.ts';

/** What is read of a file at one look, at most: its end. */
const READ_BYTES = 64 * 1024;
const buffer = Buffer.allocUnsafe(READ_BYTES);

export class ProgressReader {
  readonly #log: Growing;
  readonly #toldPath: string;
  readonly #told: Growing;
  #hasTold = false;
  #state: ProgressState = NO_PROGRESS;

  /** The files need not exist. The first `look` reads their current content, as for an adopted attempt. */
  constructor(paths: { readonly log: string; readonly progressFile: string }) {
    this.#log = new Growing(paths.log);
    this.#toldPath = paths.progressFile;
    this.#told = new Growing(paths.progressFile);
  }

  /**
   * Once a tick: one read of each file that has grown. `logBytes`: size of the log. `mayHaveActed`: the command; else no
   * progress file is looked for where there was none. `nowMs` is of the monotonic clock.
   */
  look(nowMs: number, logBytes: number, mayHaveActed: boolean): void {
    const output = this.#log.added(logBytes);
    if (output !== null) {
      if (output.isAfterGap) this.#state = forgetUnfinished(this.#state);
      this.#state = foldOutput(this.#state, output.text, nowMs);
    }
    if (!mayHaveActed && !this.#hasTold) return;
    const file = statSync(this.#toldPath, { throwIfNoEntry: false });
    this.#hasTold = file !== undefined;
    const told = this.#told.added(file?.size ?? 0);
    if (told !== null && told.text !== '') this.#state = foldProgressFile(this.#state, told.text, nowMs);
  }

  /** Null without any progress. */
  progress(nowMs: number): Progress | null {
    return progressOf(this.#state, nowMs);
  }
}

interface Added {
  /** Empty: nothing was added since the last look, for the first time. */
  readonly text: string;
  /** The text does not follow what was read before. */
  readonly isAfterGap: boolean;
}

/** A file others append to, read from where the last look ended. */
class Growing {
  readonly #path: string;
  #offset = 0;
  #isQuiet = true;

  constructor(path: string) {
    this.#path = path;
  }

  /** `size`: what it is now. Null: nothing new to know. */
  added(size: number): Added | null {
    if (size === this.#offset) {
      if (this.#isQuiet) return null;
      this.#isQuiet = true;
      return { text: '', isAfterGap: false };
    }
    // Rotated, truncated or made anew.
    const hasShrunk = size < this.#offset;
    const from = Math.max(hasShrunk ? 0 : this.#offset, size - READ_BYTES);
    const isAfterGap = hasShrunk || from > this.#offset;
    const read = readEnd(this.#path, from);
    if (read === null) return null;
    this.#offset = from + read.length;
    this.#isQuiet = false;
    const text = read.toString('utf8');
    // The first line has no beginning.
    return { text: from > 0 && isAfterGap ? text.replace(/^[^\r\n]*/, '') : text, isAfterGap };
  }
}

/** Null: the file has gone, or there are no descriptors left; the next look tells. */
function readEnd(path: string, from: number): Buffer | null {
  let fd: number | null = null;
  try {
    fd = openSync(path, 'r');
    return buffer.subarray(0, readSync(fd, buffer, 0, READ_BYTES, from));
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}
