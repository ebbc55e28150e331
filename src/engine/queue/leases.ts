// The leases in force. They expire by the monotonic clock, so that a jump of the wall clock has no effect.
import type { Now } from '../../core/clock.ts';
import type { Lease, LeaseId } from '../../core/lease.ts';
import { fitsInto, type LeaseItem, type Need } from '../../scheduler/items.ts';

interface Entry {
  readonly lease: Lease;
  readonly expiresAtMonoMs: number;
}

export class Leases {
  readonly #entries = new Map<LeaseId, Entry>();

  get(id: string): Lease | undefined {
    return this.#entries.get(id as LeaseId)?.lease;
  }

  put(lease: Lease, now: Now): void {
    const leftMs = Math.min(lease.expiresAt - now.wallMs, lease.expiresAt - lease.grantedAt);
    this.#entries.set(lease.id, { lease, expiresAtMonoMs: now.monoMs + Math.max(0, leftMs) });
  }

  drop(id: LeaseId): void {
    this.#entries.delete(id);
  }

  /** The owner's smallest lease that is large enough; of equal leases the oldest. */
  fitting(owner: string, need: Need): Lease | undefined {
    let best: Lease | undefined;
    for (const { lease } of this.#entries.values()) {
      if (lease.owner !== owner || !holds(lease, need)) continue;
      if (best === undefined || lease.memBytes < best.memBytes) best = lease;
    }
    return best;
  }

  expired({ monoMs }: Now): Lease[] {
    return [...this.#entries.values()]
      .filter(({ expiresAtMonoMs }) => expiresAtMonoMs <= monoMs)
      .map(({ lease }) => lease);
  }

  /** Milliseconds until the next lease expires; null without leases. */
  nextInMs({ monoMs }: Now): number | null {
    let nextMs: number | null = null;
    for (const { expiresAtMonoMs } of this.#entries.values())
      nextMs = Math.min(nextMs ?? expiresAtMonoMs, expiresAtMonoMs);
    return nextMs === null ? null : Math.max(0, nextMs - monoMs);
  }

  values(): Lease[] {
    return [...this.#entries.values()].map(({ lease }) => lease);
  }
}

export function holds(lease: Lease, need: Need): boolean {
  return fitsInto(lease, need);
}

export function leaseItem(lease: Lease): LeaseItem {
  return {
    id: lease.id,
    owner: lease.owner,
    need: { memBytes: lease.memBytes, cpuCores: lease.cpuCores },
    grantedAtMs: lease.grantedAt,
    expiresAtMs: lease.expiresAt,
    timeMs: lease.timeMs,
  };
}
