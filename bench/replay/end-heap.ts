// A binary heap of running jobs, ordered by the time of their end.

interface End<T> {
  readonly atMs: number;
  readonly what: T;
}

export class EndHeap<T> {
  readonly #ends: End<T>[] = [];

  /** The next end, or Infinity when the heap is empty. */
  get nextMs(): number {
    return this.#ends[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  add(atMs: number, what: T): void {
    const ends = this.#ends;
    let at = ends.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = ends[parent];
      if (above === undefined || above.atMs <= atMs) break;
      ends[at] = above;
      at = parent;
    }
    ends[at] = { atMs, what };
  }

  /** Removes and returns the job that ends first. Throws when the heap is empty. */
  take(): T {
    const ends = this.#ends;
    const [first] = ends;
    const last = ends.pop();
    if (first === undefined || last === undefined) throw new Error('the heap is empty');
    if (ends.length > 0) this.#sink(last);
    return first.what;
  }

  /** Replaces the first entry. */
  #sink(end: End<T>): void {
    const ends = this.#ends;
    for (let at = 0; ; ) {
      let child = 2 * at + 1;
      let least = ends[child];
      const right = ends[child + 1];
      if (least !== undefined && right !== undefined && right.atMs < least.atMs) {
        child += 1;
        least = right;
      }
      if (least === undefined || end.atMs <= least.atMs) {
        ends[at] = end;
        return;
      }
      ends[at] = least;
      at = child;
    }
  }
}
