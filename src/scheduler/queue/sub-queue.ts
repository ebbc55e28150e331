// The pending items of one owner at one priority, first in, first out. Items are kept in chunks with the minimum demand
// of each, so that a search skips a chunk in which nothing can fit.
import type { Demand, Need, PendingItem } from '../items.ts';
import { backfillTimeMs } from '../releases.ts';

export interface Place {
  readonly chunk: number;
  readonly index: number;
}

/** Must be monotone: a demand larger than one that does not fit does not fit either. */
export type Fits = (demand: Demand) => boolean;

interface Chunk {
  readonly items: PendingItem[];
  /** The minimum of each dimension over the items. */
  min: Demand;
}

/** Prices the needs of one owner; null changes none. */
export type Pricing = ((need: Need) => Need) | null;

const CHUNK_SIZE = 256;
const FRONT: Place = { chunk: 0, index: 0 };

export class SubQueue {
  readonly owner: string;
  readonly priority: number;
  /** Since when the current head has been the head, epoch ms. */
  headSinceMs = 0;
  #chunks: Chunk[] = [];
  #pricing: Pricing = null;
  /** The items with their price, so that a decision sees one object for each. */
  #priced = new WeakMap<PendingItem, PendingItem>();

  constructor(owner: string, priority: number) {
    this.owner = owner;
    this.priority = priority;
  }

  get head(): PendingItem | undefined {
    return this.at(FRONT);
  }

  items(): PendingItem[] {
    return this.#chunks.flatMap(({ items }) => items).map((item) => this.#withPrice(item));
  }

  /** The same items at a price, valid until the sub-queue changes. */
  priced(pricing: Pricing): SubQueue {
    if (pricing === null) return this;
    const view = new SubQueue(this.owner, this.priority);
    view.headSinceMs = this.headSinceMs;
    view.#chunks = this.#chunks;
    view.#pricing = pricing;
    return view;
  }

  /** Inserts `item` by its submission. */
  add(item: PendingItem, nowMs: number): void {
    const { chunk, index } = this.placeOf(item);
    const target = this.#chunks[chunk];
    if (target === undefined || (index === CHUNK_SIZE && target.items.length === CHUNK_SIZE))
      this.#chunks.splice(chunk + 1, 0, { items: [item], min: item });
    else {
      target.items.splice(index, 0, item);
      target.min = minOf(target.min, item);
      if (target.items.length > CHUNK_SIZE) this.#split(chunk);
    }
    if (this.#chunks[0]?.items[0] === item) this.headSinceMs = nowMs;
  }

  remove(item: PendingItem, nowMs: number): void {
    const wasHead = this.#chunks[0]?.items[0] === item;
    const { chunk, index } = this.placeOf(item);
    const target = this.#chunks[chunk];
    if (target?.items[index] !== item) throw new Error(`${item.id} is not in its sub-queue`);
    target.items.splice(index, 1);
    if (target.items.length === 0) this.#chunks.splice(chunk, 1);
    else if (equalsInOneDim(item, target.min)) target.min = minOfAll(target.items);
    if (wasHead) this.headSinceMs = nowMs;
  }

  /** The place of the first item from `from` on that fits; undefined when none does. */
  find(fits: Fits, from: Place = FRONT): Place | undefined {
    const pricing = this.#pricing;
    const fitsAtPrice: Fits =
      pricing === null ? fits : (demand) => fits({ ...demand, need: pricing(demand.need) });
    let index = from.index;
    for (let chunk = from.chunk; chunk < this.#chunks.length; chunk += 1, index = 0) {
      const { items, min } = this.#chunks[chunk] as Chunk;
      if (!fitsAtPrice(min)) continue;
      for (; index < items.length; index += 1)
        if (fitsAtPrice(items[index] as PendingItem)) return { chunk, index };
    }
    return undefined;
  }

  at({ chunk, index }: Place): PendingItem | undefined {
    const item = this.#chunks[chunk]?.items[index];
    return item && this.#withPrice(item);
  }

  /** The place of `item`, or the place to insert it at: in the last chunk that does not start after it. */
  placeOf(item: PendingItem): Place {
    const begun = lowerBound(this.#chunks, ({ items }) => bySubmission(items[0] as PendingItem, item) <= 0);
    const chunk = Math.max(0, begun - 1);
    const items = this.#chunks[chunk]?.items ?? [];
    return { chunk, index: lowerBound(items, (other) => bySubmission(other, item) < 0) };
  }

  /** A copy with `item` added; O(chunks). */
  with(item: PendingItem, nowMs: number): SubQueue {
    const copy = new SubQueue(this.owner, this.priority);
    copy.headSinceMs = this.headSinceMs;
    copy.#chunks = [...this.#chunks];
    copy.#pricing = this.#pricing;
    copy.#priced = this.#priced;
    const { chunk } = copy.placeOf(item);
    const target = copy.#chunks[chunk];
    if (target !== undefined) copy.#chunks[chunk] = { items: [...target.items], min: target.min };
    copy.add(item, nowMs);
    return copy;
  }

  #withPrice(item: PendingItem): PendingItem {
    if (this.#pricing === null) return item;
    const known = this.#priced.get(item);
    if (known !== undefined) return known;
    const priced = { ...item, need: this.#pricing(item.need), declared: item.need };
    this.#priced.set(item, priced);
    return priced;
  }

  #split(chunk: number): void {
    const { items } = this.#chunks[chunk] as Chunk;
    const rest = items.splice(CHUNK_SIZE / 2);
    this.#chunks.splice(chunk, 1, { items, min: minOfAll(items) }, { items: rest, min: minOfAll(rest) });
  }
}

export function bySubmission(a: PendingItem, b: PendingItem): number {
  const byTime = (a.orderMs ?? a.submittedAtMs) - (b.orderMs ?? b.submittedAtMs);
  if (byTime !== 0) return byTime;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** How many elements satisfy `isBefore`, which must hold for a prefix of `sorted` only. */
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

function minOfAll(items: readonly PendingItem[]): Demand {
  return items.reduce<Demand>(minOf, items[0] as PendingItem);
}

function minOf(a: Demand, b: Demand): Demand {
  const isMin =
    a.need.memBytes <= b.need.memBytes &&
    a.need.cpuCores <= b.need.cpuCores &&
    a.timeMs <= b.timeMs &&
    a.killTimeoutMs <= b.killTimeoutMs &&
    backfillTimeMs(a) <= backfillTimeMs(b);
  if (isMin) return a;
  return {
    need: {
      memBytes: Math.min(a.need.memBytes, b.need.memBytes),
      cpuCores: Math.min(a.need.cpuCores, b.need.cpuCores),
    },
    timeMs: Math.min(a.timeMs, b.timeMs),
    killTimeoutMs: Math.min(a.killTimeoutMs, b.killTimeoutMs),
    safeMs: leastOf(a.safeMs, b.safeMs),
  };
}

function equalsInOneDim(item: Demand, min: Demand): boolean {
  return (
    item.need.memBytes === min.need.memBytes ||
    item.need.cpuCores === min.need.cpuCores ||
    item.timeMs === min.timeMs ||
    item.killTimeoutMs === min.killTimeoutMs ||
    (item.safeMs !== undefined && item.safeMs === min.safeMs)
  );
}

function leastOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
