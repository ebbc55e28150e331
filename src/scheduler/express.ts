// Express starts: short tasks that start above the core limit, so that they do not wait for the long tasks of others.
import type { Demand, PendingItem, RunningItem } from './items.ts';
import { heldNeed, type Room, shortDim } from './ledger.ts';
import type { QueueView } from './queue/queue.ts';
import { bySubmission, type Fits, type SubQueue } from './queue/sub-queue.ts';
import { assumedEnd } from './releases.ts';
import { dominantPart } from './share.ts';
import { isShort } from './short.ts';
import type { Snapshot } from './snapshot.ts';

export const DEFAULT_EXPRESS_STARTS = 2;

const MAX_PART_OF_MEMORY = 1 / 8;
/** A short task waits for a running express task at most this many times its own estimate. */
const MAX_WAIT_FACTOR = 10;
/**
 * An owner rests after a start for this many times the estimate of its next short task, while an owner with less waits: else
 * a stream of short tasks would slow down for good what that owner waits for.
 */
const REST_FACTOR = 5;

/** What a demand takes from the ledger when it starts express: no cores, because CPU is compressible. */
export function expressDemand(demand: Demand): Demand {
  return { ...demand, need: { memBytes: demand.need.memBytes, cpuCores: 0 } };
}

/** The room that an express start may use; `Backfill` is one. */
export interface Guarded {
  readonly room: Room;
  readonly fits: Fits;
  take(demand: Demand): void;
}

/** A running express task. */
interface Express {
  readonly owner: string;
  /** By its kill timeout, epoch ms. */
  readonly latestEndMs: number;
}

export interface ExpressChoice {
  readonly items: readonly PendingItem[];
  /** When the first owner has rested, epoch ms; null: none rests. */
  readonly restedAtMs: number | null;
}

const NONE: ExpressChoice = { items: [], restedAtMs: null };

/**
 * The items that start express beside `starts`: the first short one of each owner while another owner holds more than its
 * fair share. At most one of an owner and `atMost` in all run at once. The holder of the reservation needs no guard; every
 * other one has to leave it its memory and its slot.
 */
export function expressStarts(
  snapshot: Snapshot,
  nowMs: number,
  starts: readonly PendingItem[],
  holder: PendingItem,
  guarded: Guarded,
  atMost: number,
): ExpressChoice {
  const running = expressOf(snapshot.running, nowMs);
  if (running.length >= atMost) return NONE;
  const maxMemBytes = MAX_PART_OF_MEMORY * snapshot.capacity.memLimitBytes;
  const isSmall = (demand: Demand) => isShort(demand) && demand.need.memBytes <= maxMemBytes;
  const fits: Fits = (demand) => isSmall(demand) && guarded.fits(expressDemand(demand));
  const holderFits = () => isSmall(holder) && shortDim(guarded.room, expressDemand(holder).need) === null;
  const started = new Set(starts);
  const isOpen = (item: PendingItem) => item.kind === 'task' && !started.has(item);
  const firsts: PendingItem[] = isOpen(holder) && holderFits() ? [holder] : [];
  for (const subQueue of snapshot.queue.subQueues()) {
    const first = firstOf(subQueue, fits, isOpen);
    if (first !== undefined && first !== holder) firsts.push(first);
  }
  if (firsts.length === 0) return NONE;
  const held = heldParts(snapshot, starts);
  const fairPart = 1 / held.size;
  const above = [...held].flatMap(([owner, part]) => (part > fairPart + 1e-9 ? [owner] : []));
  const partOf = ({ owner }: { readonly owner: string }) => held.get(owner) ?? 0;
  const { queue } = snapshot;
  const poor = [...queue.subQueues()].filter((subQueue) => partOf(subQueue) < fairPart);
  const restedAt = ({ owner, timeMs }: PendingItem) => {
    const servedMs = queue.servedAtMs(owner);
    const yields = poor.some((other) => other.owner !== owner && queue.servedAtMs(other.owner) < servedMs);
    return yields ? servedMs + REST_FACTOR * timeMs : nowMs;
  };
  const candidates = firsts
    .filter(({ owner }) => above.some((other) => other !== owner))
    .sort(
      (a, b) =>
        partOf(a) - partOf(b) || b.priority - a.priority || byService(queue, a, b) || bySubmission(a, b),
    );
  const chosen: PendingItem[] = [];
  const seen = new Set<string>();
  let restedAtMs: number | null = null;
  for (const item of candidates) {
    if (running.length >= atMost) break;
    // A later one of the same owner does not pass it: else a higher priority could make a start later.
    if (seen.has(item.owner)) continue;
    seen.add(item.owner);
    if (running.some((other) => !startsBeside(item, other))) continue;
    if (!(item === holder ? holderFits() : fits(item))) continue;
    const itemMs = restedAt(item);
    if (itemMs > nowMs) {
      restedAtMs = Math.min(restedAtMs ?? itemMs, itemMs);
      continue;
    }
    chosen.push(item);
    guarded.take(expressDemand(item));
    running.push({ owner: item.owner, latestEndMs: nowMs + item.killTimeoutMs });
  }
  return { items: chosen, restedAtMs };
}

function byService(queue: QueueView, a: PendingItem, b: PendingItem): number {
  const [aMs, bMs] = [queue.servedAtMs(a.owner), queue.servedAtMs(b.owner)];
  return aMs === bMs ? 0 : aMs - bMs;
}

function expressOf(running: readonly RunningItem[], nowMs: number): Express[] {
  return running
    .filter(({ isExpress }) => isExpress)
    .map((item) => ({ owner: item.owner, latestEndMs: assumedEnd(item, 'limits', nowMs) }));
}

/** It waits for one of its own owner, and for one that ends early enough for it. */
function startsBeside({ owner, submittedAtMs, timeMs }: PendingItem, other: Express): boolean {
  return other.owner !== owner && other.latestEndMs > submittedAtMs + MAX_WAIT_FACTOR * timeMs;
}

function firstOf(
  subQueue: SubQueue,
  fits: Fits,
  isOpen: (item: PendingItem) => boolean,
): PendingItem | undefined {
  let place = subQueue.find(fits);
  while (place !== undefined) {
    const item = subQueue.at(place);
    if (item !== undefined && isOpen(item)) return item;
    place = subQueue.find(fits, { chunk: place.chunk, index: place.index + 1 });
  }
  return undefined;
}

/** The dominant part of the capacity that each owner holds; 0 for one that only waits. */
function heldParts({ queue, running, leases, capacity }: Snapshot, starts: readonly PendingItem[]) {
  const held = new Map<string, { memBytes: number; cpuCores: number }>();
  for (const { owner } of queue.subQueues()) held.set(owner, { memBytes: 0, cpuCores: 0 });
  const holdings = [
    ...running.map((item) => ({ owner: item.owner, need: heldNeed(item) })),
    ...leases,
    ...starts,
  ];
  for (const { owner, need } of holdings) {
    const sum = held.get(owner) ?? { memBytes: 0, cpuCores: 0 };
    held.set(owner, { memBytes: sum.memBytes + need.memBytes, cpuCores: sum.cpuCores + need.cpuCores });
  }
  return new Map([...held].map(([owner, need]) => [owner, dominantPart(need, capacity)]));
}
