// The order and the start of every pending item, simulated for three assumptions about the ends of tasks.
import type { StartHold } from '../core/host/start-hold.ts';
import { allSteps, type Steps } from '../core/steps.ts';
import { FairShareOrder } from './fair-share.ts';
import { type HeldItem, type LeaseItem, type PendingItem, type RunningItem, toRunning } from './items.ts';
import { chargedNeed, eventualRoom, give, roomOf, shortDim, take } from './ledger.ts';
import { useSoFar } from './owner-use.ts';
import { type Choice, decide, type Policy } from './pass.ts';
import { Queue, type QueueView } from './queue/queue.ts';
import { bySubmission } from './queue/sub-queue.ts';
import {
  type Assumption,
  assumedEnd,
  assumedTimeMs,
  bySoonest,
  expectedExpiry,
  type Release,
} from './releases.ts';
import type { Snapshot } from './snapshot.ts';

/** Epoch ms; null when memory outside or paused tasks leave too little room. */
export interface StartForecast {
  /** The likely start: by the progress of the running tasks where it can be trusted, else by the estimates. */
  readonly expectedMs: number | null;
  /** The start by the slower end of each progress. Null when no progress moves it: then there is no basis for a range. */
  readonly p90Ms: number | null;
  /** The start if every task before it runs until its kill timeout. Never before the others. */
  readonly latestMs: number | null;
}

export interface Forecast {
  /** The items that start now, and the room left. */
  readonly choice: Choice;
  /** The other items in order, then the held ones; last those that no expected end makes room for. */
  readonly waiting: readonly WaitingItem[];
  /** By the id of a held item. */
  readonly holds: ReadonlyMap<string, StartHold>;
}

export interface WaitingItem {
  readonly item: PendingItem;
  readonly start: StartForecast;
}

export const NO_START: StartForecast = { expectedMs: null, p90Ms: null, latestMs: null };

/** This many items are simulated pass by pass; later ones are placed first come, first served. */
const SIMULATED = 128;
/** Later items have no forecast: the order of 100 000 items costs the only thread a tenth of a second. */
const PLANNED = 2000;

/** `Forecast`, in one go. */
export function forecast(snapshot: Snapshot, nowMs: number, policy: Policy, until?: PendingItem): Forecast {
  return allSteps(forecastSteps(snapshot, nowMs, policy, until));
}

/**
 * After the simulated items each item starts when it fits, and not before its predecessor. That is later than with
 * backfill, rarely earlier. Items after the first PLANNED are left out, and those after `until`. A held item joins the queue
 * at the end of its hold; one under a hold without an end has no start. The queue is read before the first pause: it may
 * change in a pause.
 */
export function* forecastSteps(
  snapshot: Snapshot,
  nowMs: number,
  policy: Policy,
  until?: PendingItem,
): Steps<Forecast> {
  const choice = decide(snapshot, nowMs, policy);
  const order = orderOf(snapshot, nowMs, policy, choice, until);
  const isWhole = order.length + choice.starts.length === snapshot.queue.size;
  const blocked = isWhole || order.length >= PLANNED ? [] : unschedulable(snapshot, choice).slice(0, PLANNED);
  const held = heldItems(snapshot.queue);
  const holds = new Map(held.map(({ item, hold }) => [item.id, hold]));
  if (order.length + blocked.length + held.length === 0) return { choice, waiting: [], holds };
  const room = eventualRoom(snapshot);
  const willStart = ({ item, hold }: HeldItem) => hold.until !== null && shortDim(room, item.need) === null;
  const joining = held.filter(willStart);
  const joiningItems = joining.map(({ item }) => item);
  const [near, joins] = [order.slice(0, SIMULATED), joining.slice(0, SIMULATED)];
  const queued = [...near, ...blocked.slice(0, SIMULATED)];
  const hasSpread =
    snapshot.running.some(({ progressEnd, safeMs }) => progressEnd !== null || safeMs !== undefined) ||
    [...choice.starts, ...order, ...joiningItems].some(({ safeMs }) => safeMs !== undefined);
  const queues = Array.from({ length: hasSpread ? 3 : 2 }, () =>
    queueOf(queued, snapshot.queue, choice, nowMs),
  );
  yield;
  function* startsUnder(assumption: Assumption): Steps<(number | null)[]> {
    const own = { ...snapshot, queue: queues.pop() as Queue };
    const simulated = yield* simulate(own, choice, near.length, joins, nowMs, policy, assumption);
    const simulatedMs = (item: PendingItem) => simulated.startsMs.get(item) ?? null;
    const later = [...order.slice(SIMULATED), ...joiningItems.slice(SIMULATED)];
    const laterMs = yield* startInOrder(later, simulated, assumption, ({ id }) => holds.get(id)?.until ?? 0);
    const inOrder = laterMs.splice(0, order.length - near.length);
    return [
      ...[...near.map(simulatedMs), ...inOrder],
      ...[...joins.map(({ item }) => simulatedMs(item)), ...laterMs],
    ];
  }
  const expected = yield* startsUnder('p50');
  const cautious = hasSpread ? yield* startsUnder('p90') : expected;
  const latest = yield* startsUnder('limits');
  const waiting = [...order, ...joiningItems].map((item, index) => ({
    item,
    start: startOf(expected[index] ?? null, cautious[index] ?? null, latest[index] ?? null),
  }));
  const without = [...held.filter((item) => !willStart(item)).map(({ item }) => item), ...blocked];
  return { choice, waiting: [...waiting, ...without.map((item) => ({ item, start: NO_START }))], holds };
}

