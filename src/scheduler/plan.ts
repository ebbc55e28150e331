// The plan of the queue: when each item is expected to start, and why not now. status, list, denials and
// wait_for_capacity show the same values.
import { allSteps, type Steps } from '../core/steps.ts';
import { type Blocked, Explanation, NAMES_SHOWN } from './explain.ts';
import { expressDemand } from './express.ts';
import {
  type Forecast,
  forecast,
  forecastSteps,
  NO_START,
  type StartForecast,
  type WaitingItem,
} from './forecast.ts';
import { fitsInto, type LeaseItem, type PendingItem, toRunning } from './items.ts';
import { roomOf, shortDim } from './ledger.ts';
import { profileFor } from './other-profile.ts';
import { DEFAULT_POLICY, decide, type Policy } from './pass.ts';
import { withItem } from './queue/queue.ts';
import { isShort } from './short.ts';
import type { Snapshot } from './snapshot.ts';

export interface PlanEntry {
  readonly start: StartForecast;
  /** Null when it starts now. */
  readonly blocked: Blocked | null;
}

/** First the items that start now, then the waiting ones in order, as far as the forecast goes. */
export class Plan {
  readonly entries: ReadonlyMap<string, PlanEntry>;
  readonly #beyond: (id: string) => Blocked | undefined;

  constructor(entries: ReadonlyMap<string, PlanEntry>, beyond: (id: string) => Blocked | undefined) {
    this.entries = entries;
    this.#beyond = beyond;
  }

  /** An item further back has no expected start. Undefined when the queue has no such item. */
  get(id: string): PlanEntry | undefined {
    const entry = this.entries.get(id);
    if (entry !== undefined) return entry;
    const blocked = this.#beyond(id);
    return blocked && { start: blocked.start, blocked };
  }
}

/** `planSteps`, in one go. */
export function plan(snapshot: Snapshot, nowMs: number, policy: Policy = DEFAULT_POLICY): Plan {
  return allSteps(planSteps(snapshot, nowMs, policy));
}

/** Items between two pauses. */
const PART_ITEMS = 64;

/** Too slow for the path of a submission. A change of the queue in a pause changes no entry. */
export function* planSteps(snapshot: Snapshot, nowMs: number, policy: Policy = DEFAULT_POLICY): Steps<Plan> {
  const planned = yield* forecastSteps(snapshot, nowMs, policy);
  const entries = new Map<string, PlanEntry>();
  const now = { expectedMs: nowMs, p90Ms: null, latestMs: nowMs };
  for (const { id } of planned.choice.starts) entries.set(id, { start: now, blocked: null });
  const explain = explainer(snapshot, planned, nowMs);
  for (const [index, waiting] of planned.waiting.entries()) {
    const blocked = explain(waiting, index);
    entries.set(waiting.item.id, { start: blocked.start, blocked });
    if (index % PART_ITEMS === 0) yield;
  }
  return new Plan(entries, (id) => {
    const item = snapshot.queue.get(id);
    return item && explain({ item, start: NO_START }, null);
  });
}

/** The function that explains why an item waits, by its index in the plan; null: it is further back. */
function explainer(snapshot: Snapshot, { choice, waiting, holds }: Forecast, nowMs: number) {
  const running = [
    ...snapshot.running,
    ...choice.starts.map((item) => toRunning(item, nowMs, choice.express.includes(item))),
  ];
  const ahead = waiting.slice(0, NAMES_SHOWN).map(({ item }) => item);
  const explanation = new Explanation({ ...snapshot, running }, choice.room, ahead);
  return ({ item, start }: WaitingItem, index: number | null): Blocked => {
    const dim = shortDim(choice.room, item.need) ?? 'reservation';
    const blocked = explanation.of(item, dim, index === null ? null : index + 1, start);
    const hold = holds.get(item.id) ?? (index === null ? snapshot.queue.heldBy(item.id) : null);
    if (hold !== null) return { ...blocked, ...UNMEASURED, dim: 'hold', hold };
    const other = profileFor(snapshot, item.need);
    if (other === null) return blocked;
    const startMs = { expectedMs: other.atMs, p90Ms: null, latestMs: null };
    return { ...blocked, dim: 'profile', blockedBy: [other.profile], owners: [], start: startMs };
  };
}

/** A hold has no quantity, and nothing that holds room is the reason. */
const UNMEASURED = {
  ...{ requested: 0, available: 0, limit: 0, shortBy: 0, charged: null, outside: 0 },
  ...{ blockedBy: [], owners: [] },
} as const;

/** A submission, and the lease it takes over. */
export interface Submitted {
  readonly item: PendingItem;
  readonly lease: LeaseItem | null;
}

export interface ImmediateStart {
  readonly isExpress: boolean;
}

/** How the submission would start now, queued or not; null when it would wait. Costs at most one pass. */
export function startNow(
  snapshot: Snapshot,
  submitted: Submitted,
  nowMs: number,
  policy: Policy,
): ImmediateStart | null {
  const { item, lease } = submitted;
  // A lease is room, not a permission to start.
  if (snapshot.queue.holdOf(item) !== null) return null;
  // The caller of the lease has waited for its turn.
  if (lease !== null && fitsInto(lease.need, item.need)) return { isExpress: false };
  const queued = queuedIn(snapshot, submitted, nowMs);
  const pricing = queued.queue.pricingOf(item.owner);
  const demand = pricing === null ? item : { ...item, need: pricing(item.need) };
  const { need } = isShort(demand) ? expressDemand(demand) : demand;
  if (shortDim(roomOf(queued), need) !== null) return null;
  const { starts, express } = decide(queued, nowMs, policy);
  const isItem = ({ id }: PendingItem) => id === item.id;
  return starts.some(isItem) ? { isExpress: express.some(isItem) } : null;
}

/** Why a submission does not start now, and when it would start if it were queued. Costs the plan up to its place. */
export function planSubmission(
  snapshot: Snapshot,
  submitted: Submitted,
  nowMs: number,
  policy: Policy,
): Blocked {
  const { item } = submitted;
  const queued = queuedIn(snapshot, submitted, nowMs);
  const planned = forecast(queued, nowMs, policy, item);
  const index = planned.waiting.findIndex((other) => other.item.id === item.id);
  const waiting = planned.waiting[index];
  const explain = explainer(queued, planned, nowMs);
  if (waiting !== undefined) return explain(waiting, index);
  if (planned.choice.starts.some(({ id }) => id === item.id))
    throw new Error(`the plan starts ${item.id} now`);
  return explain({ item: queued.queue.get(item.id) ?? item, start: NO_START }, null);
}

function queuedIn(snapshot: Snapshot, { item, lease }: Submitted, nowMs: number): Snapshot {
  const leases = snapshot.leases.filter(({ id }) => id !== lease?.id);
  return { ...snapshot, leases, queue: withItem(snapshot.queue, item, nowMs) };
}
