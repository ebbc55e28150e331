// One scheduling pass: which pending items start now, and which one gets a reservation.
import { DEFAULT_EXPRESS_STARTS, expressStarts } from './express.ts';
import { FairShareOrder } from './fair-share.ts';
import type { Demand, PendingItem, Reservation } from './items.ts';
import { type Room, roomOf, shortDim, take } from './ledger.ts';
import { assumedTimeMs, releasesOf, type Shadow, shadow } from './releases.ts';
import type { Snapshot } from './snapshot.ts';
import type { Fits } from './sub-queue.ts';

export interface Policy {
  /** `easy`: an item may start before the reserved one if that does not delay the reserved one. */
  readonly backfill: 'easy' | 'none';
  /** The head of a sub-queue gains one priority per interval; Infinity: no ageing. */
  readonly ageingMs: number;
  /** How many express tasks run at most; 0: none. */
  readonly expressStarts: number;
}

export const DEFAULT_POLICY: Policy = {
  backfill: 'easy',
  ageingMs: 3_600_000,
  expressStarts: DEFAULT_EXPRESS_STARTS,
};

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
}

/** The decision of `pass` with the items themselves. */
export function decide(snapshot: Snapshot, nowMs: number, policy: Policy): Choice {
  const starts: PendingItem[] = [];
  let room = roomOf(snapshot);
  if (snapshot.queue.size === 0) return { starts, express: [], reservation: null, room };
  const order = new FairShareOrder(snapshot, nowMs, policy.ageingMs);
  let candidate = order.next;
  for (; candidate !== undefined && shortDim(room, candidate.item.need) === null; candidate = order.next) {
    starts.push(candidate.item);
    room = take(room, candidate.item.need);
    order.start(candidate);
  }
  const expected = candidate && shadow(room, releasesOf(snapshot, nowMs, starts), candidate.item.need);
  if (!candidate || !expected) return { starts, express: [], reservation: null, room };

  const holder = candidate.item;
  const reservation = { id: holder.id, startMs: expected.atMs };
  if (policy.backfill === 'none') return { starts, express: [], reservation, room };
  const latest = shadow(room, releasesOf(snapshot, nowMs, starts, 'limits'), candidate.item.need) ?? expected;
  const backfill = new Backfill(room, nowMs, expected, latest);
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
  const express = expressStarts(snapshot, nowMs, starts, holder, backfill, policy.expressStarts);
  return {
    starts: [...starts, ...express],
    express,
    // The next pass makes a new reservation when the holder starts express.
    reservation: express.includes(holder) ? null : reservation,
    room: backfill.room,
  };
}

/** The room that may be used until the shadow time of a reservation. */
export class Backfill {
  room: Room;
  readonly #expected: Guard;
  readonly #latest: Guard;

  /** `expected` and `latest`: the shadow of the reserved item by the estimates and by the kill timeouts. */
  constructor(room: Room, nowMs: number, expected: Shadow, latest: Shadow) {
    this.room = room;
    this.#expected = { extra: expected.extra, untilMs: expected.atMs - nowMs };
    this.#latest = { extra: latest.extra, untilMs: latest.atMs - nowMs };
  }

  /** True when the demand fits now, and either ends by the shadow time or fits next to the reserved item. */
  readonly fits: Fits = (demand) =>
    shortDim(this.room, demand.need) === null &&
    spares(this.#expected, demand, assumedTimeMs(demand, 'estimates')) &&
    spares(this.#latest, demand, assumedTimeMs(demand, 'limits'));

  take(demand: Demand): void {
    this.room = take(this.room, demand.need);
    occupy(this.#expected, demand, assumedTimeMs(demand, 'estimates'));
    occupy(this.#latest, demand, assumedTimeMs(demand, 'limits'));
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
