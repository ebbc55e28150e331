// When the room in use is expected to be free again.
import type { Demand, LeaseItem, Need, RunningItem } from './items.ts';
import { chargedMem, give, type Room, shortDim, take } from './ledger.ts';
import type { Snapshot } from './snapshot.ts';

/** One slot and `need` become free at `atMs`, epoch ms. */
export interface Release {
  readonly atMs: number;
  readonly need: Need;
}

/** An overdue end is expected this much later. */
const OVERDUE_MS = 1000;

/** By the estimate, after an overrun by the kill timeout; always in the future. Infinity for a paused task. */
export function expectedEnd(item: RunningItem, nowMs: number): number {
  if (item.isPaused) return Number.POSITIVE_INFINITY;
  const begunMs = item.startedAtMs + item.pausedMs;
  const killedAtMs = begunMs + item.killTimeoutMs;
  const byEstimateMs = Math.min(begunMs + item.timeMs, killedAtMs);
  if (byEstimateMs > nowMs) return byEstimateMs;
  return killedAtMs > nowMs ? killedAtMs : nowMs + OVERDUE_MS;
}

/** The expiry, or the end of a task that runs for the lease's time from the grant; always in the future. */
export function expectedExpiry(lease: LeaseItem, nowMs: number): number {
  const endMs = Math.max(lease.expiresAtMs, lease.grantedAtMs + lease.timeMs);
  return endMs > nowMs ? endMs : nowMs + OVERDUE_MS;
}

/** The releases of running tasks, leases and `starts`, soonest first, then smallest first. Paused tasks have none. */
export function releasesOf(
  { running, leases }: Snapshot,
  nowMs: number,
  starts: readonly Demand[] = [],
): Release[] {
  const releases: Release[] = [];
  for (const item of running) {
    const atMs = expectedEnd(item, nowMs);
    if (atMs < Number.POSITIVE_INFINITY)
      releases.push({ atMs, need: { memBytes: chargedMem(item), cpuCores: item.need.cpuCores } });
  }
  for (const lease of leases) releases.push({ atMs: expectedExpiry(lease, nowMs), need: lease.need });
  for (const { timeMs, need } of starts) releases.push({ atMs: nowMs + timeMs, need });
  return releases.sort(bySoonest);
}

function bySoonest(a: Release, b: Release): number {
  return a.atMs - b.atMs || a.need.memBytes - b.need.memBytes || a.need.cpuCores - b.need.cpuCores;
}

export interface Shadow {
  /** The shadow time, epoch ms. */
  readonly atMs: number;
  /** The room left at that time after the need is taken. */
  readonly extra: Room;
}

/**
 * Shadow time and extra room of a need that does not fit now: adds releases until it fits in all dimensions (Mu'alem and
 * Feitelson, IEEE TPDS 12(6), 2001, figure 1). Null when it does not fit after the last release.
 */
export function shadow(room: Room, releases: readonly Release[], need: Need): Shadow | null {
  let free = room;
  for (const { atMs, need: freed } of releases) {
    free = give(free, freed);
    if (shortDim(free, need) === null) return { atMs, extra: take(free, need) };
  }
  return null;
}
