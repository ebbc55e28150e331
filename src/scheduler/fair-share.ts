// InboxScope turn is it: the order of the queue, formed step by step, for each start changes its owner's share.

import { chargedMem, roomEver, roomOf, shortDim } from './ledger.ts';
import type { Policy } from './policy.ts';
import type { Capacity, PendingItem, Snapshot } from './snapshot.ts';
import { bySubmission, type Gate, type Place, type SubQueue } from './sub-queue.ts';

/** What an owner holds, tasks that are about to start included. */
interface OwnerUse {
  memBytes: number;
  cpuCores: number;
  share: number;
  servedAtMs: number;
}

/** The first item of a lane that has not had its turn, and what its place in the order follows from. */
export interface Candidate {
  readonly subQueue: SubQueue;
  item: PendingItem;
  place: Place;
  effectivePriority: number;
  isReserved: boolean;
  readonly owner: OwnerUse;
  /** The owner's when the turn was put at its place. */
  share: number;
  servedAtMs: number;
}

type Compare = (a: Candidate, b: Candidate) => number;

/**
 * A heap with one turn for each lane. What happens to a turn, a start of its owner or the step to the next item of its
 * lane, only ever moves it back, so it is enough to look at the first again until it stays first.
 */
export class FairShareOrder {
  readonly #candidates: Candidate[] = [];
  readonly #compare: Compare;
  readonly #capacity: Capacity;
  readonly #nowMs: number;
  readonly #ageingMs: number;
  /** Who does not fit even when everything has ended that is expected to has no turn. */
  readonly #fitsEver: Gate;
  /** Who has been promised a time goes before everybody, and is then passed over in its lane. */
  #promised: PendingItem | null = null;

