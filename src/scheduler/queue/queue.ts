// The pending items that are ready to start, in sub-queues, and those under a hold. The daemon keeps the queue up to date; a
// decision reads it.
import { holdOf, type StartHold } from '../../core/host/start-hold.ts';
import type { HeldItem, Need, PendingItem, Reservation } from '../items.ts';
import { OwnerUse } from '../owner-use.ts';
import { pricedNeed, priceOf } from '../price.ts';
import { type Pricing, SubQueue } from './sub-queue.ts';

/** The reservation of the last decision. */
export interface HeldReservation {
  readonly item: PendingItem;
  /** Epoch ms. */
  readonly madeAtMs: number;
}

/** The part of the queue that a decision reads. */
export interface QueueView {
  /** Without the held items. */
  readonly size: number;
  /** Sum over all items, also the held ones. */
  readonly needs: Need;
  /** The items under a hold, in the order in which they came: no decision starts them. */
  held(): Iterable<HeldItem>;
  /** The hold that an item of the queue is under; null: none. */
  heldBy(id: string): StartHold | null;
  /** The hold that a new item would be under; null: none. */
  holdOf(item: PendingItem): StartHold | null;
  /** See `Queue.reserve`. */
  readonly reservation: HeldReservation | undefined;
  subQueues(): Iterable<SubQueue>;
  subQueueOf(item: PendingItem): SubQueue | undefined;
  /** Also a held item. */
  get(id: string): PendingItem | undefined;
  /** When an item of `owner` last started, epoch ms; -Infinity when none has. */
  servedAtMs(owner: string): number;
  readonly used: OwnerUse;
  /** How the needs of its items are priced; null: not at all. */
  pricingOf(owner: string): Pricing;
}

/** Bounds memory: beyond this number the owner served longest ago counts as never served. */
const MAX_SERVED_OWNERS = 10_000;

export class Queue implements QueueView {
  readonly used: OwnerUse;
  readonly #items = new Map<string, PendingItem>();
  readonly #held = new Map<string, HeldItem>();
  #holds: readonly StartHold[] = [];
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

  held(): Iterable<HeldItem> {
    return this.#held.values();
  }

  heldBy(id: string): StartHold | null {
    return this.#held.get(id)?.hold ?? null;
  }

