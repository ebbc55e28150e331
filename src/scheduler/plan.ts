// The plan of the queue: when each item is expected to start, and why not now. status, list, denials and
// wait_for_capacity show the same values.
import { type Blocked, Explanation, NAMES_SHOWN } from './explain.ts';
import { forecast, NO_START, type StartForecast } from './forecast.ts';
import { type LeaseItem, type PendingItem, toRunning } from './items.ts';
import { roomForSubmission, shortDim } from './ledger.ts';
import { DEFAULT_POLICY, type Policy } from './pass.ts';
import { withItem } from './queue.ts';
import type { Snapshot } from './snapshot.ts';

export interface PlanEntry {
  readonly start: StartForecast;
  /** Null when it starts now. */
  readonly blocked: Blocked | null;
}

/** By id: first the items that start now, then the waiting ones in order. */
export type Plan = ReadonlyMap<string, PlanEntry>;

/** Plans the whole queue; too slow for the path of a submission. */
export function plan(snapshot: Snapshot, nowMs: number, policy: Policy = DEFAULT_POLICY): Plan {
  const { choice, waiting } = forecast(snapshot, nowMs, policy);
  const entries = new Map<string, PlanEntry>();
  const now = { expectedMs: nowMs, p90Ms: null, latestMs: nowMs };
  for (const { id } of choice.starts) entries.set(id, { start: now, blocked: null });
  const running = [...snapshot.running, ...choice.starts.map((item) => toRunning(item, nowMs))];
  const names = waiting.slice(0, NAMES_SHOWN).map(({ item }) => item.name);
  const explanation = new Explanation({ ...snapshot, running }, choice.room, names);
  let position = 0;
  for (const { item, start } of waiting) {
    position += 1;
    const dim = shortDim(choice.room, item.need) ?? 'reservation';
    entries.set(item.id, { start, blocked: explanation.of(item.need, dim, position, start) });
  }
  return entries;
}

/**
 * Why a submission does not fit after the whole queue, and when it would start if it were queued. Null when it fits.
 * Costs as much as planning the part of the queue before it.
 */
export function planSubmission(
  snapshot: Snapshot,
  item: PendingItem,
  nowMs: number,
  policy: Policy = DEFAULT_POLICY,
  lease: LeaseItem | null = null,
): Blocked | null {
  const room = roomForSubmission(snapshot, lease);
  const dim = shortDim(room, item.need);
  if (dim === null) return null;
  const leases = snapshot.leases.filter(({ id }) => id !== lease?.id);
  const queued = { ...snapshot, leases, queue: withItem(snapshot.queue, item, nowMs) };
  const { choice, waiting } = forecast(queued, nowMs, policy, item);
  const index = waiting.findIndex((other) => other.item === item);
  const start =
    index === -1 ? { expectedMs: nowMs, p90Ms: null, latestMs: nowMs } : (waiting[index]?.start ?? NO_START);
  // Every pending item is charged, also one after it in the order.
  const others = [...choice.starts, ...waiting.slice(0, NAMES_SHOWN + 1).map((other) => other.item)];
  const names = others.filter((other) => other !== item).map(({ name }) => name);
  const explanation = new Explanation({ ...snapshot, leases }, room, names);
  return explanation.of(item.need, dim, Math.max(1, index + 1), start, names.length);
}