  constructor(snapshot: Snapshot, nowMs: number, policy: Policy) {
    this.#compare = policy.order === 'fair' ? byFairness : (a, b) => bySubmission(a.item, b.item);
    this.#capacity = snapshot.capacity;
    this.#nowMs = nowMs;
    this.#ageingMs = policy.ageingMs;
    const owners = policy.order === 'fair' ? ownersOf(snapshot) : new Map<string, OwnerUse>();
    const room = roomEver(snapshot);
    this.#fitsEver = ({ need }) => shortDim(room, need) === null;
    for (const subQueue of snapshot.queue.subQueues()) {
      const place = subQueue.find(this.#fitsEver);
      const item = place && subQueue.at(place);
      if (place === undefined || item === undefined) continue;
      const owner = owners.get(subQueue.owner) ?? newOwner(Number.NEGATIVE_INFINITY);
      const { share, servedAtMs } = owner;
      const effectivePriority = this.#effectivePriority(subQueue, item);
      const isReserved = false;
      this.#candidates.push({
        subQueue,
        item,
        place,
        effectivePriority,
        isReserved,
        owner,
        share,
        servedAtMs,
      });
    }
    if (policy.order === 'fair') this.#keepPromise(snapshot);
    for (let index = (this.#candidates.length >>> 1) - 1; index >= 0; index -= 1) this.#sink(index);
  }

  get next(): Candidate | undefined {
    for (;;) {
      const first = this.#candidates[0];
      if (first === undefined) return undefined;
      const { share, servedAtMs } = first.owner;
      if (first.share === share && first.servedAtMs === servedAtMs) return first;
      first.share = share;
      first.servedAtMs = servedAtMs;
      this.#sink(0);
    }
  }

  /** The first turn's item starts: its owner is charged, and the lane's next item follows. */
  start(candidate: Candidate): void {
    const { owner, item } = candidate;
    charge(owner, item.need.memBytes, item.need.cpuCores, this.#capacity);
    owner.servedAtMs = this.#nowMs;
    this.skip(candidate, this.#fitsEver);
  }

  /** The first turn passes to the next item of its lane that the gate admits, or the lane is out. */
  skip(candidate: Candidate, gate: Gate): void {
    const { subQueue } = candidate;
    let place = candidate.isReserved ? subQueue.find(gate) : subQueue.find(gate, after(candidate.place));
    if (place !== undefined && subQueue.at(place) === this.#promised)
      place = subQueue.find(gate, after(place));
    const item = place && subQueue.at(place);
    if (place === undefined || item === undefined) {
      const last = this.#candidates.pop();
      if (last !== undefined && last !== candidate) this.#candidates[0] = last;
    } else {
      candidate.place = place;
      candidate.item = item;
      candidate.effectivePriority = this.#effectivePriority(subQueue, item);
      candidate.isReserved = false;
    }
    this.#sink(0);
  }

  /** Only the head of a lane ages. */
  #effectivePriority(subQueue: SubQueue, item: PendingItem): number {
    if (item !== subQueue.head) return subQueue.priority;
    return subQueue.priority + Math.floor(Math.max(0, this.#nowMs - subQueue.headSinceMs) / this.#ageingMs);
  }

  /**
   * The holder of the last reservation goes first, so that the promised time is kept: against changes of the shares, and
   * against newcomers that would start now. It yields to a priority above the one it has aged to, and to a newcomer that
   * goes before it and has to wait itself: a flood shall not win a start over somebody who holds less.
   */
  #keepPromise(snapshot: Snapshot): void {
    const { promise } = snapshot.queue;
    if (promise === undefined || !this.#fitsEver(promise.item)) return;
    const { item, madeAtMs } = promise;
    const candidate = this.#candidates.find((other) => other.subQueue === snapshot.queue.subQueueOf(item));
    if (candidate === undefined) return;
    const { subQueue } = candidate;
    const effectivePriority = this.#effectivePriority(subQueue, item);
    const holder = { ...candidate, item, place: subQueue.placeOf(item), effectivePriority };
    const room = roomOf(snapshot);
    const isBroken = this.#candidates.some(
      (other) =>
        other.subQueue.priority > effectivePriority ||
        (other.item.submittedAtMs > madeAtMs &&
          byFairness(other, holder) < 0 &&
          shortDim(room, other.item.need) !== null),
    );
    if (isBroken) return;
    Object.assign(candidate, holder, { isReserved: true });
    this.#promised = item;
  }

  #sink(index: number): void {
    const turns = this.#candidates;
    const candidate = turns[index];
    if (candidate === undefined) return;
    for (let at = index; ; ) {
      let child = 2 * at + 1;
      let least = turns[child];
      const right = turns[child + 1];
      if (least !== undefined && right !== undefined && this.#compare(right, least) < 0) {
        child += 1;
        least = right;
      }
      if (least === undefined || this.#compare(candidate, least) <= 0) {
        turns[at] = candidate;
        return;
      }
      turns[at] = least;
      at = child;
    }
  }
}

/** The order of `docs/design/scheduling.md`. */
function byFairness(a: Candidate, b: Candidate): number {
  if (a.isReserved !== b.isReserved) return a.isReserved ? -1 : 1;
  if (a.effectivePriority !== b.effectivePriority) return b.effectivePriority - a.effectivePriority;
  if (a.share !== b.share) return a.share - b.share;
  if (a.servedAtMs !== b.servedAtMs) return a.servedAtMs < b.servedAtMs ? -1 : 1;
  return bySubmission(a.item, b.item);
}

function after({ chunk, index }: Place): Place {
  return { chunk, index: index + 1 };
}

/** Dominant shares (Ghodsi et al., NSDI 2011) of the owners that wait for something. */
function ownersOf({ queue, running, leases, capacity }: Snapshot): Map<string, OwnerUse> {
  const owners = new Map<string, OwnerUse>();
  for (const { owner } of queue.subQueues())
    if (!owners.has(owner)) owners.set(owner, newOwner(queue.servedAtMs(owner)));
  for (const item of running) charge(owners.get(item.owner), chargedMem(item), item.need.cpuCores, capacity);
  for (const { owner, need } of leases) charge(owners.get(owner), need.memBytes, need.cpuCores, capacity);
  return owners;
}

function newOwner(servedAtMs: number): OwnerUse {
  return { memBytes: 0, cpuCores: 0, share: 0, servedAtMs };
}

function charge(owner: OwnerUse | undefined, memBytes: number, cpuCores: number, capacity: Capacity): void {
  if (owner === undefined) return;
  owner.memBytes += memBytes;
  owner.cpuCores += cpuCores;
  const { memLimitBytes, cpuLimitCores } = capacity;
  owner.share = Math.max(part(owner.memBytes, memLimitBytes), part(owner.cpuCores, cpuLimitCores));
}

function part(use: number, limit: number): number {
  return limit > 0 ? use / limit : 0;
}
