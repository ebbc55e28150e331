// What those that wait are told: when each is expected to start, and why not now. One value for status, list, soft-deny
// and wait_for_capacity.
import { type Blocked, Explanation, NAMES_SHOWN } from './explain.ts';
import { forecast } from './forecast.ts';
import { roomForSubmission, shortDim } from './ledger.ts';
import { DEFAULT_POLICY, type Policy } from './policy.ts';
import { withItem } from './queue.ts';
import { type LeaseItem, type PendingItem, type Snapshot, started } from './snapshot.ts';

export interface Planned {
  /** Epoch ms; null: by what is known now, never. */
  readonly startMs: number | null;
  /** Null: it starts now. */
  readonly blocked: Blocked | null;
}

/** By id, first those that start now, then those that wait, in order. */
export type Plan = ReadonlyMap<string, Planned>;

/** Of the whole queue: too slow for the path of a submission. */
export function plan(snapshot: Snapshot, nowMs: number, policy: Policy = DEFAULT_POLICY): Plan {
  const { choice, waiting } = forecast(snapshot, nowMs, policy);
  const planned = new Map<string, Planned>();
  for (const { id } of choice.starts) planned.set(id, { startMs: nowMs, blocked: null });
  const running = [...snapshot.running, ...choice.starts.map((item) => started(item, nowMs))];
  const names = waiting.slice(0, NAMES_SHOWN).map(({ item }) => item.name);
  const explanation = new Explanation({ ...snapshot, running }, choice.room, names);
  let position = 0;
  for (const { item, startMs } of waiting) {
    position += 1;
    const dim = shortDim(choice.room, item.need) ?? 'reservation';
    planned.set(item.id, { startMs, blocked: explanation.of(item.need, dim, position, startMs) });
  }
  return planned;
}

/**
 * Why a submission that is not stored does not fit, measured behind the whole queue; the start is the one it would have
 * if it were queued. Null when it fits. Costs as much as the part of the queue that would go before it.
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
  const place = waiting.findIndex((other) => other.item === item);
  const startMs = place === -1 ? nowMs : (waiting[place]?.startMs ?? null);
  // Whoever waits holds room, also those behind it in order.
  const others = [...choice.starts, ...waiting.slice(0, NAMES_SHOWN + 1).map((other) => other.item)];
  const names = others.filter((other) => other !== item).map(({ name }) => name);
  const explanation = new Explanation({ ...snapshot, leases }, room, names);
  return explanation.of(item.need, dim, Math.max(1, place + 1), startMs, names.length);
}
