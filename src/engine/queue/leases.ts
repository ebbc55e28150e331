// The leases in force. They lapse by the monotonic clock: a wall clock that jumps ends none early and keeps none for ever.
import type { Now } from '../../core/clock.ts';
import type { Lease, LeaseId } from '../../core/lease.ts';
import type { LeaseItem, Need } from '../../scheduler/items.ts';

interface Held {
  readonly lease: Lease;
  readonly lapsesAtMonoMs: number;
}

export class Leases {
  readonly #held = new Map<LeaseId, Held>();

  get(id: string): Lease | undefined {
    return this.#held.get(id as LeaseId)?.lease;
  }

  put(lease: Lease, now: Now): void {
    const leftMs = Math.min(lease.expiresAt - now.wallMs, lease.expiresAt - lease.grantedAt);
    this.#held.set(lease.id, { lease, lapsesAtMonoMs: now.monoMs + Math.max(0, leftMs) });
  }

  drop(id: LeaseId): void {
    this.#held.delete(id);
  }

  /** The smallest lease of the owner that holds enough; of equal ones the older. */
  fitting(owner: string, need: Need): Lease | undefined {
    let best: Lease | undefined;
    for (const { lease } of this.#held.values()) {
      if (lease.owner !== owner || !holds(lease, need)) continue;
      if (best === undefined || lease.memBytes < best.memBytes) best = lease;
    }
    return best;
  }

  lapsed({ monoMs }: Now): Lease[] {
    return [...this.#held.values()]
      .filter(({ lapsesAtMonoMs }) => lapsesAtMonoMs <= monoMs)
      .map(({ lease }) => lease);
  }

  /** Milliseconds until the next one lapses; null: there is none. */
  nextInMs({ monoMs }: Now): number | null {
    let nextMs: number | null = null;
    for (const { lapsesAtMonoMs } of this.#held.values())
      nextMs = Math.min(nextMs ?? lapsesAtMonoMs, lapsesAtMonoMs);
    return nextMs === null ? null : Math.max(0, nextMs - monoMs);
  }

  values(): Lease[] {
    return [...this.#held.values()].map(({ lease }) => lease);
  }
}

export function holds(lease: Lease, need: Need): boolean {
  return need.memBytes <= lease.memBytes && need.cpuCores <= lease.cpuCores + 1e-9;
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
