// Admission: may this submission be taken, and if not, what would have to change.
import type { Limits } from '../core/task.ts';
import type { Blocked } from './explain.ts';
import { roomForSubmission, shortDim } from './ledger.ts';
import { planSubmission } from './plan.ts';
import { DEFAULT_POLICY, type Policy } from './policy.ts';
import type { Capacity, LeaseItem, Need, PendingItem, Snapshot } from './snapshot.ts';

export interface Infeasible {
  readonly dim: 'mem' | 'cpu';
  readonly requested: number;
  /** The largest estimate that would be accepted. */
  readonly limit: number;
  /** Flag or setting that raises the limit. */
  readonly raise: string;
}

export type Admission =
  | { readonly kind: 'accept' }
  | { readonly kind: 'queue' }
  | { readonly kind: 'infeasible'; readonly why: Infeasible }
  | { readonly kind: 'deny'; readonly why: Blocked }
  | { readonly kind: 'queue_full'; readonly maxPending: number };

export interface Submission {
  readonly item: PendingItem;
  readonly limits: Pick<Limits, 'memPctLimit' | 'cpuPctLimit'>;
  /** Wait in the queue instead of being denied. */
  readonly queue: boolean;
  /** Skip the gate; the envelope and the task's own limits stay. */
  readonly force: boolean;
  /** What the host ever gives, where that is more than now (another profile); absent: what it gives now. */
  readonly largest?: Capacity;
  /** The lease whose room it takes over; its room counts as free. */
  readonly lease?: LeaseItem | null;
}

/** O(running + leases); a denial also forecasts the start, see `planSubmission`. */
export function admit(
  snapshot: Snapshot,
  submission: Submission,
  nowMs: number,
  policy: Policy = DEFAULT_POLICY,
): Admission {
  const { item, limits, queue, force, lease = null } = submission;
  const never = infeasibleNeed(submission.largest ?? snapshot.capacity, item.need, limits, force);
  if (never !== null) return { kind: 'infeasible', why: never };
  if (force) return { kind: 'accept' };
  if (!queue) {
    const why = planSubmission(snapshot, item, nowMs, policy, lease);
    return why === null ? { kind: 'accept' } : { kind: 'deny', why };
  }
  if (shortDim(roomForSubmission(snapshot, lease), item.need) === null) return { kind: 'accept' };
  const { maxPending } = snapshot.capacity;
  return snapshot.queue.size < maxPending ? { kind: 'queue' } : { kind: 'queue_full', maxPending };
}

/** The largest estimate this host and these limits can ever meet. */
export function largestNeed(capacity: Capacity, limits: Submission['limits']): Need {
  return {
    memBytes: Math.min(capacity.memLimitBytes, ownMemLimit(capacity, limits)),
    cpuCores: Math.min(capacity.cpuLimitCores, ownCpuLimit(capacity, limits)),
  };
}

/** Null: this host can meet it, now or later. */
export function infeasibleNeed(
  capacity: Capacity,
  need: Need,
  limits: Submission['limits'],
  force: boolean,
): Infeasible | null {
  const bounds: readonly [Infeasible['dim'], number, number, string][] = [
    ['mem', need.memBytes, ownMemLimit(capacity, limits), '--mem_pct_limit'],
    ['cpu', need.cpuCores, ownCpuLimit(capacity, limits), '--cpu_pct_limit'],
    ['mem', need.memBytes, capacity.memLimitBytes, 'admission.max_sys_mem_pct or admission.memory_reserve'],
    ['cpu', need.cpuCores, capacity.cpuLimitCores, 'admission.max_babysit_cpu_pct'],
  ];
  // --force skips the host's gate, not the limits the caller set for the task itself.
  const applicable = force ? bounds.slice(0, 2) : bounds;
  const [first] = applicable.filter(([, requested, limit]) => requested > limit + 1e-9);
  if (first === undefined) return null;
  const [dim, requested] = first;
  const [, , limit, raise] = applicable
    .filter(([other]) => other === dim)
    .reduce((tightest, bound) => (bound[2] < tightest[2] ? bound : tightest), first);
  return { dim, requested, limit, raise };
}

function ownMemLimit(capacity: Capacity, limits: Submission['limits']): number {
  return Math.floor((capacity.memTotalBytes * limits.memPctLimit) / 100);
}

function ownCpuLimit(capacity: Capacity, limits: Submission['limits']): number {
  return (capacity.cores * limits.cpuPctLimit) / 100;
}
