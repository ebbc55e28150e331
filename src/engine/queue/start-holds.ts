// The holds in force. They end by the time since boot: it runs while the machine sleeps, and setting the clock does not move it.
import type { Now } from '../../core/clock.ts';
import { type HoldTarget, keyOfHold, type StartHold } from '../../core/host/start-hold.ts';
import type { Queue } from '../../scheduler/queue/queue.ts';

interface Entry {
  readonly hold: StartHold;
  /** Uptime in ms; null: until it is released. */
  readonly endsAtMs: number | null;
}

/** A wall clock that runs apart from the uptime by less is no jump. */
const JUMP_MS = 1000;

export class StartHolds {
  readonly #queue: Queue;
  readonly #uptimeMs: () => number;
  readonly #entries = new Map<string, Entry>();
  #changes = 0;

  /** `uptimeMs`: CLOCK_BOOTTIME. */
  constructor(queue: Queue, uptimeMs: () => number) {
    this.#queue = queue;
    this.#uptimeMs = uptimeMs;
  }

  /** Increases with each change. */
  get changes(): number {
    return this.#changes;
  }

  get(target: HoldTarget): StartHold | undefined {
    return this.#entries.get(keyOfHold(target))?.hold;
  }

  values(): StartHold[] {
    return [...this.#entries.values()].map(({ hold }) => hold);
  }

  /** Replaces a hold of the same scope. A stored one never lasts longer than when it was made. */
  put(hold: StartHold, { wallMs }: Now): void {
    const { since, until } = hold;
    const leftMs = until === null ? null : Math.max(0, Math.min(until - wallMs, until - since));
    const endsAtMs = leftMs === null ? null : this.#uptimeMs() + leftMs;
    this.#entries.set(keyOfHold(hold), { hold, endsAtMs });
    this.#apply(wallMs);
  }

  drop(target: HoldTarget, { wallMs }: Now): void {
    if (this.#entries.delete(keyOfHold(target))) this.#apply(wallMs);
  }

  /** The holds that are over. Also follows a clock that was set: the shown end of a hold moves with it. */
  expired({ wallMs }: Now): StartHold[] {
    if (this.#entries.size === 0) return [];
    const uptimeMs = this.#uptimeMs();
    let hasMoved = false;
    for (const [key, { hold, endsAtMs }] of this.#entries) {
      if (endsAtMs === null) continue;
      const until = Math.round(wallMs + endsAtMs - uptimeMs);
      if (Math.abs(until - (hold.until ?? 0)) < JUMP_MS) continue;
      this.#entries.set(key, { hold: { ...hold, until }, endsAtMs });
      hasMoved = true;
    }
    if (hasMoved) this.#apply(wallMs);
    return [...this.#entries.values()].flatMap(({ hold, endsAtMs }) =>
      endsAtMs !== null && endsAtMs <= uptimeMs ? hold : [],
    );
  }

  /** Milliseconds until the next hold ends; null when none does. */
  nextInMs(): number | null {
    let nextMs: number | null = null;
    for (const { endsAtMs } of this.#entries.values())
      if (endsAtMs !== null) nextMs = Math.min(nextMs ?? endsAtMs, endsAtMs);
    return nextMs === null ? null : Math.max(0, nextMs - this.#uptimeMs());
  }

  #apply(wallMs: number): void {
    this.#changes += 1;
    this.#queue.setHolds(this.values(), wallMs);
  }
}
