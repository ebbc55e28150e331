// Tickets: callers that wait for capacity before they submit a task. Each has a place in the scheduler's queue.

import {
  aheadOf,
  nextReport,
  type WaitingReport,
  type WaitingState,
} from '../../core/answers/waiting-report.ts';
import type { Lease } from '../../core/lease.ts';
import { type Blocked, holdsRoom } from '../../scheduler/explain.ts';
import type { PendingItem } from '../../scheduler/items.ts';
import type { Plan } from '../../scheduler/plan.ts';
import type { Queue } from '../../scheduler/queue/queue.ts';

export interface Ticket {
  readonly item: PendingItem;
  /** Lifetime of the lease that is granted. */
  readonly leaseTtlMs: number;
  waiting(blocked: Blocked): void;
  granted(lease: Lease): void;
  /** Called when the daemon stops. */
  failed(error: unknown): void;
}

/** Reports are at most this late. */
const ANNOUNCE_MS = 500;

export class Tickets {
  readonly #queue: Queue;
  readonly #waiting = new Map<string, Ticket>();
  readonly #reports = new Map<string, WaitingReport>();
  #announcedAt = Number.NEGATIVE_INFINITY;
  #isAnnouncing = false;

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
    this.#reports.delete(id);
    if (this.#waiting.delete(id)) this.#queue.remove(id, nowMs);
  }

  /** Calls `plan` at most every ANNOUNCE_MS and for new tickets: its cost grows with the queue. */
  async announce(
    plan: () => Promise<Pick<Plan, 'get'>>,
    now: { readonly wallMs: number; readonly monoMs: number },
  ): Promise<void> {
    if (this.#isAnnouncing) return;
    const hasNew = this.#reports.size < this.#waiting.size;
    const { monoMs } = now;
    if (this.#waiting.size === 0 || !(hasNew || monoMs - this.#announcedAt >= ANNOUNCE_MS)) return;
    this.#announcedAt = monoMs;
    this.#isAnnouncing = true;
    const planned = await plan().finally(() => {
      this.#isAnnouncing = false;
    });
    for (const [id, ticket] of this.#waiting) {
      const blocked = planned.get(id)?.blocked;
      if (blocked === undefined || blocked === null) continue;
      const report = nextReport(this.#reports.get(id) ?? null, stateOf(blocked), now);
      if (report === null) continue;
      this.#reports.set(id, report);
      ticket.waiting(blocked);
    }
  }
}

function stateOf({ dim, outside, shortBy, hold, blockedBy, owners, start }: Blocked): WaitingState {
  return {
    dim,
    ahead: aheadOf(blockedBy, owners),
    isOutside: holdsRoom({ outside, shortBy }),
    hold: hold === undefined ? null : `${hold.by} ${hold.until} ${hold.reason}`,
    expectedMs: start.expectedMs,
  };
}
