// The pending items that could start if there were room, in lanes: kept up to date by its owner, read by the scheduler.

import type { Need, PendingItem, Reservation } from './snapshot.ts';
import { SubQueue } from './sub-queue.ts';

/** The item whose start time was promised by the last decision, and when that was, epoch ms. */
export interface Promised {
  readonly item: PendingItem;
  readonly madeAtMs: number;
}

/** What a decision reads of the queue. */
export interface QueueView {
  readonly size: number;
  /** Sums over all items. */
  readonly needs: Need;
  /** See `Queue.reserve`. */
  readonly promise: Promised | undefined;
  subQueues(): Iterable<SubQueue>;
  subQueueOf(item: PendingItem): SubQueue | undefined;
  /** Epoch ms; -Infinity for an owner that never got anything started. */
  servedAtMs(owner: string): number;
}

/** Owners beyond these, those served longest ago, count as never served. */
const OWNERS_REMEMBERED = 10_000;

export class Queue implements QueueView {
  readonly #items = new Map<string, PendingItem>();
  readonly #subQueues = new Map<string, SubQueue>();
  readonly #counts = new Map<string, number>();
  /** In the order of service, longest ago first. */
  readonly #servedAtMs = new Map<string, number>();
  readonly #memBytes = new Sum();
  readonly #cpuCores = new Sum();
  #promise: { readonly id: string; readonly madeAtMs: number } | null = null;

  get size(): number {
    return this.#items.size;
  }

  get needs(): Need {
    return { memBytes: this.#memBytes.value, cpuCores: this.#cpuCores.value };
  }

  get promise(): Promised | undefined {
    const item = this.#promise === null ? undefined : this.#items.get(this.#promise.id);
    return item && this.#promise ? { item, madeAtMs: this.#promise.madeAtMs } : undefined;
  }

  /** Puts `item` at its place by submission; an item that comes back after an attempt stands where it stood. */
  add(item: PendingItem, nowMs: number): void {
    if (this.#items.has(item.id)) throw new Error(`${item.id} is in the queue already`);
    this.#items.set(item.id, item);
    this.#counts.set(item.owner, this.countOf(item.owner) + 1);
    this.#memBytes.add(item.need.memBytes);
    this.#cpuCores.add(item.need.cpuCores);
    let subQueue = this.subQueueOf(item);
    if (subQueue === undefined) {
      subQueue = new SubQueue(item.owner, item.priority);
      this.#subQueues.set(subQueueKey(item), subQueue);
    }
    subQueue.add(item, nowMs);
  }

  /** Does nothing when there is no such item. */
  remove(id: string, nowMs: number): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#items.delete(id);
    const count = this.countOf(item.owner) - 1;
    if (count === 0) this.#counts.delete(item.owner);
    else this.#counts.set(item.owner, count);
    this.#memBytes.add(-item.need.memBytes);
    this.#cpuCores.add(-item.need.cpuCores);
    const subQueue = this.subQueueOf(item);
    subQueue?.remove(item, nowMs);
    if (subQueue?.head === undefined) this.#subQueues.delete(subQueueKey(item));
    if (this.#promise?.id === id) this.#promise = null;
  }

  get(id: string): PendingItem | undefined {
    return this.#items.get(id);
  }

  has(id: string): boolean {
    return this.#items.has(id);
  }

  /** How many items of `owner` wait. */
  countOf(owner: string): number {
    return this.#counts.get(owner) ?? 0;
  }

  subQueues(): Iterable<SubQueue> {
    return this.#subQueues.values();
  }

  subQueueOf(item: PendingItem): SubQueue | undefined {
    return this.#subQueues.get(subQueueKey(item));
  }

  /** Notes that something of `owner` was started. */
  served(owner: string, atMs: number): void {
    this.#servedAtMs.delete(owner);
    this.#servedAtMs.set(owner, atMs);
    if (this.#servedAtMs.size <= OWNERS_REMEMBERED) return;
    const [longestAgo = owner] = this.#servedAtMs.keys();
    this.#servedAtMs.delete(longestAgo);
  }

  servedAtMs(owner: string): number {
    return this.#servedAtMs.get(owner) ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * Notes the reservation of the decision made at `nowMs`. The next decisions keep what it promises, see `Turns`. Null, or
   * removal of the item, ends that.
   */
  reserve(reservation: Reservation | null, nowMs: number): void {
    this.#promise = reservation && { id: reservation.id, madeAtMs: nowMs };
  }
}

/** The queue with `item` in it, to be read before it changes again; O(lanes + chunks of the item's lane). */
export function withItem(queue: QueueView, item: PendingItem, nowMs: number): QueueView {
  const was = queue.subQueueOf(item);
  const subQueue = was?.with(item, nowMs) ?? new SubQueue(item.owner, item.priority);
  if (was === undefined) subQueue.add(item, nowMs);
  const subQueues = [...queue.subQueues()].filter((other) => other !== was);
  subQueues.push(subQueue);
  const { memBytes, cpuCores } = queue.needs;
  return {
    size: queue.size + 1,
    needs: { memBytes: memBytes + item.need.memBytes, cpuCores: cpuCores + item.need.cpuCores },
    promise: queue.promise,
    subQueues: () => subQueues,
    subQueueOf: (other) => (subQueueKey(other) === subQueueKey(item) ? subQueue : queue.subQueueOf(other)),
    servedAtMs: (owner) => queue.servedAtMs(owner),
  };
}

function subQueueKey({ owner, priority }: PendingItem): string {
  return `${priority} ${owner}`;
}

/** A running sum that stays exact to rounding over any number of additions and subtractions (Neumaier 1974). */
class Sum {
  #sum = 0;
  #lost = 0;

  get value(): number {
    return this.#sum + this.#lost;
  }

  add(term: number): void {
    const next = this.#sum + term;
    this.#lost += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - next + term : term - next + this.#sum;
    this.#sum = next;
  }
}
