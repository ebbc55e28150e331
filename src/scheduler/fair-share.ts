// The order of the queue by fair share. The order is computed step by step, because each start changes its owner's share.
import type { Use } from '../core/owner-use.ts';
import type { Need, PendingItem } from './items.ts';
import { eventualRoom, heldNeed, roomOf, shortDim } from './ledger.ts';
import { NO_USE, useSoFar } from './owner-use.ts';
import { Heap } from './queue/heap.ts';
import { bySubmission, type Fits, type Place, type SubQueue } from './queue/sub-queue.ts';
import { dominantPart } from './share.ts';
import type { Capacity, Snapshot } from './snapshot.ts';

/** The resources an owner holds, including those of tasks that are about to start, and its past use. */
interface OwnerShare {
  memBytes: number;
  cpuCores: number;
  pastShare: number;
  /** The dominant share of what it holds, plus `pastShare`. */
  share: number;
  servedAtMs: number;
}

/** The next item of a sub-queue, and the values that rank it. */
export interface Candidate {
  readonly subQueue: SubQueue;
  item: PendingItem;
  place: Place;
  effectivePriority: number;
  isReserved: boolean;
  readonly owner: OwnerShare;
  /** The owner's values when the candidate was last ranked. */
  share: number;
  servedAtMs: number;
}

/**
 * One candidate per sub-queue, in a heap. A start of its owner or the step to the next item only moves a candidate back,
 * so it suffices to rank the first candidate again until it stays first.
 */
export class FairShareOrder {
  readonly #candidates: Heap<Candidate>;
  readonly #capacity: Capacity;
  readonly #nowMs: number;
  readonly #ageingMs: number;
  /** Items that do not fit even after every expected end are left out. */
  readonly #fitsEventually: Fits;
  /** The item with a reservation: it ranks first, and the walk through its sub-queue then skips it. */
  #reserved: PendingItem | null = null;

