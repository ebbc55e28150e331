// The order and the expected start of every pending item, if each task runs exactly as long as it estimates.
import { FairShareOrder } from './fair-share.ts';
import { type LeaseItem, type PendingItem, type RunningItem, toRunning } from './items.ts';
import { eventualRoom, give, roomOf, shortDim, take } from './ledger.ts';
import { type Choice, decide, type Policy } from './pass.ts';
import { Queue, type QueueView } from './queue.ts';
import { expectedEnd, expectedExpiry, type Release, releasesOf } from './releases.ts';
import type { Snapshot } from './snapshot.ts';
import { bySubmission } from './sub-queue.ts';

export interface Forecast {
  /** The items that start now, and the room left. */
  readonly choice: Choice;
  /** The other items in order; last those that no expected end makes room for. */
  readonly waiting: readonly ExpectedStart[];
}

export interface ExpectedStart {
  readonly item: PendingItem;
  /** Epoch ms; null when memory outside or paused tasks leave too little room. */
  readonly startMs: number | null;
}

/** This many items are simulated pass by pass; later ones are placed first come, first served. */
const SIMULATED = 256;

/**
 * After the simulated items each item starts when it fits, and not before its predecessor. That is later than with
 * backfill, rarely earlier. With `until`, items after that one are left out.
 */
export function forecast(snapshot: Snapshot, nowMs: number, policy: Policy, until?: PendingItem): Forecast {
  const choice = decide(snapshot, nowMs, policy);
  const order = orderOf(snapshot, nowMs, policy, choice, until);
  const isWhole = order.length + choice.starts.length === snapshot.queue.size;
  const blocked = isWhole ? [] : unschedulable(snapshot);
  const near = order.slice(0, SIMULATED);
  const queue = queueOf([...near, ...blocked.slice(0, SIMULATED)], snapshot.queue, choice, nowMs);
  const simulated = simulate({ ...snapshot, queue }, choice, near.length, nowMs, policy);
  const waiting: ExpectedStart[] = near.map((item) => ({
    item,
    startMs: simulated.startsMs.get(item) ?? null,
  }));
  appendInOrder(waiting, order.slice(SIMULATED), simulated.snapshot, simulated.atMs);
  for (const item of blocked) waiting.push({ item, startMs: null });
  return { choice, waiting };
}

/** The order in which the items would start if there were room for all, without those that start now. */
function orderOf(
  snapshot: Snapshot,
  nowMs: number,
  policy: Policy,
  { starts }: Choice,
  until: PendingItem | undefined,
): PendingItem[] {
  const pending: PendingItem[] = [];
  const startNow = new Set(starts);
  const order = new FairShareOrder(snapshot, nowMs, policy.ageingMs);
  let isLast = false;
  for (let candidate = order.next; candidate !== undefined; candidate = order.next) {
    if (!startNow.has(candidate.item)) pending.push(candidate.item);
    isLast ||= candidate.item === until;
    if (isLast && pending.length >= SIMULATED) break;
    order.start(candidate);
  }
  return pending;
}

/** The items that are no candidates of `FairShareOrder`. */
function unschedulable(snapshot: Snapshot): PendingItem[] {
  const room = eventualRoom(snapshot);
  const items: PendingItem[] = [];
  for (const subQueue of snapshot.queue.subQueues())
    for (const item of subQueue.items()) if (shortDim(room, item.need) !== null) items.push(item);
  return items.sort((a, b) => b.priority - a.priority || bySubmission(a, b));
}

/** A queue of `items` for the simulation to change, with `choice` applied. */
function queueOf(items: readonly PendingItem[], from: QueueView, choice: Choice, nowMs: number): Queue {
  const queue = new Queue();
  for (const item of items) queue.add(item, nowMs);
  for (const subQueue of queue.subQueues()) {
    const original = subQueue.head && from.subQueueOf(subQueue.head);
    if (original?.head === subQueue.head) subQueue.headSinceMs = original?.headSinceMs ?? nowMs;
    queue.served(subQueue.owner, from.servedAtMs(subQueue.owner));
  }
  for (const { owner } of choice.starts) queue.served(owner, nowMs);
  queue.reserve(choice.reservation, nowMs);
  return queue;
}

interface Simulation {
  readonly startsMs: ReadonlyMap<PendingItem, number>;
  /** The state at `atMs`, after the last start. */
  readonly snapshot: Snapshot;
  readonly atMs: number;
}

/** Runs a pass at each expected end, until `count` items have started or no end is expected. */
function simulate(
  snapshot: Omit<Snapshot, 'queue'> & { readonly queue: Queue },
  first: Choice,
  count: number,
  nowMs: number,
  policy: Policy,
): Simulation {
  const { queue } = snapshot;
  const startsMs = new Map<PendingItem, number>();
  let atMs = nowMs;
  let running = [
    ...snapshot.running.map((item) => endingAt(item, expectedEnd(item, nowMs), nowMs)),
    ...first.starts.map((item) => toRunning(item, nowMs)),
  ];
  let leases = snapshot.leases.map((lease) => expiringAt(lease, expectedExpiry(lease, nowMs), nowMs));
  while (startsMs.size < count) {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const item of running) nextMs = Math.min(nextMs, expectedEnd(item, atMs));
    for (const lease of leases) nextMs = Math.min(nextMs, expectedExpiry(lease, atMs));
    if (nextMs === Number.POSITIVE_INFINITY) break;
    running = running.filter((item) => expectedEnd(item, atMs) > nextMs);
    leases = leases.filter((lease) => expectedExpiry(lease, atMs) > nextMs);
    atMs = nextMs;
    const choice = decide({ ...snapshot, running, leases }, atMs, policy);
    for (const item of choice.starts) {
      startsMs.set(item, atMs);
      queue.remove(item.id, atMs);
      queue.served(item.owner, atMs);
      running.push(toRunning(item, atMs));
    }
    queue.reserve(choice.reservation, atMs);
  }
  return { startsMs, snapshot: { ...snapshot, running, leases }, atMs };
}

/** First come, first served: each item starts when it fits, and not before its predecessor. */
function appendInOrder(
  waiting: ExpectedStart[],
  items: readonly PendingItem[],
  snapshot: Snapshot,
  fromMs: number,
): void {
  let atMs = fromMs;
  let room = roomOf(snapshot);
  const releases = releasesOf(snapshot, fromMs);
  for (const item of items) {
    while (shortDim(room, item.need) !== null) {
      const next = releases.shift();
      if (next === undefined) break;
      atMs = next.atMs;
      room = give(room, next.need);
    }
    waiting.push({ item, startMs: atMs });
    room = take(room, item.need);
    insertSorted(releases, { atMs: atMs + item.timeMs, need: item.need });
  }
}

function insertSorted(releases: Release[], release: Release): void {
  const before = releases.findLastIndex(({ atMs }) => atMs <= release.atMs);
  releases.splice(before + 1, 0, release);
}

/** Fixes the expected end, which would otherwise move with the simulated time. */
function endingAt(item: RunningItem, endMs: number, nowMs: number): RunningItem {
  if (item.isPaused) return item;
  const timeMs = endMs - nowMs;
  return { ...item, startedAtMs: nowMs, pausedMs: 0, timeMs, killTimeoutMs: timeMs };
}

function expiringAt(lease: LeaseItem, endMs: number, nowMs: number): LeaseItem {
  return { ...lease, grantedAtMs: nowMs, expiresAtMs: endMs, timeMs: endMs - nowMs };
}
