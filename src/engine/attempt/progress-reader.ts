// Reads new output and the progress file of a live attempt, and keeps its progress.
import { statSync } from 'node:fs';
import type { Progress } from '../../core/progress.ts';
import { type Added, GrowingFile } from '../../logs/tail.ts';
import {
  dropUnfinished,
  foldOutput,
  foldProgressFile,
  NO_PROGRESS,
  type ProgressState,
  progressOf,
} from '../../progress/state.ts';

/** What is read of a file at one look, at most: its end. More for a task that is judged by every line it prints. */
const READ_BYTES = 64 * 1024;
const STRICT_READ_BYTES = 256 * 1024;

export class ProgressReader {
  readonly #log: GrowingFile;
  readonly #toldPath: string;
  readonly #told: GrowingFile;
  #hasTold = false;
  #state: ProgressState = NO_PROGRESS;

  /** The files need not exist. The first `look` reads their current content, as for an adopted attempt. */
  constructor(paths: { readonly log: string; readonly progressFile: string }) {
    this.#log = new GrowingFile(paths.log);
    this.#toldPath = paths.progressFile;
    this.#told = new GrowingFile(paths.progressFile);
  }

  /**
   * Once a tick: one read of each file that has grown. `logBytes`: size of the log. `mayHaveActed`: the command; else no
   * progress file is looked for where there was none. `nowMs` is of the monotonic clock. Returns what was added to the log.
   */
  look(nowMs: number, logBytes: number, mayHaveActed: boolean, isStrict: boolean): Added | null {
    const output = this.#log.added(logBytes, isStrict ? STRICT_READ_BYTES : READ_BYTES);
    if (output !== null) {
      if (output.isAfterGap) this.#state = dropUnfinished(this.#state);
      this.#state = foldOutput(this.#state, output.text, nowMs);
    }
    if (mayHaveActed || this.#hasTold) this.#lookAtTold(nowMs);
    return output;
  }

  #lookAtTold(nowMs: number): void {
    const file = statSync(this.#toldPath, { throwIfNoEntry: false });
    this.#hasTold = file !== undefined;
    const told = this.#told.added(file?.size ?? 0, READ_BYTES);
    if (told !== null && told.text !== '') this.#state = foldProgressFile(this.#state, told.text, nowMs);
  }

  /** Null without any progress. */
  progress(nowMs: number): Progress | null {
    return progressOf(this.#state, nowMs);
  }
}
