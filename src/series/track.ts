// The series of one task or of the host while it grows: thins new points and writes them in batches.
import { type Field, type Point, TIERS } from './fields.ts';
import { readPoints, writePoints } from './series-file.ts';
import { joinTiers, Thinner, thinTo } from './thin.ts';

/** A daemon that is killed loses the points of this time. */
const WRITE_EVERY_MS = 10_000;
/** Of an idle host or task: one write a minute. */
const WRITE_IDLE_MS = 60_000;
/** Of the clock between two daemons, or after it was set. */
const CLOCK_SLACK_MS = 60_000;

/** Which points of a series, and how close. */
export interface SeriesQuery {
  /** Epoch ms. */
  readonly since: number;
  readonly stepMs: number;
}

export class Track {
  readonly #path: string;
  readonly #fields: readonly Field[];
  readonly #thinners: readonly Thinner[];
  /** Closed points of each tier that are not in the file yet. */
  #closed: Point[][] = TIERS.map(() => []);
  /** Epoch ms; null before the first point. */
  #writtenAt: number | null = null;
  readonly #phaseMs: number;

  /** `phaseMs`: tracks with different phases write at different times. */
  constructor(path: string, fields: readonly Field[], phaseMs = 0) {
    this.#path = path;
    this.#fields = fields;
    this.#thinners = TIERS.map(({ stepMs }) => new Thinner(stepMs, fields));
    this.#phaseMs = phaseMs;
  }

  add(point: Point, isIdle = false): void {
    for (let tier = 0; tier < this.#thinners.length; tier += 1) {
      const closed = this.#thinners[tier]?.add(point) ?? null;
      if (closed !== null) this.#closed[tier]?.push(closed);
    }
    this.#writtenAt ??= point.at;
    const everyMs = isIdle ? WRITE_IDLE_MS : WRITE_EVERY_MS;
    const turnOf = (at: number) => Math.floor((at + this.#phaseMs) / everyMs);
    if (turnOf(point.at) !== turnOf(this.#writtenAt)) this.#write(point.at);
  }

  /** Writes the open steps too: nothing follows. */
  close(): void {
    for (const [tier, thinner] of this.#thinners.entries()) {
      const point = thinner.close();
      if (point !== null) this.#closed[tier]?.push(point);
    }
    this.#write(this.#writtenAt ?? 0);
  }

  async read(query: SeriesQuery, nowMs: number): Promise<Point[]> {
    this.#write(nowMs);
    const open = this.#thinners[0]?.open ?? null;
    return readSeries(this.#path, this.#fields, query, nowMs, open === null ? [] : [open]);
  }

  #write(at: number): void {
    writePoints(this.#path, this.#fields, this.#closed);
    this.#closed = TIERS.map(() => []);
    this.#writtenAt = at;
  }
}

/** `newest`: points that are not in the file. */
export async function readSeries(
  path: string,
  fields: readonly Field[],
  { since, stepMs }: SeriesQuery,
  nowMs: number,
  newest: readonly Point[] = [],
): Promise<Point[]> {
  const kept = await readPoints(path, fields, nowMs + CLOCK_SLACK_MS);
  const tiers = TIERS.map(({ stepMs: tierMs }, tier) => ({
    stepMs: tierMs,
    points: [...(kept[tier] ?? []), ...(tier === 0 ? newest : [])],
  }));
  return thinTo(
    stepMs,
    fields,
    joinTiers(tiers).filter(({ at }) => at + stepMs > since),
  );
}
