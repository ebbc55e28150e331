// --observability=strict: reads what an attempt has printed since the last sample and remembers when that was progress.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { detectProgress, NO_LINES, type RepetitionState } from '../../watchdog/repetition.ts';

/** Of more than this in one interval only the end is looked at. */
const MAX_BYTES = 256 * 1024;
const buffer = Buffer.allocUnsafe(MAX_BYTES);

export class StrictOutput {
  readonly #path: string;
  #position = 0;
  #recent: RepetitionState = NO_LINES;
  #progressAt: number | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** For `outputAt` of a sample whose `outputBytes` is 0: epoch ms of the last progress seen, null before the first. */
  read(wallMs: number): number | null {
    const chunk = this.#next();
    if (chunk === '') return this.#progressAt;
    const { state, isProgress } = detectProgress(this.#recent, chunk);
    this.#recent = state;
    if (isProgress) this.#progressAt = wallMs;
    return this.#progressAt;
  }

  #next(): string {
    try {
      const fd = openSync(this.#path, 'r');
      try {
        const { size } = fstatSync(fd);
        // Shorter than before: it was rotated.
        const from = Math.max(this.#position > size ? 0 : this.#position, size - MAX_BYTES);
        const length = readSync(fd, buffer, 0, MAX_BYTES, from);
        this.#position = from + length;
        // latin1 never tears a character; for the comparison it does not matter which.
        return buffer.toString('latin1', 0, length);
      } finally {
        closeSync(fd);
      }
    } catch {
      return '';
    }
  }
}