  holdOf(item: PendingItem): StartHold | null {
    return holdOf(this.#holds, item);
  }

  /** Moves every item under the holds in force. Released items get their old places. */
  setHolds(holds: readonly StartHold[], nowMs: number): void {
    this.#holds = holds;
    const items = [...this.#items.values(), ...[...this.#held.values()].map(({ item }) => item)];
    for (const item of items) {
      const before = this.#held.get(item.id)?.hold ?? null;
      if (before === this.holdOf(item)) continue;
      this.remove(item.id, nowMs);
      this.add(item, nowMs);
    }
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
    if (this.has(item.id)) throw new Error(`${item.id} is already in the queue`);
    this.#count(item, 1);
    const hold = this.holdOf(item);
    if (hold !== null) {
      this.#held.set(item.id, { item, hold });
      return;
    }
    this.#items.set(item.id, item);
    let subQueue = this.subQueueOf(item);
    if (subQueue === undefined) {
      subQueue = new SubQueue(item.owner, item.priority);
      this.#subQueues.set(subQueueKey(item), subQueue);
    }
    subQueue.add(item, nowMs);
  }

  /** Does nothing when the queue has no such item. */
  remove(id: string, nowMs: number): void {
    const item = this.get(id);
    if (item === undefined) return;
    this.#count(item, -1);
    if (this.#held.delete(id)) return;
    this.#items.delete(id);
    const subQueue = this.subQueueOf(item);
    subQueue?.remove(item, nowMs);
    if (subQueue?.head === undefined) this.#subQueues.delete(subQueueKey(item));
    if (this.#reservation?.id === id) this.#reservation = null;
  }

  get(id: string): PendingItem | undefined {
    return this.#items.get(id) ?? this.#held.get(id)?.item;
  }

  pricingOf(): Pricing {
    return null;
  }

  has(id: string): boolean {
    return this.#items.has(id) || this.#held.has(id);
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

  /** The wall clock was set by so much: what waits has waited as long as before. */
  shiftClock(byMs: number): void {
    for (const subQueue of this.subQueues()) subQueue.headSinceMs += byMs;
    for (const [owner, atMs] of this.#servedAtMs) this.#servedAtMs.set(owner, atMs + byMs);
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

/**
 * A view of the queue in which each item costs what its owner's attempts show (`priceOf`), at most `most`. Valid until the
 * queue changes.
 */
export function pricedQueue(queue: Queue, most: Need, nowMs: number): QueueView {
  const pricings = new Map<string, Pricing>();
  const pricingOf = (owner: string): Pricing => {
    const known = pricings.get(owner);
    if (known !== undefined) return known;
    const price = priceOf(queue.used.declared(owner, nowMs));
    const pricing: Pricing = price && ((need) => pricedNeed(need, price, most));
    pricings.set(owner, pricing);
    return pricing;
  };
  const views = new Map<SubQueue, SubQueue>();
  const viewOf = (subQueue: SubQueue): SubQueue => {
    const view = views.get(subQueue) ?? subQueue.priced(pricingOf(subQueue.owner));
    views.set(subQueue, view);
    return view;
  };
  const subQueueOf = (item: PendingItem) => {
    const subQueue = queue.subQueueOf(item);
    return subQueue && viewOf(subQueue);
  };
  const itemOf = (item: PendingItem) => {
    const subQueue = subQueueOf(item);
    return subQueue?.at(subQueue.placeOf(item)) ?? item;
  };
  return {
    size: queue.size,
    needs: queue.needs,
    *held() {
      for (const { item, hold } of queue.held())
        yield { item: pricedItem(item, pricingOf(item.owner)), hold };
    },
    heldBy: (id) => queue.heldBy(id),
    holdOf: (item) => queue.holdOf(item),
    get reservation() {
      const { reservation } = queue;
      return reservation && { ...reservation, item: itemOf(reservation.item) };
    },
    get(id) {
      const item = queue.get(id);
      if (item !== undefined && queue.heldBy(id) !== null) return pricedItem(item, pricingOf(item.owner));
      return item && itemOf(item);
    },
    *subQueues() {
      for (const subQueue of queue.subQueues()) yield viewOf(subQueue);
    },
    subQueueOf,
    servedAtMs: (owner) => queue.servedAtMs(owner),
    used: queue.used,
    pricingOf,
  };
}

function pricedItem(item: PendingItem, pricing: Pricing): PendingItem {
  return pricing === null ? item : { ...item, need: pricing(item.need), declared: item.need };
}

/** A view of the queue with `item` added, valid until the queue changes; O(sub-queues + chunks of the item's sub-queue). */
export function withItem(queue: QueueView, item: PendingItem, nowMs: number): QueueView {
  const hold = queue.holdOf(item);
  if (hold !== null) return withHeld(queue, { item: pricedItem(item, queue.pricingOf(item.owner)), hold });
  const old = queue.subQueueOf(item);
  const subQueue = old?.with(item, nowMs) ?? newSubQueue(item, queue.pricingOf(item.owner), nowMs);
  const subQueues = [...queue.subQueues()].filter((other) => other !== old);
  subQueues.push(subQueue);
  const { memBytes, cpuCores } = queue.needs;
  return {
    size: queue.size + 1,
    needs: { memBytes: memBytes + item.need.memBytes, cpuCores: cpuCores + item.need.cpuCores },
    held: () => queue.held(),
    heldBy: (id) => queue.heldBy(id),
    holdOf: (other) => queue.holdOf(other),
    reservation: queue.reservation,
    subQueues: () => subQueues,
    get: (id) => (id === item.id ? item : queue.get(id)),
    subQueueOf: (other) => (subQueueKey(other) === subQueueKey(item) ? subQueue : queue.subQueueOf(other)),
    servedAtMs: (owner) => queue.servedAtMs(owner),
    used: queue.used,
    pricingOf: (owner) => queue.pricingOf(owner),
  };
}

function withHeld(queue: QueueView, added: HeldItem): QueueView {
  const { item } = added;
  return {
    size: queue.size,
    needs: queue.needs,
    *held() {
      yield* queue.held();
      yield added;
    },
    heldBy: (id) => (id === item.id ? added.hold : queue.heldBy(id)),
    holdOf: (other) => queue.holdOf(other),
    reservation: queue.reservation,
    subQueues: () => queue.subQueues(),
    get: (id) => (id === item.id ? item : queue.get(id)),
    subQueueOf: (other) => queue.subQueueOf(other),
    servedAtMs: (owner) => queue.servedAtMs(owner),
    used: queue.used,
    pricingOf: (owner) => queue.pricingOf(owner),
  };
}

function newSubQueue(item: PendingItem, pricing: Pricing, nowMs: number): SubQueue {
  const subQueue = new SubQueue(item.owner, item.priority);
  subQueue.add(item, nowMs);
  return subQueue.priced(pricing);
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