  constructor(snapshot: Snapshot, nowMs: number, ageingMs: number) {
    this.#capacity = snapshot.capacity;
    this.#nowMs = nowMs;
    this.#ageingMs = ageingMs;
    const room = eventualRoom(snapshot);
    this.#fitsEventually = ({ need }) => shortDim(room, need) === null;
    const owners = ownersOf(snapshot, nowMs);
    const candidates: Candidate[] = [];
    for (const subQueue of snapshot.queue.subQueues()) {
      const owner = owners.get(subQueue.owner);
      const place = subQueue.find(this.#fitsEventually);
      const item = place && subQueue.at(place);
      if (owner === undefined || place === undefined || item === undefined) continue;
      const { share, servedAtMs } = owner;
      const effectivePriority = this.#effectivePriority(subQueue, item);
      const isReserved = false;
      candidates.push({ subQueue, item, place, effectivePriority, isReserved, owner, share, servedAtMs });
    }
    this.#keepReservation(snapshot, candidates);
    this.#candidates = new Heap(byFairness, candidates);
  }

  get next(): Candidate | undefined {
    for (;;) {
      const { first } = this.#candidates;
      if (first === undefined) return undefined;
      const { share, servedAtMs } = first.owner;
      if (first.share === share && first.servedAtMs === servedAtMs) return first;
      first.share = share;
      first.servedAtMs = servedAtMs;
      this.#candidates.sinkFirst();
    }
  }

  /** Starts the first candidate's item: charges its owner and steps to the next item of its sub-queue. */
  start(candidate: Candidate): void {
    const { owner, item } = candidate;
    charge(owner, item.need, this.#capacity);
    owner.servedAtMs = this.#nowMs;
    this.skip(candidate, this.#fitsEventually);
  }

  /** Steps the first candidate to the next item of its sub-queue that fits, or removes it when none does. */
  skip(candidate: Candidate, fits: Fits): void {
    const { subQueue } = candidate;
    let place = candidate.isReserved ? subQueue.find(fits) : subQueue.find(fits, after(candidate.place));
    if (place !== undefined && subQueue.at(place) === this.#reserved)
      place = subQueue.find(fits, after(place));
    const item = place && subQueue.at(place);
    if (place === undefined || item === undefined) {
      this.#candidates.take();
      return;
    }
    candidate.place = place;
    candidate.item = item;
    candidate.effectivePriority = this.#effectivePriority(subQueue, item);
    candidate.isReserved = false;
    this.#candidates.sinkFirst();
  }

  /** Only the head of a sub-queue ages. */
  #effectivePriority(subQueue: SubQueue, item: PendingItem): number {
    if (item !== subQueue.head) return subQueue.priority;
    const waitedMs = Math.max(0, this.#nowMs - subQueue.headSinceMs);
    return subQueue.priority + Math.floor(waitedMs / ageingIntervalMs(item, this.#ageingMs));
  }

  /**
   * The last reservation's item goes first, so that neither changed shares nor a newcomer that could start now delay it.
   * It yields to a higher priority, and to a newcomer that ranks before it and has to wait too: otherwise a flood of one
   * owner would start before the single task of another.
   */
  #keepReservation(snapshot: Snapshot, candidates: readonly Candidate[]): void {
    const { reservation } = snapshot.queue;
    if (reservation === undefined || !this.#fitsEventually(reservation.item)) return;
    const { item, madeAtMs } = reservation;
    const candidate = candidates.find((other) => other.subQueue === snapshot.queue.subQueueOf(item));
    if (candidate === undefined) return;
    const { subQueue } = candidate;
    const effectivePriority = this.#effectivePriority(subQueue, item);
    const holder = { ...candidate, item, place: subQueue.placeOf(item), effectivePriority };
    const room = roomOf(snapshot);
    const yields = candidates.some(
      (other) =>
        other.subQueue.priority > effectivePriority ||
        (other.item.submittedAtMs > madeAtMs &&
          byFairness(other, holder) < 0 &&
          shortDim(room, other.item.need) !== null),
    );
    if (yields) return;
    Object.assign(candidate, holder, { isReserved: true });
    this.#reserved = item;
  }
}

/** So many times its estimate raise a short item by one priority, at least a minute. */
const AGEING_TIMES = 3;
const AGEING_MIN_MS = 60_000;

/**
 * A wait counts in proportion to the length of the item, as in highest response ratio next (Brinch Hansen, SOSP 1971), and
 * for a long item each `longestMs`. Infinity: no ageing.
 */
function ageingIntervalMs({ timeMs }: PendingItem, longestMs: number): number {
  if (longestMs === Number.POSITIVE_INFINITY) return longestMs;
  return Math.min(longestMs, Math.max(AGEING_MIN_MS, AGEING_TIMES * timeMs));
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

/** Dominant shares (Ghodsi et al., NSDI 2011) of the owners with pending items, with their past use. */
function ownersOf({ queue, running, leases, capacity }: Snapshot, nowMs: number): Map<string, OwnerShare> {
  const inUse = new Map<string, Use>();
  for (const { owner } of queue.subQueues()) inUse.set(owner, NO_USE);
  for (const item of running) {
    const sum = inUse.get(item.owner);
    if (sum === undefined) continue;
    const { cpuCoreMs, memByteMs } = useSoFar(item, nowMs);
    inUse.set(item.owner, { cpuCoreMs: sum.cpuCoreMs + cpuCoreMs, memByteMs: sum.memByteMs + memByteMs });
  }
  const owners = new Map<string, OwnerShare>();
  for (const [owner, use] of inUse) {
    const pastShare = queue.used.share(owner, use, capacity, nowMs);
    const servedAtMs = queue.servedAtMs(owner);
    owners.set(owner, { memBytes: 0, cpuCores: 0, pastShare, share: pastShare, servedAtMs });
  }
  for (const item of running) charge(owners.get(item.owner), heldNeed(item), capacity);
  for (const { owner, need } of leases) charge(owners.get(owner), need, capacity);
  return owners;
}

function charge(owner: OwnerShare | undefined, { memBytes, cpuCores }: Need, capacity: Capacity): void {
  if (owner === undefined) return;
  owner.memBytes += memBytes;
  owner.cpuCores += cpuCores;
  owner.share = dominantPart(owner, capacity) + owner.pastShare;
}
