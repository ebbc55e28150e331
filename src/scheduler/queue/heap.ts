// A binary heap whose first element may be moved back in place.

export class Heap<T> {
  readonly #items: T[];
  readonly #compare: (a: T, b: T) => number;

  /** Takes `items` over and reorders it; O(n). */
  constructor(compare: (a: T, b: T) => number, items: T[] = []) {
    this.#compare = compare;
    this.#items = items;
    for (let index = (items.length >>> 1) - 1; index >= 0; index -= 1) this.#sink(index);
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = items[parent] as T;
      if (this.#compare(above, item) <= 0) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  /** Removes the first element; undefined when the heap is empty. */
  take(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#sink(0);
    }
    return first;
  }

  /** Restores the order after a change that moves the first element back. */
  sinkFirst(): void {
    this.#sink(0);
  }

  #sink(index: number): void {
    const items = this.#items;
    const item = items[index];
    if (item === undefined) return;
    for (let at = index; ; ) {
      let child = 2 * at + 1;
      let least = items[child];
      const right = items[child + 1];
      if (least !== undefined && right !== undefined && this.#compare(right, least) < 0) {
        child += 1;
        least = right;
      }
      if (least === undefined || this.#compare(item, least) <= 0) {
        items[at] = item;
        return;
      }
      items[at] = least;
      at = child;
    }
  }
}
