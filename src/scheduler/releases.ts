// When the room in use is expected to be free again.
import type { Demand, LeaseItem, Need, RunningItem } from './items.ts';
import { chargedNeed, give, type Room, shortDim, take } from './ledger.ts';
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

/**
 * What a prediction assumes about the ends of tasks. `estimates`: what is charged. `p50`, `p90`: the progress of a task, else
 * what was learned of its command, else its estimate. `limits`: the kill timeout, the latest end that the watchdog allows.
 */
export type Assumption = 'estimates' | 'p50' | 'p90' | 'limits';

/** Always in the future, and no later than the kill timeout unless that has passed. Infinity for a paused task. */
export function assumedEnd(item: RunningItem, assumption: Assumption, nowMs: number): number {
  const byEstimateMs = expectedEnd(item, nowMs);
  if (item.isPaused || assumption === 'estimates') return byEstimateMs;
  const killedAtMs = item.startedAtMs + item.pausedMs + item.killTimeoutMs;
  const latestMs = killedAtMs > nowMs ? killedAtMs : nowMs + OVERDUE_MS;
  if (assumption === 'limits') return latestMs;
  const { progressEnd } = item;
  if (progressEnd === null) {
    // A task that has outlived what was learned is expected to end by its estimate.
    const learnedMs = item.startedAtMs + item.pausedMs + assumedTimeMs(item, assumption);
    return learnedMs > nowMs ? learnedMs : byEstimateMs;
  }
  const p50Ms = Math.min(Math.max(progressEnd.p50Ms, nowMs + 1), latestMs);
  if (assumption === 'p50') return p50Ms;
  return Math.min(Math.max(p50Ms, progressEnd.p90Ms ?? byEstimateMs), latestMs);
}

/** The running time of an item that has not started. */
export function assumedTimeMs(demand: Demand, assumption: Assumption): number {
  const { timeMs, killTimeoutMs, expectedMs, safeMs, forecast } = demand;
  switch (assumption) {
    case 'estimates':
      return Math.min(timeMs, killTimeoutMs);
    case 'p50':
      return Math.min(forecast?.p50Ms ?? expectedMs ?? timeMs, killTimeoutMs);
    case 'p90':
      return Math.min(forecast?.p90Ms ?? safeMs ?? timeMs, killTimeoutMs);
    case 'limits':
      return killTimeoutMs;
  }
}

/** Most runs are longer than the learned time by less than this factor. */
const LEARNED_MARGIN = 1.5;

/** The time that a candidate for backfill is tested with where what was learned counts: by the estimate at the latest. */
export function backfillTimeMs({ timeMs, killTimeoutMs, safeMs }: Demand): number {
  return Math.min(timeMs, killTimeoutMs, safeMs === undefined ? timeMs : LEARNED_MARGIN * safeMs);
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
  assumption: Assumption = 'estimates',
): Release[] {
  const releases: Release[] = [];
  for (const item of running) {
    const atMs = assumedEnd(item, assumption, nowMs);
    if (atMs < Number.POSITIVE_INFINITY) releases.push({ atMs, need: chargedNeed(item) });
  }
  for (const lease of leases) releases.push({ atMs: expectedExpiry(lease, nowMs), need: lease.need });
  for (const item of starts)
    releases.push({ atMs: nowMs + assumedTimeMs(item, assumption), need: item.need });
  return releases.sort(bySoonest);
}

export function bySoonest(a: Release, b: Release): number {
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
