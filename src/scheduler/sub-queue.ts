// The pending items of one owner at one priority, first in first out. Kept in chunks that know their least demand, so
// that a search for something small enough passes over the rest without looking at it.
import type { Demand, PendingItem } from './snapshot.ts';

/** Where an item stands in its lane. */
export interface Place {
  readonly chunk: number;
  readonly index: number;
}

/** Must be monotone: what refuses a demand refuses every larger one. */
export type Gate = (demand: Demand) => boolean;

interface Chunk {
  readonly items: PendingItem[];
  /** The least of each dimension over the items; perhaps no item's own. */
  least: Demand;
}

const CHUNK_SIZE = 256;
const FRONT: Place = { chunk: 0, index: 0 };

export class SubQueue {
  readonly owner: string;
  readonly priority: number;
  /** Since when its head has been the head, epoch ms. */
  headSinceMs = 0;
  #chunks: Chunk[] = [];

  constructor(owner: string, priority: number) {
    this.owner = owner;
    this.priority = priority;
  }

  get head(): PendingItem | undefined {
    return this.#chunks[0]?.items[0];
  }

  /** In order. */
  items(): PendingItem[] {
    return this.#chunks.flatMap(({ items }) => items);
  }

  /** Puts `item` at its place by submission. */
  add(item: PendingItem, nowMs: number): void {
    const { chunk, index } = this.placeOf(item);
    const target = this.#chunks[chunk];
    if (target === undefined || (index === CHUNK_SIZE && target.items.length === CHUNK_SIZE))
      this.#chunks.splice(chunk + 1, 0, { items: [item], least: item });
    else {
      target.items.splice(index, 0, item);
      target.least = lesser(target.least, item);
      if (target.items.length > CHUNK_SIZE) this.#split(chunk);
    }
    if (this.head === item) this.headSinceMs = nowMs;
  }

  remove(item: PendingItem, nowMs: number): void {
    const wasHead = this.head === item;
    const { chunk, index } = this.placeOf(item);
    const target = this.#chunks[chunk];
    if (target?.items[index] !== item) throw new Error(`${item.id} is not in its lane`);
    target.items.splice(index, 1);
    if (target.items.length === 0) this.#chunks.splice(chunk, 1);
    else if (attains(item, target.least)) target.least = leastOf(target.items);
    if (wasHead) this.headSinceMs = nowMs;
  }

  /** The first place from `from` on whose item passes; undefined when there is none. */
  find(gate: Gate, from: Place = FRONT): Place | undefined {
    let index = from.index;
    for (let chunk = from.chunk; chunk < this.#chunks.length; chunk += 1, index = 0) {
      const { items, least } = this.#chunks[chunk] as Chunk;
      if (!gate(least)) continue;
      for (; index < items.length; index += 1) if (gate(items[index] as PendingItem)) return { chunk, index };
    }
    return undefined;
  }

  at({ chunk, index }: Place): PendingItem | undefined {
    return this.#chunks[chunk]?.items[index];
  }

  /** Where `item` stands, or would stand: its chunk is the last one that does not begin behind it. */
  placeOf(item: PendingItem): Place {
    const begun = lowerBound(this.#chunks, ({ items }) => bySubmission(items[0] as PendingItem, item) <= 0);
    const chunk = Math.max(0, begun - 1);
    const items = this.#chunks[chunk]?.items ?? [];
    return { chunk, index: lowerBound(items, (other) => bySubmission(other, item) < 0) };
  }

  /** A lane of its own with the same items and `item`; O(chunks). */
  with(item: PendingItem, nowMs: number): SubQueue {
    const subQueue = new SubQueue(this.owner, this.priority);
    subQueue.headSinceMs = this.headSinceMs;
    subQueue.#chunks = [...this.#chunks];
    const { chunk } = subQueue.placeOf(item);
    const target = subQueue.#chunks[chunk];
    if (target !== undefined) subQueue.#chunks[chunk] = { items: [...target.items], least: target.least };
    subQueue.add(item, nowMs);
    return subQueue;
  }

  #split(chunk: number): void {
    const { items } = this.#chunks[chunk] as Chunk;
    const rest = items.splice(CHUNK_SIZE / 2);
    this.#chunks.splice(chunk, 1, { items, least: leastOf(items) }, { items: rest, least: leastOf(rest) });
  }
}

export function bySubmission(a: PendingItem, b: PendingItem): number {
  if (a.submittedAtMs !== b.submittedAtMs) return a.submittedAtMs - b.submittedAtMs;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** How many of `sorted` satisfy `isBefore`, which holds for a first part of them and then no more. */
function lowerBound<T>(sorted: readonly T[], isBefore: (element: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sorted[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function leastOf(items: readonly PendingItem[]): Demand {
  return items.reduce<Demand>(lesser, items[0] as PendingItem);
}

function lesser(a: Demand, b: Demand): Demand {
  if (isAtMost(a, b)) return a;
  return {
    need: {
      memBytes: Math.min(a.need.memBytes, b.need.memBytes),
      cpuCores: Math.min(a.need.cpuCores, b.need.cpuCores),
    },
    timeMs: Math.min(a.timeMs, b.timeMs),
  };
}

function isAtMost(a: Demand, b: Demand): boolean {
  return a.need.memBytes <= b.need.memBytes && a.need.cpuCores <= b.need.cpuCores && a.timeMs <= b.timeMs;
}

function attains(item: Demand, least: Demand): boolean {
  return (
    item.need.memBytes === least.need.memBytes ||
    item.need.cpuCores === least.need.cpuCores ||
    item.timeMs === least.timeMs
  );
}
