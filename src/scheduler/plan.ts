// When will each pending task start, if every running task keeps to its estimate: a simulation of the queue.
import type { TaskId } from '../core/task.ts';
import { chargedMem, ledger, type Room, shortDim, take } from './ledger.ts';
import type { Need, PendingItem, RunningItem, Snapshot } from './snapshot.ts';

/** Start times in epoch ms, in the queue's order; null: never by what is known now (memory outside our tasks blocks it). */
export type Plan = ReadonlyMap<TaskId, number | null>;

interface Release {
  readonly atMs: number;
  readonly need: Need;
}

export function plan(snapshot: Snapshot, nowMs: number): Plan {
  const starts = new Map<TaskId, number | null>();
  let room: Room = ledger(snapshot).room;
  const releases: Release[] = snapshot.running.map((item) => ({
    atMs: expectedEnd(item, nowMs),
    need: { memBytes: chargedMem(item), cpuCores: item.need.cpuCores },
  }));
  releases.sort((a, b) => a.atMs - b.atMs);
  let clockMs = nowMs;
  let isBlockedForGood = false;
  for (const item of snapshot.pending) {
    while (shortDim(room, item.need) !== null) {
      const next = releases.shift();
      if (next === undefined) break;
      clockMs = Math.max(clockMs, next.atMs);
      room = give(room, next.need);
    }
    if (shortDim(room, item.need) !== null) isBlockedForGood = true;
    if (isBlockedForGood) {
      starts.set(item.id, null);
      continue;
    }
    starts.set(item.id, clockMs);
    room = take(room, item.need);
    insertSorted(releases, { atMs: clockMs + item.timeMs, need: item.need });
  }
  return starts;
}

/** When `item` would start if it were put at the end of the queue. */
export function earliestStart(snapshot: Snapshot, item: PendingItem, nowMs: number): number | null {
  return plan({ ...snapshot, pending: [...snapshot.pending, item] }, nowMs).get(item.id) ?? null;
}

/** A task past its kill timeout is being ended; it has not ended yet. */
const OVERDUE_MS = 1000;

/** By its estimate; a task that has overrun it, by its kill timeout; always in the future. */
export function expectedEnd(item: RunningItem, nowMs: number): number {
  const killedAt = item.startedAtMs + item.killTimeoutMs;
  const byEstimate = Math.min(item.startedAtMs + item.timeMs, killedAt);
  return byEstimate > nowMs ? byEstimate : Math.max(nowMs + OVERDUE_MS, killedAt);
}

function give(room: Room, need: Need): Room {
  return {
    memBytes: room.memBytes + need.memBytes,
    cpuCores: room.cpuCores + need.cpuCores,
    slots: room.slots + 1,
  };
}

function insertSorted(releases: Release[], release: Release): void {
  let low = 0;
  let high = releases.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((releases[middle]?.atMs ?? Number.POSITIVE_INFINITY) <= release.atMs) low = middle + 1;
    else high = middle;
  }
  releases.splice(low, 0, release);
}
