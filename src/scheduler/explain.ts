// Why a need does not fit now: dimension, shortage, who holds the room, and when it is expected to be free.
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
  return blocked(snapshot, item, dim, room, snapshot.pending, earliestStart(snapshot, item, nowMs));
}

/** For a task of the queue. Null when it is not pending or is about to be dispatched. */
export function explainPending(snapshot: Snapshot, id: string, nowMs: number): Blocked | null {
  const index = snapshot.pending.findIndex((item) => item.id === id);
  const item = snapshot.pending[index];
  if (item === undefined) return null;
  const ahead = snapshot.pending.slice(0, index);
  let room = ledger(snapshot).room;
  let isHeldBack = false;
  for (const { need } of ahead) {
    isHeldBack ||= shortDim(room, need) !== null;
    if (!isHeldBack) room = take(room, need);
  }
  const dim = shortDim(room, item.need) ?? (isHeldBack ? 'turn' : null);
  if (dim === null) return null;
  return blocked(snapshot, item, dim, room, ahead, plan(snapshot, nowMs).get(item.id) ?? null);
}

function blocked(
  snapshot: Snapshot,
  item: PendingItem,
  dim: Blocked['dim'],
  room: Room,
  ahead: readonly PendingItem[],
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

/** Running tasks by what they hold of the dimension, largest first, then the pending ones ahead. */
function holders(snapshot: Snapshot, dim: Blocked['dim'], ahead: readonly PendingItem[]): string[] {
  const held = [...snapshot.running];
  if (dim === 'mem') held.sort((a, b) => chargedMem(b) - chargedMem(a));
  if (dim === 'cpu') held.sort((a, b) => b.need.cpuCores - a.need.cpuCores);
  const names = dim === 'turn' ? [] : held.map((item) => item.name);
  return [...names, ...ahead.map((item) => item.name)].slice(0, NAMES_SHOWN);
}

function roundCores(cores: number): number {
  return Math.round(cores * 1000) / 1000;
}
