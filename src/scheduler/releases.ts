// When the room that is taken now is expected to be free again.
import { chargedMem, give, type Room, shortDim, take } from './ledger.ts';
import type { Demand, LeaseItem, Need, RunningItem, Snapshot } from './snapshot.ts';

/** One slot and `need` come free at `atMs`, epoch ms. */
export interface Release {
  readonly atMs: number;
  readonly need: Need;
}

/** An end that is overdue has not come yet. */
const OVERDUE_MS = 1000;

/**
 * By its estimate; a task that has overrun it, by its kill timeout; always in the future. Infinity while it is paused: it
 * can stay so for ever.
 */
export function expectedEnd(item: RunningItem, nowMs: number): number {
  if (item.isPaused) return Number.POSITIVE_INFINITY;
  const begunMs = item.startedAtMs + item.pausedMs;
  const killedAtMs = begunMs + item.killTimeoutMs;
  const byEstimateMs = Math.min(begunMs + item.timeMs, killedAtMs);
  if (byEstimateMs > nowMs) return byEstimateMs;
  return killedAtMs > nowMs ? killedAtMs : nowMs + OVERDUE_MS;
}

/** A lease is used up to its last moment, or by a task that takes its time from the grant. */
export function expectedLapse(lease: LeaseItem, nowMs: number): number {
  const endMs = Math.max(lease.expiresAtMs, lease.grantedAtMs + lease.timeMs);
  return endMs > nowMs ? endMs : nowMs + OVERDUE_MS;
}

/**
 * Of running tasks, leases and `starts`, which are about to run; soonest first, of those at the same time the smaller
 * first. What has no expected end is left out.
 */
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
  for (const lease of leases) releases.push({ atMs: expectedLapse(lease, nowMs), need: lease.need });
  for (const { timeMs, need } of starts) releases.push({ atMs: nowMs + timeMs, need });
  return releases.sort(bySoonest);
}

function bySoonest(a: Release, b: Release): number {
  return a.atMs - b.atMs || a.need.memBytes - b.need.memBytes || a.need.cpuCores - b.need.cpuCores;
}

export interface Shadow {
  /** When there is expected to be room, epoch ms. */
  readonly atMs: number;
  /** What is left of the room that was collected for it. */
  readonly extra: Room;
}

/**
 * Shadow time and extra room of a need that does not fit now: releases are collected one by one until it fits (Mu'alem and
 * Feitelson, IEEE TPDS 12(6), 2001, figure 1), here in all dimensions. Null when it does not fit even after the last.
 */
export function shadow(room: Room, releases: readonly Release[], need: Need): Shadow | null {
  let free = room;
  for (const { atMs, need: freed } of releases) {
    free = give(free, freed);
    if (shortDim(free, need) === null) return { atMs, extra: take(free, need) };
  }
  return null;
}
