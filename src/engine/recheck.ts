// Wakes up to look again at attempts whose main process has ended while others of its tree live on: not every kernel
// tells when the last one goes.
import type { TaskId } from '../core/task.ts';

const FIRST_MS = 5;
const LONGEST_MS = 1000;

export class RecheckTimers {
  readonly #look: (id: TaskId) => void;
  readonly #timers = new Map<TaskId, { readonly timer: NodeJS.Timeout; readonly delayMs: number }>();

  constructor(look: (id: TaskId) => void) {
    this.#look = look;
  }

  /** Sooner at first, then more and more seldom. */
  at(id: TaskId): void {
    const before = this.#timers.get(id);
    if (before !== undefined) clearTimeout(before.timer);
    const delayMs = before === undefined ? FIRST_MS : Math.min(LONGEST_MS, before.delayMs * 2);
    this.#timers.set(id, { delayMs, timer: setTimeout(() => this.#look(id), delayMs) });
  }

  forget(id: TaskId): void {
    const look = this.#timers.get(id);
    if (look !== undefined) clearTimeout(look.timer);
    this.#timers.delete(id);
  }

  close(): void {
    for (const id of [...this.#timers.keys()]) this.forget(id);
  }
}
