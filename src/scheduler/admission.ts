// Admission: accepts, queues or denies a submission, and says what would have to change.
import type { Limits } from '../core/estimate.ts';
import type { Blocked } from './explain.ts';
import type { LeaseItem, Need, PendingItem } from './items.ts';
import { beyondCapacity } from './ledger.ts';
import { profileFor } from './other-profile.ts';
import { DEFAULT_POLICY, type Policy } from './pass.ts';
import { planSubmission, startNow } from './plan.ts';
import type { Capacity, Snapshot } from './snapshot.ts';

export interface Infeasible {
  readonly dim: 'mem' | 'cpu';
  readonly requested: number;
  /** The largest estimate that would be accepted. */
  readonly limit: number;
  /** Flag with its value, setting or command that raises the limit far enough; null: nothing does. */
  readonly raise: string | null;
  /** The limit is that of the active profile: this profile gives enough. Null for the limits of host and task. */
  readonly profile: string | null;
}

export type Admission =
  /** `isExpress`: it starts above the core limit. */
  | { readonly kind: 'accept'; readonly isExpress: boolean }
  | { readonly kind: 'queue' }
  | { readonly kind: 'infeasible'; readonly why: Infeasible }
  | { readonly kind: 'deny'; readonly why: Blocked }
  | { readonly kind: 'queue_full'; readonly maxPending: number };

export interface Submission {
  readonly item: PendingItem;
  readonly limits: Pick<Limits, 'memPctLimit' | 'cpuPctLimit'>;
  /** Queue the task where it would be denied. */
  readonly queue: boolean;
  /** Skip the capacity check; a hold, the envelope and the task's own limits still apply. */
  readonly force: boolean;
  /** The largest capacity of any profile; absent: the current one. Only a need above it is infeasible. */
  readonly largest?: Capacity;
  /** The lease it takes over; the lease's room counts as free. */
  readonly lease?: LeaseItem | null;
}

/**
 * Accepts what the plan starts now, so that the answer is the same with and without `queue`. Costs at most one pass, and
 * a denial the plan.
 */
export function admit(
  snapshot: Snapshot,
  submission: Submission,
  nowMs: number,
  policy: Policy = DEFAULT_POLICY,
): Admission {
  const { item, limits, queue, force, lease = null } = submission;
  const { largest = snapshot.capacity } = submission;
  const infeasible = whyInfeasible(
    infeasibleNeed(largest, item.need, limits, force),
    force ? null : unscheduled(snapshot, item.need),
  );
  if (infeasible !== null) return { kind: 'infeasible', why: infeasible };
  const submitted = { item, lease };
  const isFree = force && snapshot.queue.holdOf(item) === null;
  const start = isFree ? { isExpress: false } : startNow(snapshot, submitted, nowMs, policy);
  if (start !== null) return { kind: 'accept', ...start };
  if (!queue) return { kind: 'deny', why: planSubmission(snapshot, submitted, nowMs, policy) };
  const { maxPending } = snapshot.capacity;
  return snapshot.queue.size < maxPending ? { kind: 'queue' } : { kind: 'queue_full', maxPending };
}

/** Where both apply, only the smaller estimate is accepted: after the flag of the one, the other would refuse. */
export function whyInfeasible(own: Infeasible | null, active: Infeasible | null): Infeasible | null {
  if (own === null || active === null || own.dim !== active.dim) return own ?? active;
  const raise = own.raise?.startsWith('--') ? null : own.raise;
  return { ...own, limit: Math.min(own.limit, active.limit), raise };
}

/** The largest estimate that this host and these limits can meet. */
export function largestNeed(capacity: Capacity, limits: Submission['limits']): Need {
  return {
    memBytes: Math.min(capacity.memLimitBytes, ownMemLimit(capacity, limits)),
    cpuCores: Math.min(capacity.cpuLimitCores, ownCpuLimit(capacity, limits)),
  };
}

/**
 * The largest estimates of a request that gives none: small enough for a second such task beside the first, with a third
 * of the memory for other programs.
 */
export function largestDefault(capacity: Capacity, limits: Submission['limits']): Need {
  const largest = largestNeed(capacity, limits);
  return {
    memBytes: Math.min(largest.memBytes, Math.floor(capacity.memLimitBytes / 3)),
    cpuCores: Math.min(largest.cpuCores, capacity.cpuLimitCores / 2),
  };
}

/** Returns null when the host can meet the need now or later. Cores above those of the host were reduced before. */
export function infeasibleNeed(
  capacity: Capacity,
  need: Need,
  limits: Submission['limits'],
  force: boolean,
): Infeasible | null {
  const memFlag = `--mem_pct_limit=${percentFor(need.memBytes, capacity.memTotalBytes)}`;
  const cpuFlag = `--cpu_pct_limit=${percentFor(need.cpuCores, capacity.cores)}`;
  const bounds: readonly [Infeasible['dim'], number, number, string][] = [
    ['mem', need.memBytes, ownMemLimit(capacity, limits), memFlag],
    ['cpu', need.cpuCores, ownCpuLimit(capacity, limits), cpuFlag],
    ['mem', need.memBytes, capacity.memLimitBytes, HOST_SETTINGS],
  ];
  // --force skips the host's limits, not those the caller set for the task.
  const applicable = force ? bounds.slice(0, 2) : bounds;
  const [first] = applicable.filter(([, requested, limit]) => requested > limit + 1e-9);
  if (first === undefined) return null;
  const [dim, requested] = first;
  const exceeded = applicable.filter(([other, , bound]) => other === dim && requested > bound + 1e-9);
  const limit = Math.min(...exceeded.map(([, , bound]) => bound));
  // A flag raises the limit of the task, and nothing raises the memory of the host.
  const isTooLarge = dim === 'mem' && requested > capacity.memTotalBytes;
  const [, , , raise] = exceeded.at(-1) ?? first;
  return { dim, requested, limit, raise: isTooLarge ? null : raise, profile: null };
}

const HOST_SETTINGS = 'admission.max_sys_mem_pct or admission.memory_reserve';

/** The whole percentage of `total` that gives at least `amount`. */
function percentFor(amount: number, total: number): number {
  return Math.ceil((100 * amount) / total - 1e-9);
}

/** A need above the capacity that no scheduled profile gives either: it would wait for a switch by hand. */
export function unscheduled(snapshot: Snapshot, need: Need): Infeasible | null {
  const { capacity } = snapshot;
  const dim = beyondCapacity(capacity, need);
  if (dim === null) return null;
  const other = profileFor(snapshot, need);
  if (other !== null && other.atMs !== null) return null;
  const [requested, limit] =
    dim === 'mem' ? [need.memBytes, capacity.memLimitBytes] : [need.cpuCores, capacity.cpuLimitCores];
  const profile = other === null ? null : other.profile;
  const raise = profile === null ? 'profile.day or profile.night' : `babysit profile ${profile}`;
  return { dim, requested, limit, raise, profile };
}

function ownMemLimit(capacity: Capacity, limits: Submission['limits']): number {
  return Math.floor((capacity.memTotalBytes * limits.memPctLimit) / 100);
}

/** A limit that leaves as much as all tasks together get restricts no estimate: tasks reserve whole cores. */
function ownCpuLimit(
  { cores, cpuShareCores }: Capacity,
  { cpuPctLimit }: Pick<Limits, 'cpuPctLimit'>,
): number {
  const own = (cores * cpuPctLimit) / 100;
  return own >= cpuShareCores - 1e-9 ? cores : own;
}
