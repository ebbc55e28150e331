// One scheduling pass: which pending items start now, and what the first that cannot is promised.

import { FairShareOrder } from './fair-share.ts';
import { type Room, roomOf, shortDim, take } from './ledger.ts';
import { DEFAULT_POLICY, type Policy } from './policy.ts';
import { releasesOf, shadow } from './releases.ts';
import type { Demand, PendingItem, Reservation, Snapshot } from './snapshot.ts';
import type { Gate } from './sub-queue.ts';

export interface Decision {
  /** Ids in the order they start. */
  readonly starts: readonly string[];
  /** For `Queue.reserve`; null: everybody starts, or those that do not cannot be promised a time. */
  readonly reservation: Reservation | null;
}

/**
 * In order, everything that fits starts. The first that does not gets a reservation for the time the expected ends make
 * room, and what stands behind it starts only if that is not pushed back (EASY, Lifka, JSSPP 1995). Who would not fit
 * even after all expected ends is passed over: it cannot be promised anything, and holds nobody up.
 */
export function pass(snapshot: Snapshot, nowMs: number, policy: Policy = DEFAULT_POLICY): Decision {
  const { starts, reservation } = decide(snapshot, nowMs, policy);
  return { starts: starts.map(({ id }) => id), reservation };
}

export interface Choice {
  readonly starts: readonly PendingItem[];
  readonly reservation: Reservation | null;
  /** What is left when they have started. */
  readonly room: Room;
}

/** What `pass` decides, with the items themselves. */
export function decide(snapshot: Snapshot, nowMs: number, policy: Policy): Choice {
  const starts: PendingItem[] = [];
  let room = roomOf(snapshot);
  if (snapshot.queue.size === 0) return { starts, reservation: null, room };
  const order = new FairShareOrder(snapshot, nowMs, policy);
  let candidate = order.next;
  for (; candidate !== undefined && shortDim(room, candidate.item.need) === null; candidate = order.next) {
    starts.push(candidate.item);
    room = take(room, candidate.item.need);
    order.start(candidate);
  }
  const promise = candidate && shadow(room, releasesOf(snapshot, nowMs, starts), candidate.item.need);
  if (!candidate || !promise) return { starts, reservation: null, room };

  const reservation = { id: candidate.item.id, startMs: promise.atMs };
  if (policy.backfill === 'none') return { starts, reservation, room };
  const backfill = new Backfill(room, promise.extra, promise.atMs - nowMs);
  order.skip(candidate, backfill.gate);
  const chosen = policy.candidates === 'shortest' ? shortestFirst(order, backfill) : inOrder(order, backfill);
  return { starts: [...starts, ...chosen], reservation, room: backfill.room };
}

/** The room that may be used until a reservation's time comes. */
class Backfill {
  room: Room;
  /** What is left beside the reservation at its time. */
  #extra: Room;
  readonly #untilShadowMs: number;

  constructor(room: Room, extra: Room, untilShadowMs: number) {
    this.room = room;
    this.#extra = extra;
    this.#untilShadowMs = untilShadowMs;
  }

  /** It fits now, and is over by the reservation's time or fits beside it. */
  readonly gate: Gate = ({ need, timeMs }) =>
    shortDim(this.room, need) === null &&
    (timeMs <= this.#untilShadowMs || shortDim(this.#extra, need) === null);

  take({ need, timeMs }: Demand): void {
    this.room = take(this.room, need);
    if (timeMs > this.#untilShadowMs) this.#extra = take(this.#extra, need);
  }
}

function inOrder(order: FairShareOrder, backfill: Backfill): PendingItem[] {
  const starts: PendingItem[] = [];
  for (let candidate = order.next; candidate !== undefined; candidate = order.next) {
    if (!backfill.gate(candidate.item)) {
      order.skip(candidate, backfill.gate);
      continue;
    }
    starts.push(candidate.item);
    backfill.take(candidate.item);
    order.start(candidate);
  }
  return starts;
}

function shortestFirst(order: FairShareOrder, backfill: Backfill): PendingItem[] {
  const candidates: PendingItem[] = [];
  for (let candidate = order.next; candidate !== undefined; candidate = order.next) {
    if (backfill.gate(candidate.item)) candidates.push(candidate.item);
    order.skip(candidate, backfill.gate);
  }
  const starts: PendingItem[] = [];
  for (const item of candidates.sort((a, b) => a.timeMs - b.timeMs)) {
    if (!backfill.gate(item)) continue;
    starts.push(item);
    backfill.take(item);
  }
  return starts;
}