/** At most PLANNED, those whose hold ends first before the others. */
function heldItems(queue: QueueView): HeldItem[] {
  const items: HeldItem[] = [];
  for (const held of queue.held()) if (items.push(held) === PLANNED) break;
  const untilMs = ({ hold }: HeldItem) => hold.until ?? Number.MAX_SAFE_INTEGER;
  return items.sort(
    (a, b) => untilMs(a) - untilMs(b) || b.item.priority - a.item.priority || bySubmission(a.item, b.item),
  );
}

/** A longer run of one task can let another start earlier (Graham, 1969), so the three are put in order. */
function startOf(expectedMs: number | null, p90Ms: number | null, latestMs: number | null): StartForecast {
  if (expectedMs === null || p90Ms === null || latestMs === null) return { ...NO_START, expectedMs };
  const spreadMs = Math.max(expectedMs, p90Ms);
  return {
    expectedMs,
    p90Ms: spreadMs === expectedMs ? null : spreadMs,
    latestMs: Math.max(spreadMs, latestMs),
  };
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
    isLast ||= candidate.item.id === until?.id;
    if (pending.length >= (isLast ? SIMULATED : PLANNED)) break;
    order.start(candidate);
  }
  return pending;
}

/** The items that are no candidates of `FairShareOrder`, without those that start express. */
function unschedulable(snapshot: Snapshot, { express }: Choice): PendingItem[] {
  const room = eventualRoom(snapshot);
  const items: PendingItem[] = [];
  for (const subQueue of snapshot.queue.subQueues())
    for (const item of subQueue.items())
      if (shortDim(room, item.need) !== null && !express.includes(item)) items.push(item);
  return items.sort((a, b) => b.priority - a.priority || bySubmission(a, b));
}

/** A queue of `items` for the simulation to change, with `choice` applied. */
function queueOf(items: readonly PendingItem[], from: QueueView, choice: Choice, nowMs: number): Queue {
  const queue = new Queue(from.used.copy());
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
  /** The ends after `atMs`, soonest first. */
  readonly releases: readonly Release[];
}

interface Ending<T> {
  readonly item: T;
  readonly endMs: number;
}

/**
 * Runs a pass at each end, each join and each end of a rest, until the `count` items of the queue and the joining ones have started or nothing
 * more is expected. The ends are fixed by the assumption; the passes decide by the estimates, as they do for real.
 */
