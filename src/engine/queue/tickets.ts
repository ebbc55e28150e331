// Those who wait for room without having submitted anything: each holds a place in the scheduler's queue.
import type { Lease } from '../../core/lease.ts';
import type { Blocked } from '../../scheduler/explain.ts';
import type { PendingItem } from '../../scheduler/items.ts';
import type { Plan } from '../../scheduler/plan.ts';
import type { Queue } from '../../scheduler/queue.ts';

export interface Ticket {
  readonly item: PendingItem;
  /** How long the room is held once it is granted. */
  readonly leaseTtlMs: number;
  waiting(blocked: Blocked): void;
  granted(lease: Lease): void;
  /** The daemon stops or could not record the lease. */
  failed(error: unknown): void;
}

interface Told {
  readonly blocked: Blocked;
  readonly monoMs: number;
}

/** A waiter hears at least this often that it is not forgotten. */
export const REMIND_MS = 30_000;
/** InboxPage may be this old. */
const ANNOUNCE_MS = 500;
/** A prediction that moves by less is not worth a line. */
const WORTH_TELLING_MS = 30_000;

export class Tickets {
  readonly #queue: Queue;
  readonly #waiting = new Map<string, Ticket>();
  readonly #told = new Map<string, Told>();
  #announcedAt = Number.NEGATIVE_INFINITY;

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get(id: string): Ticket | undefined {
    return this.#waiting.get(id);
  }

  values(): Iterable<Ticket> {
    return this.#waiting.values();
  }

  add(ticket: Ticket, nowMs: number): void {
    this.#waiting.set(ticket.item.id, ticket);
    this.#queue.add(ticket.item, nowMs);
  }

  remove(id: string, nowMs: number): void {
    this.#told.delete(id);
    if (this.#waiting.delete(id)) this.#queue.remove(id, nowMs);
  }

  /** `foretell` makes the plan, which costs by the length of the queue: not at every round. */
  announce(foretell: () => Plan, monoMs: number): void {
    const isNew = this.#told.size < this.#waiting.size;
    if (this.#waiting.size === 0 || !(isNew || monoMs - this.#announcedAt >= ANNOUNCE_MS)) return;
    this.#announcedAt = monoMs;
    const plan = foretell();
    for (const [id, ticket] of this.#waiting) {
      const blocked = plan.get(id)?.blocked;
      if (blocked === undefined || blocked === null) continue;
      const told = this.#told.get(id);
      if (told !== undefined && monoMs - told.monoMs < REMIND_MS && !isNews(told.blocked, blocked)) continue;
      this.#told.set(id, { blocked, monoMs });
      ticket.waiting(blocked);
    }
  }
}

function isNews(before: Blocked, now: Blocked): boolean {
  if (before.dim !== now.dim || before.position !== now.position) return true;
  if (before.earliestStartMs === null || now.earliestStartMs === null)
    return before.earliestStartMs !== now.earliestStartMs;
  return Math.abs(before.earliestStartMs - now.earliestStartMs) >= WORTH_TELLING_MS;
}
