// Where a point is in the file of a series. The time of a point decides its place, so a file needs no index, an old
// point is overwritten by a new one, and each place proves itself: its time must belong there.
import { type Field, type Point, TIERS, type Tier } from './fields.ts';

const NUMBER_BYTES = 8;

export function pointBytes(fields: readonly Field[]): number {
  return NUMBER_BYTES * (1 + fields.length);
}

/** The largest file. */
export function fileBytes(fields: readonly Field[]): number {
  return TIERS.reduce((sum, { count }) => sum + count, 0) * pointBytes(fields);
}

function slotOf({ stepMs, count }: Tier, at: number): number {
  return Math.floor(at / stepMs) % count;
}

export interface Chunk {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The points of one tier, oldest first, as few writes: neighbors share one. */
export function encode(tierIndex: number, fields: readonly Field[], points: readonly Point[]): Chunk[] {
  const tier = TIERS[tierIndex];
  if (tier === undefined || points.length === 0) return [];
  const size = pointBytes(fields);
  const start = size * TIERS.slice(0, tierIndex).reduce((sum, { count }) => sum + count, 0);
  const bytes = Buffer.from(numbersOf(points, fields.length).buffer);
  const offsets = points.map(({ at }) => start + size * slotOf(tier, at));
  const chunks: Chunk[] = [];
  for (let first = 0; first < points.length; ) {
    let end = first + 1;
    while (end < points.length && offsets[end] === (offsets[end - 1] ?? 0) + size) end += 1;
    chunks.push({ offset: offsets[first] ?? start, bytes: bytes.subarray(first * size, end * size) });
    first = end;
  }
  return chunks;
}

/** In the byte order of the host: a state directory stays on one host. */
function numbersOf(points: readonly Point[], fieldCount: number): Float64Array {
  const numbers = new Float64Array(points.length * (1 + fieldCount));
  for (const [index, { at, values }] of points.entries()) {
    numbers[index * (1 + fieldCount)] = at;
    for (let field = 0; field < fieldCount; field += 1)
      numbers[index * (1 + fieldCount) + 1 + field] = values[field] ?? Number.NaN;
  }
  return numbers;
}

/** The points of each tier. Ignores what no daemon can have written, and points later than `untilMs`. */
export function decode(fields: readonly Field[], file: Float64Array, untilMs: number): Point[][] {
  const length = 1 + fields.length;
  let start = 0;
  return TIERS.map((tier) => {
    const points: Point[] = [];
    for (let slot = 0; slot < tier.count; slot += 1) {
      const first = start + slot * length;
      const at = file[first] ?? 0;
      if (!(at > 0 && at <= untilMs && at % tier.stepMs === 0 && slotOf(tier, at) === slot)) continue;
      const values = [...file.subarray(first + 1, first + length)];
      if (values.length === fields.length && values.every(isMeasured)) points.push({ at, values });
    }
    start += length * tier.count;
    return withinSpan(tier, points);
  });
}

function isMeasured(value: number): boolean {
  return Number.isNaN(value) || (value >= 0 && Number.isFinite(value));
}

/** A slot that was skipped, as in a pause, still has a point of the turn before. */
function withinSpan({ stepMs, count }: Tier, points: readonly Point[]): Point[] {
  const newest = points.reduce((most, { at }) => Math.max(most, at), 0);
  return points.filter(({ at }) => at > newest - stepMs * count);
}
