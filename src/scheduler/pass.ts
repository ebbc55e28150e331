// One scheduling pass: which pending items start now, and which one gets a reservation.
import { DEFAULT_EXPRESS_STARTS, expressStarts } from './express.ts';
import { FairShareOrder } from './fair-share.ts';
import type { Demand, PendingItem, Reservation } from './items.ts';
import { type Room, roomOf, shortDim, take } from './ledger.ts';
import type { Fits } from './queue/sub-queue.ts';
import { assumedTimeMs, backfillTimeMs, releasesOf, type Shadow, shadow } from './releases.ts';
import type { Snapshot } from './snapshot.ts';

export interface Policy {
  /** `easy`: an item may start before the reserved one if that does not delay the reserved one. */
  readonly backfill: 'easy' | 'none';
  /** The head of a sub-queue gains one priority per interval, a short one sooner; Infinity: no ageing. */
  readonly ageingMs: number;
  /** How many express tasks run at most; 0: none. */
  readonly expressStarts: number;
  /**
   * What learned times decide. `order`: which item is backfilled first, the one expected to end soonest. `full`: also whether
   * it ends by the shadow time, so that it may delay the reserved item when it runs longer than most runs before.
   */
  readonly learned: Learned;
}

export const LEARNED_USES = ['off', 'order', 'full'] as const;
type Learned = (typeof LEARNED_USES)[number];

export const DEFAULT_POLICY: Policy = {
  backfill: 'easy',
  ageingMs: 3_600_000,
  expressStarts: DEFAULT_EXPRESS_STARTS,
  learned: 'order',
};

/** Bounds the cost of a pass with a long queue. */
const SORTED_MAX = 64;

export interface Decision {
  /** Ids in the order they start. */
  readonly starts: readonly string[];
  /** Those of them that start above the core limit. */
  readonly express: readonly string[];
  /** For `Queue.reserve`; null when every item starts, or when no expected end makes room for one that does not. */
  readonly reservation: Reservation | null;
}

/**
 * Starts every item that fits, in order. The first that does not fit gets a reservation at its shadow time; a later item
 * starts only if that does not delay it (EASY, Lifka, JSSPP 1995), neither by the estimates nor by the limits. Items that no expected end makes room for are skipped.
 */
export function pass(snapshot: Snapshot, nowMs: number, policy: Policy = DEFAULT_POLICY): Decision {
  const { starts, express, reservation } = decide(snapshot, nowMs, policy);
  return { starts: starts.map(({ id }) => id), express: express.map(({ id }) => id), reservation };
}

export interface Choice {
  readonly starts: readonly PendingItem[];
  readonly express: readonly PendingItem[];
  readonly reservation: Reservation | null;
  /** The room left after the starts. */
  readonly room: Room;
  /** When a task may start express that may not now, whatever ends until then; null: none. Epoch ms. */
  readonly restedAtMs: number | null;
}

/** The decision of `pass` with the items themselves. */
export function decide(snapshot: Snapshot, nowMs: number, policy: Policy): Choice {
  const starts: PendingItem[] = [];
  let room = roomOf(snapshot);
  const nothing = { express: [], reservation: null, restedAtMs: null };
  if (snapshot.queue.size === 0) return { ...nothing, starts, room };
  const order = new FairShareOrder(snapshot, nowMs, policy.ageingMs);
  let candidate = order.next;
  for (; candidate !== undefined && shortDim(room, candidate.item.need) === null; candidate = order.next) {
    starts.push(candidate.item);
    room = take(room, candidate.item.need);
    order.start(candidate);
  }
  const expected = candidate && shadow(room, releasesOf(snapshot, nowMs, starts), candidate.item.need);
  if (!candidate || !expected) return { ...nothing, starts, room };

  const holder = candidate.item;
  const latest = shadow(room, releasesOf(snapshot, nowMs, starts, 'limits'), candidate.item.need) ?? expected;
  const reservation = { id: holder.id, startMs: expected.atMs, latestMs: latest.atMs };
  if (policy.backfill === 'none') return { ...nothing, starts, reservation, room };
  const backfill = new Backfill(room, nowMs, expected, latest, policy.learned === 'full');
  order.skip(candidate, backfill.fits);
  if (policy.learned === 'off') startInOrder(order, backfill, starts);
  else startSoonestEnd(order, backfill, starts);
  const { expressStarts: most } = policy;
  const { items: express, restedAtMs } = expressStarts(snapshot, nowMs, starts, holder, backfill, most);
  return {
    starts: [...starts, ...express],
    express,
    // The next pass makes a new reservation when the holder starts express.
    reservation: express.includes(holder) ? null : reservation,
    room: backfill.room,
    restedAtMs,
  };
}

