// --observability=strict: remembers when an attempt last printed something new.
import type { Added } from '../../logs/tail.ts';
import { NO_PROGRESS, type ProgressState, progressOf } from '../../watchdog/repetition.ts';

export class StrictOutput {
  #progress: ProgressState = NO_PROGRESS;
  #progressAt: number | null = null;

  /**
   * `added`: what was printed since the last sample. Returns `outputAt` of a sample whose `outputBytes` is 0: epoch ms of
   * the last progress seen, null before the first.
   */
  see(added: Added | null, wallMs: number): number | null {
    if (added === null || added.text === '') return this.#progressAt;
    const before = added.isAfterGap ? { ...this.#progress, unfinished: '' } : this.#progress;
    const { state, isProgress } = progressOf(before, added.text);
    this.#progress = state;
    if (isProgress) this.#progressAt = wallMs;
    return this.#progressAt;
  }
}
