// Admission: may this submission be taken, and if not, what would have to change.
import type { Limits } from '../core/task.ts';
import { type Blocked, explainSubmission } from './explain.ts';
import type { Capacity, Need, PendingItem, Snapshot } from './snapshot.ts';

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
}

export function admit(snapshot: Snapshot, submission: Submission, nowMs: number): Admission {
  const { item, limits, queue, force } = submission;
  const why = infeasible(snapshot.capacity, item.need, limits, force);
  if (why !== null) return { kind: 'infeasible', why };
  if (force) return { kind: 'accept' };
  const blocked = explainSubmission(snapshot, item, nowMs);
  if (blocked === null) return { kind: 'accept' };
  if (!queue) return { kind: 'deny', why: blocked };
  const { maxPending } = snapshot.capacity;
  return snapshot.pending.length < maxPending ? { kind: 'queue' } : { kind: 'queue_full', maxPending };
}

/** The largest estimate this host and these limits can ever meet. */
export function largestNeed(capacity: Capacity, limits: Submission['limits']): Need {
  return {
    memBytes: Math.min(capacity.memLimitBytes, ownMemLimit(capacity, limits)),
    cpuCores: Math.min(capacity.cpuLimitCores, ownCpuLimit(capacity, limits)),
  };
}

function infeasible(
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
