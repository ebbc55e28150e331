// The queue's future if every task takes the time it estimates: in what order the items wait, and when each starts.

import { FairShareOrder } from './fair-share.ts';
import { give, roomEver, roomOf, shortDim, take } from './ledger.ts';
import { type Choice, decide } from './pass.ts';
import type { Policy } from './policy.ts';
import { Queue, type QueueView } from './queue.ts';
import { expectedEnd, expectedLapse, type Release, releasesOf } from './releases.ts';
import { type LeaseItem, type PendingItem, type RunningItem, type Snapshot, started } from './snapshot.ts';
import { bySubmission } from './sub-queue.ts';

export interface Forecast {
  /** What starts now, and the room that leaves. */
  readonly choice: Choice;
  /** What does not, in order; last what can never start by what is known now. */
  readonly waiting: readonly Waiting[];
}

export interface Waiting {
  readonly item: PendingItem;
  /** Epoch ms; null: never, memory outside or paused tasks are in the way. */
  readonly startMs: number | null;
}

/** So many items, the first in order, are simulated pass by pass; those behind them are put one after the other. */
const SIMULATED = 256;

/**
 * What starts now is what `decide` starts. Behind the simulated items each starts when it fits and no earlier than the one
 * before it: later than by backfill, seldom earlier. With `until`, nothing behind that item is looked at.
 */
export function forecast(snapshot: Snapshot, nowMs: number, policy: Policy, until?: PendingItem): Forecast {
  const choice = decide(snapshot, nowMs, policy);
  const order = orderOf(snapshot, nowMs, policy, choice, until);
  const isWhole = order.length + choice.starts.length === snapshot.queue.size;
  const stuck = isWhole ? [] : stuckIn(snapshot);
  const near = order.slice(0, SIMULATED);
  const queue = queueOf([...near, ...stuck.slice(0, SIMULATED)], snapshot.queue, choice, nowMs);
  const simulated = simulate({ ...snapshot, queue }, choice, near.length, nowMs, policy);
  const waiting: Waiting[] = near.map((item) => ({ item, startMs: simulated.startsMs.get(item) ?? null }));
  putInLine(waiting, order.slice(SIMULATED), simulated.snapshot, simulated.atMs);
  for (const item of stuck) waiting.push({ item, startMs: null });
  return { choice, waiting };
}

/** The order in which the items would start if there were room for all; those that start now left out. */
function orderOf(
  snapshot: Snapshot,
  nowMs: number,
  policy: Policy,
  { starts }: Choice,
  until: PendingItem | undefined,
): PendingItem[] {
  const pending: PendingItem[] = [];
  const startNow = new Set(starts);
  const order = new FairShareOrder(snapshot, nowMs, policy);
  let isLast = false;
  for (let candidate = order.next; candidate !== undefined; candidate = order.next) {
    if (!startNow.has(candidate.item)) pending.push(candidate.item);
    isLast ||= candidate.item === until;
    if (isLast && pending.length >= SIMULATED) break;
    order.start(candidate);
  }
  return pending;
}

/** Those that have no turn, see `Turns`. */
function stuckIn(snapshot: Snapshot): PendingItem[] {
  const room = roomEver(snapshot);
  const stuck: PendingItem[] = [];
  for (const subQueue of snapshot.queue.subQueues())
    for (const item of subQueue.items()) if (shortDim(room, item.need) !== null) stuck.push(item);
  return stuck.sort((a, b) => b.priority - a.priority || bySubmission(a, b));
}

/** A queue of `items`, to be changed by the simulation; `choice` has been carried out. */
function queueOf(items: readonly PendingItem[], from: QueueView, choice: Choice, nowMs: number): Queue {
  const queue = new Queue();
  for (const item of items) queue.add(item, nowMs);
  for (const subQueue of queue.subQueues()) {
    const was = subQueue.head && from.subQueueOf(subQueue.head);
    if (was?.head === subQueue.head) subQueue.headSinceMs = was?.headSinceMs ?? nowMs;
    queue.served(subQueue.owner, from.servedAtMs(subQueue.owner));
  }
  for (const { owner } of choice.starts) queue.served(owner, nowMs);
  queue.reserve(choice.reservation, nowMs);
  return queue;
}

interface Simulation {
  readonly startsMs: ReadonlyMap<PendingItem, number>;
  /** How things stand at `atMs`, when the last of them has started. */
  readonly snapshot: Snapshot;
  readonly atMs: number;
}

/** Pass by pass from one expected end to the next, until `count` items have started or no end is expected. */
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
    ...first.starts.map((item) => started(item, nowMs)),
  ];
  let leases = snapshot.leases.map((lease) => lapsingAt(lease, expectedLapse(lease, nowMs), nowMs));
  while (startsMs.size < count) {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const item of running) nextMs = Math.min(nextMs, expectedEnd(item, atMs));
    for (const lease of leases) nextMs = Math.min(nextMs, expectedLapse(lease, atMs));
    if (nextMs === Number.POSITIVE_INFINITY) break;
    running = running.filter((item) => expectedEnd(item, atMs) > nextMs);
    leases = leases.filter((lease) => expectedLapse(lease, atMs) > nextMs);
    atMs = nextMs;
    const choice = decide({ ...snapshot, running, leases }, atMs, policy);
    for (const item of choice.starts) {
      startsMs.set(item, atMs);
      queue.remove(item.id, atMs);
      queue.served(item.owner, atMs);
      running.push(started(item, atMs));
    }
    queue.reserve(choice.reservation, atMs);
  }
  return { startsMs, snapshot: { ...snapshot, running, leases }, atMs };
}

/** First come first served: each when it fits, none before the one in front of it. */
function putInLine(
  waiting: Waiting[],
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
  const behind = releases.findLastIndex(({ atMs }) => atMs <= release.atMs);
  releases.splice(behind + 1, 0, release);
}

/** With its expected end fixed, so that it does not move while the simulated time passes. */
function endingAt(item: RunningItem, endMs: number, nowMs: number): RunningItem {
  if (item.isPaused) return item;
  const timeMs = endMs - nowMs;
  return { ...item, startedAtMs: nowMs, pausedMs: 0, timeMs, killTimeoutMs: timeMs };
}

function lapsingAt(lease: LeaseItem, endMs: number, nowMs: number): LeaseItem {
  return { ...lease, grantedAtMs: nowMs, expiresAtMs: endMs, timeMs: endMs - nowMs };
}
