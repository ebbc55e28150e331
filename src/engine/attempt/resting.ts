// Passes over the samples of an attempt at rest, and brings its state up to date when it acts again.
import type { Now } from '../../core/clock.ts';
import type { Task } from '../../core/task.ts';
import { continues, type Rest, stateAt } from '../../watchdog/rest.ts';
import type { Sample, WatchState } from '../../watchdog/state.ts';

export class Resting {
  #rest: Rest | null = null;
  /** A task is a new object after each change. */
  #task: Task | null = null;
  /** Of the last sample that was passed over. */
  #seen: Now | null = null;

  /** Call when a sample was judged and the task rests. It holds once the state of `rest` is committed. */
  begin(rest: Rest, task: Task): void {
    this.#rest = rest;
    this.#task = task;
    this.#seen = rest.sample.now;
  }

  /**
   * `state`: of the last sample that was judged. Returns the time until the next rule of time when `sample` need not be
   * judged; else null.
   */
  passOver(state: WatchState | null, task: Task, sample: Sample, gapMs: number): number | null {
    const rest = this.#restIn(state);
    const { now } = sample;
    if (rest === null || this.#task !== task || now.monoMs - this.#seenMs > gapMs) return null;
    if (!continues(rest, sample)) return null;
    this.#seen = now;
    return rest.untilMs - now.monoMs;
  }

  /** The state at the last sample. */
  upToDate(state: WatchState): WatchState {
    const rest = this.#restIn(state);
    return rest === null || this.#seen === null ? state : stateAt(rest, this.#seen);
  }

  /** Time from `state` to the last sample. */
  restedMs(state: WatchState): number {
    return this.#restIn(state) === null ? 0 : this.#seenMs - state.lastMonoMs;
  }

  get #seenMs(): number {
    return this.#seen?.monoMs ?? 0;
  }

  /** The round that judged the sample may have been discarded, or a later one was judged. */
  #restIn(state: WatchState | null): Rest | null {
    return this.#rest?.state === state ? this.#rest : null;
  }
}
