// Reads new output and the progress file of a live attempt, and updates its progress.
import { statSync } from 'node:fs';
import type { Now } from '../../core/clock.ts';
import type { Progress } from '../../core/progress.ts';
import { type Added, GrowingFile } from '../../logs/tail.ts';
import {
  advancesOf,
  dropUnfinished,
  foldOutput,
  foldProgressFile,
  NO_PROGRESS,
  type ProgressState,
  progressOf,
  timeLeft,
} from '../../progress/state.ts';
import { lastLineOf } from '../../watchdog/repetition.ts';

/** Largest read per sample, from the end of the file. A strict task is judged by every line, so more is read. */
const READ_BYTES = 64 * 1024;
const STRICT_READ_BYTES = 256 * 1024;
const TAIL_CHARS = 1000;

export class ProgressReader {
  readonly #log: GrowingFile;
  readonly #reportPath: string;
  readonly #report: GrowingFile;
  #hasReport = false;
  #state: ProgressState = NO_PROGRESS;
  #reports = 0;
  #tail = '';

  /** The files need not exist. The first `look` reads their current content. */
  constructor(paths: { readonly log: string; readonly progressFile: string }) {
    this.#log = new GrowingFile(paths.log);
    this.#reportPath = paths.progressFile;
    this.#report = new GrowingFile(paths.progressFile);
  }

  /**
   * Call once per sample: reads each file that has grown and returns the new output. `nowMs` is monotonic, `logBytes` the
   * size of the log. Does not look for a new progress file if the command was idle (`mayHaveActed` is false).
   */
  look(nowMs: number, logBytes: number, mayHaveActed: boolean, isStrict: boolean): Added | null {
    const output = this.#log.added(logBytes, isStrict ? STRICT_READ_BYTES : READ_BYTES);
    if (output !== null) {
      if (output.isAfterGap) this.#state = dropUnfinished(this.#state);
      this.#state = foldOutput(this.#state, output.text, nowMs);
      this.#tail = (this.#tail + output.text).slice(-TAIL_CHARS);
    }
    if (mayHaveActed || this.#hasReport) this.#readReport(nowMs);
    return output;
  }

  #readReport(nowMs: number): void {
    const size = this.#reportSize();
    this.#hasReport = size !== null;
    const added = this.#report.added(size ?? 0, READ_BYTES);
    if (added === null || added.text === '') return;
    this.#reports += 1;
    this.#state = foldProgressFile(this.#state, added.text, nowMs);
  }

  /** Null without the file, or when it cannot be examined. */
  #reportSize(): number | null {
    try {
      return statSync(this.#reportPath, { throwIfNoEntry: false })?.size ?? null;
    } catch {
      return null;
    }
  }

  /** Null without output. */
  get lastLine(): string | null {
    return lastLineOf(this.#tail);
  }

  /** Rises with each sign of life: new progress in the output, and whatever is written to the progress file. */
  get signs(): number {
    return advancesOf(this.#state) + this.#reports;
  }

  /** The end of the task by its progress, epoch ms; null when the progress gives none or is not trusted. */
  end({ wallMs, monoMs }: Now): { readonly p50Ms: number; readonly p90Ms: number | null } | null {
    const left = timeLeft(this.#state, monoMs);
    if (left === null) return null;
    return { p50Ms: wallMs + left.p50Ms, p90Ms: left.p90Ms === null ? null : wallMs + left.p90Ms };
  }

  /** By the progress; null when it gives no end, or is not trusted. */
  remainingMs(nowMs: number): number | null {
    return timeLeft(this.#state, nowMs)?.p50Ms ?? null;
  }

  /** Returns null without any progress. */
  progress(nowMs: number): Progress | null {
    return progressOf(this.#state, nowMs);
  }
}
