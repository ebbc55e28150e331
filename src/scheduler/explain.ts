// Why a need does not fit now: dimension, shortage, who holds the room, and when it is expected to be free.
import type { TaskId } from '../core/task.ts';
import { chargedMem, ledger, type Room, shortDim, take } from './ledger.ts';
import { earliestStart, plan } from './plan.ts';
import type { PendingItem, Snapshot } from './snapshot.ts';

export interface Blocked {
  /** `turn`: it would fit, but tasks before it in the queue go first. */
  readonly dim: 'mem' | 'cpu' | 'slots' | 'turn';
  /** Bytes, cores or tasks, by `dim`. */
  readonly requested: number;
  readonly available: number;
  readonly limit: number;
  readonly shortBy: number;
  readonly blockedBy: readonly string[];
  readonly earliestStartMs: number | null;
}

const NAMES_SHOWN = 5;

/** For a submission that is not stored: measured behind the whole queue. Null when it fits. */
export function explainSubmission(snapshot: Snapshot, item: PendingItem, nowMs: number): Blocked | null {
  const room = ledger(snapshot).roomBehindQueue;
  const dim = shortDim(room, item.need);
  if (dim === null) return null;
  const startMs = earliestStart(snapshot, item, nowMs);
  return blocked(snapshot, item, dim, room, snapshot.pending.length, startMs);
}

/** Why each task of the queue waits; those that are about to be dispatched are not in it. */
export function explainQueue(snapshot: Snapshot, nowMs: number): ReadonlyMap<TaskId, Blocked> {
  const reasons = new Map<TaskId, Blocked>();
  const starts = plan(snapshot, nowMs);
  let room = ledger(snapshot).room;
  let isHeldBack = false;
  for (const [index, item] of snapshot.pending.entries()) {
    const dim = shortDim(room, item.need) ?? (isHeldBack ? 'turn' : null);
    if (dim === null) {
      room = take(room, item.need);
      continue;
    }
    isHeldBack = true;
    reasons.set(item.id, blocked(snapshot, item, dim, room, index, starts.get(item.id) ?? null));
  }
  return reasons;
}

function blocked(
  snapshot: Snapshot,
  item: PendingItem,
  dim: Blocked['dim'],
  room: Room,
  ahead: number,
  earliestStartMs: number | null,
): Blocked {
  const figures = figuresOf(snapshot, item, dim, room);
  return {
    dim,
    ...figures,
    shortBy: Math.max(0, figures.requested - figures.available),
    blockedBy: holders(snapshot, dim, ahead),
    earliestStartMs,
  };
}

function figuresOf(snapshot: Snapshot, item: PendingItem, dim: Blocked['dim'], room: Room) {
  const { capacity } = snapshot;
  switch (dim) {
    case 'mem':
      return {
        requested: item.need.memBytes,
        available: Math.max(0, room.memBytes),
        limit: capacity.memLimitBytes,
      };
    case 'cpu':
      return {
        requested: item.need.cpuCores,
        available: Math.max(0, roundCores(room.cpuCores)),
        limit: capacity.cpuLimitCores,
      };
    case 'slots':
    case 'turn':
      return { requested: 1, available: Math.max(0, room.slots), limit: capacity.maxRunning };
  }
}

/** Running tasks by what they hold of the dimension, largest first, then the first `ahead` pending ones. */
function holders(snapshot: Snapshot, dim: Blocked['dim'], ahead: number): string[] {
  const running = dim === 'turn' ? [] : [...snapshot.running];
  if (dim === 'mem') running.sort((a, b) => chargedMem(b) - chargedMem(a));
  if (dim === 'cpu') running.sort((a, b) => b.need.cpuCores - a.need.cpuCores);
  const waiting = snapshot.pending.slice(0, Math.min(ahead, NAMES_SHOWN));
  return [...running, ...waiting].slice(0, NAMES_SHOWN).map((item) => item.name);
}

function roundCores(cores: number): number {
  return Math.round(cores * 1000) / 1000;
}