function startInOrder(order: FairShareOrder, backfill: Backfill, starts: PendingItem[]): void {
  for (let candidate = order.next; candidate !== undefined; candidate = order.next) {
    if (!backfill.fits(candidate.item)) {
      order.skip(candidate, backfill.fits);
      continue;
    }
    starts.push(candidate.item);
    backfill.take(candidate.item);
    order.start(candidate);
  }
}

/**
 * Of the first SORTED_MAX candidates that fit, the highest priority first, then the one expected to end soonest (Tsafrir,
 * Etsion and Feitelson, IEEE TPDS 18(6), 2007).
 */
function startSoonestEnd(order: FairShareOrder, backfill: Backfill, starts: PendingItem[]): void {
  const found: PendingItem[] = [];
  for (let candidate = order.next; candidate !== undefined; candidate = order.next) {
    if (found.length === SORTED_MAX) break;
    if (backfill.fits(candidate.item)) found.push(candidate.item);
    order.skip(candidate, backfill.fits);
  }
  // Not by the priority that waiting adds: that makes an item the reserved one.
  found.sort((a, b) => b.priority - a.priority || expectedTimeMs(a) - expectedTimeMs(b));
  for (const item of found) {
    if (!backfill.fits(item)) continue;
    starts.push(item);
    backfill.take(item);
  }
}

function expectedTimeMs({ timeMs, killTimeoutMs, expectedMs }: PendingItem): number {
  return Math.min(expectedMs ?? timeMs, killTimeoutMs);
}

/** The room that may be used until the shadow time of a reservation. */
export class Backfill {
  room: Room;
  readonly #expected: Guard;
  readonly #latest: Guard;
  /** The times that a candidate is tested with against each shadow. */
  readonly #timesMs: (demand: Demand) => readonly [expectedMs: number, latestMs: number];

  /**
   * `expected` and `latest`: the shadow of the reserved item by the estimates and by the kill timeouts. `byLearned`: a
   * candidate is tested with its learned time.
   */
  constructor(room: Room, nowMs: number, expected: Shadow, latest: Shadow, byLearned = false) {
    this.room = room;
    this.#timesMs = byLearned
      ? (demand) => [backfillTimeMs(demand), backfillTimeMs(demand)]
      : (demand) => [assumedTimeMs(demand, 'estimates'), assumedTimeMs(demand, 'limits')];
    this.#expected = { extra: expected.extra, untilMs: expected.atMs - nowMs };
    this.#latest = { extra: latest.extra, untilMs: latest.atMs - nowMs };
  }

  /** True when the demand fits now, and either ends by the shadow time or fits next to the reserved item. */
  readonly fits: Fits = (demand) => {
    if (shortDim(this.room, demand.need) !== null) return false;
    const [expectedMs, latestMs] = this.#timesMs(demand);
    return spares(this.#expected, demand, expectedMs) && spares(this.#latest, demand, latestMs);
  };

  take(demand: Demand): void {
    this.room = take(this.room, demand.need);
    const [expectedMs, latestMs] = this.#timesMs(demand);
    occupy(this.#expected, demand, expectedMs);
    occupy(this.#latest, demand, latestMs);
  }
}

interface Guard {
  /** The room left next to the reserved item at its shadow time. */
  extra: Room;
  readonly untilMs: number;
}

function spares({ extra, untilMs }: Guard, { need }: Demand, lastsMs: number): boolean {
  return lastsMs <= untilMs || shortDim(extra, need) === null;
}

function occupy(guard: Guard, { need }: Demand, lastsMs: number): void {
  if (lastsMs > guard.untilMs) guard.extra = take(guard.extra, need);
}
