// The timers of the loop and of attempts that need a recheck.
import type { TaskId } from '../core/task.ts';

const COMMIT_RETRY_MS = 1000;
const DUE_MAX_MS = 60_000;
/** Time in which tasks that allocate 1 GB/s take 100 MB. */
const GROWTH_LOOK_MS = 100;

/** The sampling tick, the next deadline, and the retry of a failed commit. */
export class LoopTimers {
  #tick: NodeJS.Timeout | null = null;
  #due: NodeJS.Timeout | null = null;
  #commitRetry: NodeJS.Timeout | null = null;
  #growth: NodeJS.Timeout | null = null;

  get isTickArmed(): boolean {
    return this.#tick !== null;
  }

  armTick(delayMs: number, tick: () => void): void {
    this.#tick = setTimeout(() => {
      this.#tick = null;
      tick();
    }, delayMs);
  }

  /** Looks for growth until `looked` returns false. */
  armGrowth(looked: () => boolean): void {
    this.#growth ??= setTimeout(() => {
      this.#growth = null;
      if (looked()) this.armGrowth(looked);
    }, GROWTH_LOOK_MS);
  }

  /** Replaces the deadline; null clears it. */
  armDue(delayMs: number | null, due: () => void): void {
    if (this.#due !== null) clearTimeout(this.#due);
    // Before the retry of the commit, the deadline's changes would fail as well.
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
    for (const timer of [this.#tick, this.#due, this.#commitRetry, this.#growth])
      if (timer !== null) clearTimeout(timer);
  }
}

const RECHECK_FIRST_MS = 5;
const RECHECK_MAX_MS = 1000;

/** Rechecks attempts whose processes outlived the main process: not every kernel reports when the last one ends. */
export class RecheckTimers {
  readonly #recheck: (id: TaskId) => void;
  readonly #timers = new Map<TaskId, { readonly timer: NodeJS.Timeout; readonly delayMs: number }>();

  constructor(recheck: (id: TaskId) => void) {
    this.#recheck = recheck;
  }

  /** Doubles the delay of an attempt with each call. */
  schedule(id: TaskId): void {
    const before = this.#timers.get(id);
    if (before !== undefined) clearTimeout(before.timer);
    const delayMs = before === undefined ? RECHECK_FIRST_MS : Math.min(RECHECK_MAX_MS, before.delayMs * 2);
    this.#timers.set(id, { delayMs, timer: setTimeout(() => this.#recheck(id), delayMs) });
  }

  forget(id: TaskId): void {
    const scheduled = this.#timers.get(id);
    if (scheduled !== undefined) clearTimeout(scheduled.timer);
    this.#timers.delete(id);
  }

  close(): void {
    for (const id of [...this.#timers.keys()]) this.forget(id);
  }
}
