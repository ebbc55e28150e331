// One scheduling pass: which pending items start now, and which one gets a reservation.
import { FairShareOrder } from './fair-share.ts';
import type { Demand, PendingItem, Reservation } from './items.ts';
import { type Room, roomOf, shortDim, take } from './ledger.ts';
import { releasesOf, shadow } from './releases.ts';
import type { Snapshot } from './snapshot.ts';
import type { Fits } from './sub-queue.ts';

export interface Policy {
  /** `easy`: an item may start before the reserved one if that does not delay the reserved one. */
  readonly backfill: 'easy' | 'none';
  /** The head of a sub-queue gains one priority per interval; Infinity: no ageing. */
  readonly ageingMs: number;
}

export const DEFAULT_POLICY: Policy = { backfill: 'easy', ageingMs: 3_600_000 };

export interface Decision {
  /** Ids in the order they start. */
  readonly starts: readonly string[];
  /** For `Queue.reserve`; null when every item starts, or when no expected end makes room for one that does not. */
  readonly reservation: Reservation | null;
}

/**
 * Starts every item that fits, in order. The first that does not fit gets a reservation at its shadow time; a later item
 * starts only if that does not delay it (EASY, Lifka, JSSPP 1995). Items that no expected end makes room for are skipped.
 */
export function pass(snapshot: Snapshot, nowMs: number, policy: Policy = DEFAULT_POLICY): Decision {
  const { starts, reservation } = decide(snapshot, nowMs, policy);
  return { starts: starts.map(({ id }) => id), reservation };
}

export interface Choice {
  readonly starts: readonly PendingItem[];
  readonly reservation: Reservation | null;
  /** The room left after the starts. */
  readonly room: Room;
}

/** The decision of `pass` with the items themselves. */
export function decide(snapshot: Snapshot, nowMs: number, policy: Policy): Choice {
  const starts: PendingItem[] = [];
  let room = roomOf(snapshot);
  if (snapshot.queue.size === 0) return { starts, reservation: null, room };
  const order = new FairShareOrder(snapshot, nowMs, policy.ageingMs);
  let candidate = order.next;
  for (; candidate !== undefined && shortDim(room, candidate.item.need) === null; candidate = order.next) {
    starts.push(candidate.item);
    room = take(room, candidate.item.need);
    order.start(candidate);
  }
  const expected = candidate && shadow(room, releasesOf(snapshot, nowMs, starts), candidate.item.need);
  if (!candidate || !expected) return { starts, reservation: null, room };

  const reservation = { id: candidate.item.id, startMs: expected.atMs };
  if (policy.backfill === 'none') return { starts, reservation, room };
  const backfill = new Backfill(room, expected.extra, expected.atMs - nowMs);
  order.skip(candidate, backfill.fits);
  for (candidate = order.next; candidate !== undefined; candidate = order.next) {
    if (!backfill.fits(candidate.item)) {
      order.skip(candidate, backfill.fits);
      continue;
    }
    starts.push(candidate.item);
    backfill.take(candidate.item);
    order.start(candidate);
  }
  return { starts, reservation, room: backfill.room };
}

/** The room that may be used until the shadow time of a reservation. */
export class Backfill {
  room: Room;
  /** The room left next to the reserved item at its shadow time. */
  #extra: Room;
  readonly #untilShadowMs: number;

  constructor(room: Room, extra: Room, untilShadowMs: number) {
    this.room = room;
    this.#extra = extra;
    this.#untilShadowMs = untilShadowMs;
  }

  /** True when the demand fits now, and either ends by the shadow time or fits next to the reserved item. */
  readonly fits: Fits = ({ need, timeMs }) =>
    shortDim(this.room, need) === null &&
    (timeMs <= this.#untilShadowMs || shortDim(this.#extra, need) === null);

  take({ need, timeMs }: Demand): void {
    this.room = take(this.room, need);
    if (timeMs > this.#untilShadowMs) this.#extra = take(this.#extra, need);
  }
}
