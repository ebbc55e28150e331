// --observability=strict: tracks when an attempt last printed something new.
import type { Added } from '../../logs/tail.ts';
import { detectProgress, NO_LINES, type RepetitionState } from '../../watchdog/repetition.ts';

export class StrictOutput {
  #recent: RepetitionState = NO_LINES;
  #progressAt: number | null = null;

  /**
   * `added`: the output since the last sample. Returns the epoch ms of the last new output, null before the first.
   */
  see(added: Added | null, wallMs: number): number | null {
    if (added === null || added.text === '') return this.#progressAt;
    const before = added.isAfterGap ? { ...this.#recent, unfinished: '' } : this.#recent;
    const { state, isProgress } = detectProgress(before, added.text);
    this.#recent = state;
    if (isProgress) this.#progressAt = wallMs;
    return this.#progressAt;
  }
}
