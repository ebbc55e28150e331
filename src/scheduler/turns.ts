// Whose turn is it: the order of the queue, formed step by step, for each start changes its owner's share.
import { bySubmission, type Gate, type Lane, type Place } from './lane.ts';
import { chargedMem, roomEver, roomOf, shortDim } from './ledger.ts';
import type { Policy } from './policy.ts';
import type { Capacity, PendingItem, Snapshot } from './snapshot.ts';

/** What an owner holds, tasks that are about to start included. */
interface OwnerUse {
  memBytes: number;
  cpuCores: number;
  share: number;
  servedAtMs: number;
}

/** The first item of a lane that has not had its turn, and what its place in the order follows from. */
export interface Turn {
  readonly lane: Lane;
  item: PendingItem;
  place: Place;
  effectivePriority: number;
  isReserved: boolean;
  readonly owner: OwnerUse;
  /** The owner's when the turn was put at its place. */
  share: number;
  servedAtMs: number;
}

type Compare = (a: Turn, b: Turn) => number;

/**
 * A heap with one turn for each lane. What happens to a turn, a start of its owner or the step to the next item of its
 * lane, only ever moves it back, so it is enough to look at the first again until it stays first.
 */
export class Turns {
  readonly #turns: Turn[] = [];
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
    for (const lane of snapshot.queue.lanes()) {
      const place = lane.find(this.#fitsEver);
      const item = place && lane.at(place);
      if (place === undefined || item === undefined) continue;
      const owner = owners.get(lane.owner) ?? newOwner(Number.NEGATIVE_INFINITY);
      const { share, servedAtMs } = owner;
      const effectivePriority = this.#effectivePriority(lane, item);
      const isReserved = false;
      this.#turns.push({ lane, item, place, effectivePriority, isReserved, owner, share, servedAtMs });
    }
    if (policy.order === 'fair') this.#keepPromise(snapshot);
    for (let index = (this.#turns.length >>> 1) - 1; index >= 0; index -= 1) this.#sink(index);
  }

  get next(): Turn | undefined {
    for (;;) {
      const first = this.#turns[0];
      if (first === undefined) return undefined;
      const { share, servedAtMs } = first.owner;
      if (first.share === share && first.servedAtMs === servedAtMs) return first;
      first.share = share;
      first.servedAtMs = servedAtMs;
      this.#sink(0);
    }
  }

  /** The first turn's item starts: its owner is charged, and the lane's next item follows. */
  start(turn: Turn): void {
    const { owner, item } = turn;
    charge(owner, item.need.memBytes, item.need.cpuCores, this.#capacity);
    owner.servedAtMs = this.#nowMs;
    this.skip(turn, this.#fitsEver);
  }

  /** The first turn passes to the next item of its lane that the gate admits, or the lane is out. */
  skip(turn: Turn, gate: Gate): void {
    const { lane } = turn;
    let place = turn.isReserved ? lane.find(gate) : lane.find(gate, after(turn.place));
    if (place !== undefined && lane.at(place) === this.#promised) place = lane.find(gate, after(place));
    const item = place && lane.at(place);
    if (place === undefined || item === undefined) {
      const last = this.#turns.pop();
      if (last !== undefined && last !== turn) this.#turns[0] = last;
    } else {
      turn.place = place;
      turn.item = item;
      turn.effectivePriority = this.#effectivePriority(lane, item);
      turn.isReserved = false;
    }
    this.#sink(0);
  }

  /** Only the head of a lane ages. */
  #effectivePriority(lane: Lane, item: PendingItem): number {
    if (item !== lane.head) return lane.priority;
    return lane.priority + Math.floor(Math.max(0, this.#nowMs - lane.headSinceMs) / this.#ageingMs);
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
    const turn = this.#turns.find((other) => other.lane === snapshot.queue.laneOf(item));
    if (turn === undefined) return;
    const { lane } = turn;
    const effectivePriority = this.#effectivePriority(lane, item);
    const holder = { ...turn, item, place: lane.placeOf(item), effectivePriority };
    const room = roomOf(snapshot);
    const isBroken = this.#turns.some(
      (other) =>
        other.lane.priority > effectivePriority ||
        (other.item.submittedAtMs > madeAtMs &&
          byFairness(other, holder) < 0 &&
          shortDim(room, other.item.need) !== null),
    );
    if (isBroken) return;
    Object.assign(turn, holder, { isReserved: true });
    this.#promised = item;
  }

  #sink(index: number): void {
    const turns = this.#turns;
    const turn = turns[index];
    if (turn === undefined) return;
    for (let at = index; ; ) {
      let child = 2 * at + 1;
      let least = turns[child];
      const right = turns[child + 1];
      if (least !== undefined && right !== undefined && this.#compare(right, least) < 0) {
        child += 1;
        least = right;
      }
      if (least === undefined || this.#compare(turn, least) <= 0) {
        turns[at] = turn;
        return;
      }
      turns[at] = least;
      at = child;
    }
  }
}

/** The order of `docs/scheduling.md`. */
function byFairness(a: Turn, b: Turn): number {
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
  for (const { owner } of queue.lanes())
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
