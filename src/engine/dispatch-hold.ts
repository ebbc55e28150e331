// Holds the dispatch after a start that failed for a shortage of the host: the queue waits instead of failing task by task.

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/** `what` names what the host is short of, `message` is the failure. */
export interface Held {
  readonly what: string;
  readonly message: string;
}

export class DispatchHold {
  #held: Held | null = null;
  #failures = 0;
  #untilMs = 0;

  /** Null while nothing is held. */
  get held(): Held | null {
    return this.#held;
  }

  /** How many attempts may start now: after a wait one, which proves that the shortage is over. */
  allowed(monoMs: number): number {
    if (this.#held === null) return Number.POSITIVE_INFINITY;
    return monoMs < this.#untilMs ? 0 : 1;
  }

  /** Doubles the wait with each failure in a row, but not for several attempts of one wait. */
  failed(held: Held, monoMs: number): void {
    if (this.#held === null || monoMs >= this.#untilMs) {
      this.#untilMs = monoMs + Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
      this.#failures += 1;
    }
    this.#held = held;
  }

  /** Call when the command of an attempt has started. */
  succeeded(): void {
    this.#held = null;
    this.#failures = 0;
  }
}
