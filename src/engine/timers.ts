// The three timers of the loop: the sampling tick, what falls due by time alone, and the next try of a failed commit.

const COMMIT_RETRY_MS = 1000;
const DUE_MAX_MS = 60_000;

export class LoopTimers {
  #tick: NodeJS.Timeout | null = null;
  #due: NodeJS.Timeout | null = null;
  #commitRetry: NodeJS.Timeout | null = null;

  get isTickArmed(): boolean {
    return this.#tick !== null;
  }

  armTick(delayMs: number, tick: () => void): void {
    this.#tick = setTimeout(() => {
      this.#tick = null;
      tick();
    }, delayMs);
  }

  /** Replaces the one before; null: nothing is due. */
  armDue(delayMs: number | null, due: () => void): void {
    if (this.#due !== null) clearTimeout(this.#due);
    // What is due would only fail again before the next try of the commit.
    this.#due =
      delayMs === null || this.#commitRetry !== null ? null : setTimeout(due, Math.min(DUE_MAX_MS, delayMs));
  }

  armCommitRetry(retry: () => void): void {
    this.#commitRetry ??= setTimeout(() => {
      this.#commitRetry = null;
      retry();
    }, COMMIT_RETRY_MS);
  }

  close(): void {
    for (const timer of [this.#tick, this.#due, this.#commitRetry]) if (timer !== null) clearTimeout(timer);
  }
}
