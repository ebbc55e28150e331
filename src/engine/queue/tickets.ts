// Tickets: callers that wait for capacity before they submit a task. Each has a place in the scheduler's queue.
import type { Lease } from '../../core/lease.ts';
import type { Blocked } from '../../scheduler/explain.ts';
import type { PendingItem } from '../../scheduler/items.ts';
import type { Plan } from '../../scheduler/plan.ts';
import type { Queue } from '../../scheduler/queue.ts';

export interface Ticket {
  readonly item: PendingItem;
  /** Lifetime of the lease that is granted. */
  readonly leaseTtlMs: number;
  waiting(blocked: Blocked): void;
  granted(lease: Lease): void;
  /** Called when the daemon stops. */
  failed(error: unknown): void;
}

interface Announcement {
  readonly blocked: Blocked;
  readonly monoMs: number;
}

/** A waiting caller gets a report at least this often. */
export const REMIND_MS = 30_000;
/** Reports are at most this late. */
const ANNOUNCE_MS = 500;
/** A predicted start that moves by less is not reported. */
const SHIFT_MS = 30_000;

export class Tickets {
  readonly #queue: Queue;
  readonly #waiting = new Map<string, Ticket>();
  readonly #announced = new Map<string, Announcement>();
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
    this.#announced.delete(id);
    if (this.#waiting.delete(id)) this.#queue.remove(id, nowMs);
  }

  /** Calls `plan` at most every ANNOUNCE_MS and for new tickets: its cost grows with the queue. */
  announce(plan: () => Pick<Plan, 'get'>, monoMs: number): void {
    const hasNew = this.#announced.size < this.#waiting.size;
    if (this.#waiting.size === 0 || !(hasNew || monoMs - this.#announcedAt >= ANNOUNCE_MS)) return;
    this.#announcedAt = monoMs;
    const planned = plan();
    for (const [id, ticket] of this.#waiting) {
      const blocked = planned.get(id)?.blocked;
      if (blocked === undefined || blocked === null) continue;
      const last = this.#announced.get(id);
      if (last !== undefined && monoMs - last.monoMs < REMIND_MS && !hasChanged(last.blocked, blocked))
        continue;
      this.#announced.set(id, { blocked, monoMs });
      ticket.waiting(blocked);
    }
  }
}

function hasChanged(before: Blocked, now: Blocked): boolean {
  if (before.dim !== now.dim || before.position !== now.position) return true;
  return hasMoved(before.start.expectedMs, now.start.expectedMs);
}

function hasMoved(beforeMs: number | null, nowMs: number | null): boolean {
  if (beforeMs === null || nowMs === null) return beforeMs !== nowMs;
  return Math.abs(beforeMs - nowMs) >= SHIFT_MS;
}
