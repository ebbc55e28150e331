// The pending items that are ready to start, in sub-queues. The daemon keeps the queue up to date; a decision reads it.
import type { Need, PendingItem, Reservation } from './items.ts';
import { OwnerUse } from './owner-use.ts';
import { SubQueue } from './sub-queue.ts';

/** The reservation of the last decision. */
export interface HeldReservation {
  readonly item: PendingItem;
  /** Epoch ms. */
  readonly madeAtMs: number;
}

/** The part of the queue that a decision reads. */
export interface QueueView {
  readonly size: number;
  /** Sum over all items. */
  readonly needs: Need;
  /** See `Queue.reserve`. */
  readonly reservation: HeldReservation | undefined;
  subQueues(): Iterable<SubQueue>;
  subQueueOf(item: PendingItem): SubQueue | undefined;
  /** When an item of `owner` last started, epoch ms; -Infinity when none has. */
  servedAtMs(owner: string): number;
  readonly used: OwnerUse;
}

/** Bounds memory: beyond this number the owner served longest ago counts as never served. */
const MAX_SERVED_OWNERS = 10_000;

export class Queue implements QueueView {
  readonly used: OwnerUse;
  readonly #items = new Map<string, PendingItem>();
  readonly #subQueues = new Map<string, SubQueue>();
  readonly #counts = new Map<string, number>();
  /** Ordered by service, longest ago first. */
  readonly #servedAtMs = new Map<string, number>();
  readonly #memBytes = new Sum();
  readonly #cpuCores = new Sum();
  #reservation: { readonly id: string; readonly madeAtMs: number } | null = null;

  constructor(used = new OwnerUse()) {
    this.used = used;
  }

  get size(): number {
    return this.#items.size;
  }

  get needs(): Need {
    return { memBytes: this.#memBytes.value, cpuCores: this.#cpuCores.value };
  }

  get reservation(): HeldReservation | undefined {
    const item = this.#reservation === null ? undefined : this.#items.get(this.#reservation.id);
    return item && this.#reservation ? { item, madeAtMs: this.#reservation.madeAtMs } : undefined;
  }

  /** Inserts `item` by its submission, so that an item requeued after an attempt gets its old place. */
  add(item: PendingItem, nowMs: number): void {
    if (this.#items.has(item.id)) throw new Error(`${item.id} is already in the queue`);
    this.#items.set(item.id, item);
    this.#count(item, 1);
    let subQueue = this.subQueueOf(item);
    if (subQueue === undefined) {
      subQueue = new SubQueue(item.owner, item.priority);
      this.#subQueues.set(subQueueKey(item), subQueue);
    }
    subQueue.add(item, nowMs);
  }

  /** Does nothing when the queue has no such item. */
  remove(id: string, nowMs: number): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#items.delete(id);
    this.#count(item, -1);
    const subQueue = this.subQueueOf(item);
    subQueue?.remove(item, nowMs);
    if (subQueue?.head === undefined) this.#subQueues.delete(subQueueKey(item));
    if (this.#reservation?.id === id) this.#reservation = null;
  }

  get(id: string): PendingItem | undefined {
    return this.#items.get(id);
  }

  has(id: string): boolean {
    return this.#items.has(id);
  }

  /** The number of items of `owner`. */
  countOf(owner: string): number {
    return this.#counts.get(owner) ?? 0;
  }

  subQueues(): Iterable<SubQueue> {
    return this.#subQueues.values();
  }

  subQueueOf(item: PendingItem): SubQueue | undefined {
    return this.#subQueues.get(subQueueKey(item));
  }

  /** Records that an item of `owner` started. */
  served(owner: string, atMs: number): void {
    this.#servedAtMs.delete(owner);
    this.#servedAtMs.set(owner, atMs);
    if (this.#servedAtMs.size <= MAX_SERVED_OWNERS) return;
    const [longestAgo = owner] = this.#servedAtMs.keys();
    this.#servedAtMs.delete(longestAgo);
  }

  servedAtMs(owner: string): number {
    return this.#servedAtMs.get(owner) ?? Number.NEGATIVE_INFINITY;
  }

  /** Records the reservation of the decision at `nowMs`; later decisions keep it (see `FairShareOrder`). Null drops it. */
  reserve(reservation: Reservation | null, nowMs: number): void {
    this.#reservation = reservation && { id: reservation.id, madeAtMs: nowMs };
  }

  #count({ owner, need }: PendingItem, sign: 1 | -1): void {
    const count = this.countOf(owner) + sign;
    if (count === 0) this.#counts.delete(owner);
    else this.#counts.set(owner, count);
    this.#memBytes.add(sign * need.memBytes);
    this.#cpuCores.add(sign * need.cpuCores);
  }
}

/** A view of the queue with `item` added, valid until the queue changes; O(sub-queues + chunks of the item's sub-queue). */
export function withItem(queue: QueueView, item: PendingItem, nowMs: number): QueueView {
  const old = queue.subQueueOf(item);
  const subQueue = old?.with(item, nowMs) ?? new SubQueue(item.owner, item.priority);
  if (old === undefined) subQueue.add(item, nowMs);
  const subQueues = [...queue.subQueues()].filter((other) => other !== old);
  subQueues.push(subQueue);
  const { memBytes, cpuCores } = queue.needs;
  return {
    size: queue.size + 1,
    needs: { memBytes: memBytes + item.need.memBytes, cpuCores: cpuCores + item.need.cpuCores },
    reservation: queue.reservation,
    subQueues: () => subQueues,
    subQueueOf: (other) => (subQueueKey(other) === subQueueKey(item) ? subQueue : queue.subQueueOf(other)),
    servedAtMs: (owner) => queue.servedAtMs(owner),
    used: queue.used,
  };
}

function subQueueKey({ owner, priority }: PendingItem): string {
  return `${priority} ${owner}`;
}

/** A running sum that stays exact to rounding over any number of additions and subtractions (Neumaier 1974). */
class Sum {
  #sum = 0;
  #compensation = 0;

  get value(): number {
    return this.#sum + this.#compensation;
  }

  add(term: number): void {
    const next = this.#sum + term;
    const isTermSmaller = Math.abs(this.#sum) >= Math.abs(term);
    this.#compensation += isTermSmaller ? this.#sum - next + term : term - next + this.#sum;
    this.#sum = next;
  }
}
