// Joins points to points of a longer step.
import type { Field, Point } from './fields.ts';

/** One point a step: the mean or the highest of the values that are known. It runs for every task at every sample. */
export class Thinner {
  readonly #stepMs: number;
  readonly #isMax: readonly boolean[];
  /** Start of the step; NaN before the first point. */
  #at = Number.NaN;
  readonly #sums: number[];
  readonly #counts: number[];

  constructor(stepMs: number, fields: readonly Field[]) {
    this.#stepMs = stepMs;
    this.#isMax = fields.map(({ thin }) => thin === 'max');
    this.#sums = fields.map(() => 0);
    this.#counts = fields.map(() => 0);
  }

  /** Returns the point of the step before when this one begins another. */
  add({ at, values }: Point): Point | null {
    const start = at - (at % this.#stepMs);
    const closed = start === this.#at ? null : this.close();
    this.#at = start;
    for (let index = 0; index < this.#isMax.length; index += 1) {
      const value = values[index] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      const sum = this.#sums[index] ?? 0;
      const count = this.#counts[index] ?? 0;
      const isMax = this.#isMax[index] ?? false;
      this.#sums[index] = isMax ? Math.max(count === 0 ? value : sum, value) : sum + value;
      this.#counts[index] = isMax ? 1 : count + 1;
    }
    return closed;
  }

  /** The point of the step so far; null when it has none. */
  get open(): Point | null {
    if (Number.isNaN(this.#at)) return null;
    const values: number[] = [];
    for (let index = 0; index < this.#sums.length; index += 1)
      values.push((this.#sums[index] ?? 0) / (this.#counts[index] || Number.NaN));
    return { at: this.#at, values };
  }

  /** Returns `open` and starts again. */
  close(): Point | null {
    const point = this.open;
    this.#at = Number.NaN;
    this.#sums.fill(0);
    this.#counts.fill(0);
    return point;
  }
}

/** Of each time the finest point, oldest first. A coarser one comes only before all of the finer ones. */
export function joinTiers(
  tiers: readonly { readonly stepMs: number; readonly points: readonly Point[] }[],
): Point[] {
  let joined: Point[] = [];
  for (const { stepMs, points } of tiers) {
    const since = joined[0]?.at ?? Number.POSITIVE_INFINITY;
    const older = points.filter(({ at }) => at + stepMs <= since);
    joined = [...older.sort((a, b) => a.at - b.at), ...joined];
  }
  return joined;
}

/** At most one point a step. */
export function thinTo(stepMs: number, fields: readonly Field[], points: readonly Point[]): Point[] {
  const thinner = new Thinner(stepMs, fields);
  const closed = points.map((point) => thinner.add(point));
  return [...closed, thinner.close()].filter((point) => point !== null);
}