function* simulate(
  snapshot: Omit<Snapshot, 'queue'> & { readonly queue: Queue },
  first: Choice,
  count: number,
  joins: readonly HeldItem[],
  nowMs: number,
  policy: Policy,
  assumption: Assumption,
): Steps<Simulation> {
  const { queue } = snapshot;
  // An express start depends on what its owner holds then, which a task that starts before it changes: no promise rests on one.
  const rules = assumption === 'limits' ? { ...policy, expressStarts: 0 } : policy;
  const startsMs = new Map<PendingItem, number>();
  const begin = (item: PendingItem, startMs: number, { express }: Choice): Ending<RunningItem> => ({
    item: toRunning(item, startMs, express.includes(item)),
    endMs: startMs + assumedTimeMs(item, assumption),
  });
  let running = [
    ...snapshot.running.map((item) => ({ item, endMs: assumedEnd(item, assumption, nowMs) })),
    ...first.starts.map((item) => begin(item, nowMs, first)),
  ];
  let leases = snapshot.leases.map((item) => ({ item, endMs: expectedExpiry(item, nowMs) }));
  const stateNow = () => ({
    ...snapshot,
    running: running.map(({ item }) => item),
    leases: leases.map(({ item }) => item),
  });
  let atMs = nowMs;
  let joined = 0;
  let restedAtMs = rules.expressStarts === 0 ? null : first.restedAtMs;
  while (startsMs.size < count + joins.length) {
    let nextMs = Math.min(
      joins[joined]?.hold.until ?? Number.POSITIVE_INFINITY,
      restedAtMs ?? Number.POSITIVE_INFINITY,
    );
    for (const { endMs } of running) nextMs = Math.min(nextMs, endMs);
    for (const { endMs } of leases) nextMs = Math.min(nextMs, endMs);
    if (nextMs === Number.POSITIVE_INFINITY) break;
    atMs = Math.max(atMs, nextMs);
    for (; (joins[joined]?.hold.until ?? Number.POSITIVE_INFINITY) <= atMs; joined += 1)
      queue.add((joins[joined] as HeldItem).item, atMs);
    for (const { item, endMs } of running)
      if (endMs <= atMs) queue.used.add(item.owner, useSoFar(item, atMs), atMs);
    running = running.filter(({ endMs }) => endMs > atMs);
    leases = leases.filter(({ endMs }) => endMs > atMs);
    const choice = decide(stateNow(), atMs, rules);
    for (const item of choice.starts) {
      startsMs.set(item, atMs);
      queue.remove(item.id, atMs);
      queue.served(item.owner, atMs);
      running.push(begin(item, atMs, choice));
    }
    queue.reserve(choice.reservation, atMs);
    restedAtMs = choice.restedAtMs;
    yield;
  }
  return { startsMs, snapshot: stateNow(), atMs, releases: releasesAt(running, leases) };
}

function releasesAt(
  running: readonly Ending<RunningItem>[],
  leases: readonly Ending<LeaseItem>[],
): Release[] {
  return [
    ...running.map(({ item, endMs }) => ({
      atMs: endMs,
      need: chargedNeed(item),
    })),
    ...leases.map(({ item, endMs }) => ({ atMs: endMs, need: item.need })),
  ]
    .filter(({ atMs }) => atMs < Number.POSITIVE_INFINITY)
    .sort(bySoonest);
}

/** Items between two pauses. */
const PART_ITEMS = 64;

/** First come, first served: each item starts when it fits, and neither before its predecessor nor `notBefore`. */
function* startInOrder(
  items: readonly PendingItem[],
  { snapshot, atMs: fromMs, releases: ahead }: Simulation,
  assumption: Assumption,
  notBefore: (item: PendingItem) => number,
): Steps<number[]> {
  let atMs = fromMs;
  let room = roomOf(snapshot);
  const releases = [...ahead];
  const startsMs: number[] = [];
  for (const item of items) {
    for (const least = notBefore(item); atMs < least; ) {
      const next = releases[0];
      if (next === undefined || next.atMs > least) {
        atMs = least;
        break;
      }
      atMs = Math.max(atMs, next.atMs);
      room = give(room, next.need);
      releases.shift();
    }
    while (shortDim(room, item.need) !== null) {
      const next = releases.shift();
      if (next === undefined) break;
      atMs = next.atMs;
      room = give(room, next.need);
    }
    room = take(room, item.need);
    insertSorted(releases, { atMs: atMs + assumedTimeMs(item, assumption), need: item.need });
    startsMs.push(atMs);
    if (startsMs.length % PART_ITEMS === 0) yield;
  }
  return startsMs;
}

function insertSorted(releases: Release[], release: Release): void {
  const before = releases.findLastIndex(({ atMs }) => atMs <= release.atMs);
  releases.splice(before + 1, 0, release);
}
