// Puts a client that waits for capacity into the queue as a ticket.
import type { TicketRequest } from '../api/schemas/capacity.ts';
import type { TicketListener } from '../api/service.ts';
import type { LiveConfig } from '../config/change.ts';
import type { Clock } from '../core/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Profiles } from '../engine/profiles/profiles.ts';
import { infeasibleNeed, unscheduled, whyInfeasible } from '../scheduler/admission.ts';
import type { PendingItem } from '../scheduler/items.ts';
import { defaultsFor } from './submission/estimates.ts';
import { noteOf } from './views/note.ts';
import { blockedView, infeasibleError, TICKET_FLAGS } from './views/refusal.ts';

export interface TicketDeps {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly settings: Pick<LiveConfig, 'loaded'>;
  readonly profiles: Profiles;
  newId(nowMs: number): string;
}

/** A ticket has no limits of its own; the run that uses the lease may. */
const NO_LIMITS = { memPctLimit: 100, cpuPctLimit: 100 };

/** Throws BabysitError infeasible. Returns the function that leaves the queue; after the grant it does nothing. */
export function waitForCapacity(
  deps: TicketDeps,
  request: TicketRequest,
  listener: TicketListener,
): () => void {
  const { engine, clock, profiles } = deps;
  const { config } = deps.settings.loaded;
  const { capacity, largest } = profiles;
  const shares = {
    memPctLimit: config['defaults.mem_pct_limit'],
    cpuPctLimit: config['defaults.cpu_pct_limit'],
  };
  const fallback = defaultsFor(shares, { config, capacity, largest, parent: null });
  const need = {
    memBytes: request.memBytes ?? fallback.memBytes,
    cpuCores: Math.min(request.cpuCores ?? fallback.cpuCores, largest.cpuLimitCores),
  };
  const why = whyInfeasible(
    infeasibleNeed(largest, need, NO_LIMITS, false),
    unscheduled(engine.snapshot(), need),
  );
  if (why !== null) throw infeasibleError(why, TICKET_FLAGS);
  const { wallMs } = clock.now();
  const id = deps.newId(wallMs);
  const timeMs = request.timeMs ?? config['defaults.estimated_time'];
  const item: PendingItem = {
    id,
    kind: 'ticket',
    name: `ticket-${id.slice(-6).toLowerCase()}`,
    owner: request.owner ?? request.project,
    priority: request.priority ?? 0,
    // A client that reconnects after a restart of the daemon keeps its place.
    submittedAtMs: Math.min(wallMs, request.sinceMs ?? wallMs),
    need,
    timeMs,
    // A lease expires, or the run that takes it over has limits of its own.
    killTimeoutMs: timeMs,
  };
  // A client behind it may have reconnected earlier and got the reservation: drop that.
  const { queue } = engine.live;
  if (queue.reservation !== undefined && queue.reservation.item.submittedAtMs > item.submittedAtMs)
    queue.reserve(null, wallMs);
  engine.join({
    item,
    leaseTtlMs: request.leaseTtlMs ?? config['defaults.lease_ttl'],
    waiting: (blocked) => listener.waiting({ event: 'waiting_for_capacity', ...blockedView(blocked) }),
    granted: (lease) =>
      listener.granted({
        event: 'capacity_available',
        lease: lease.id,
        expires_at: new Date(lease.expiresAt).toISOString(),
        mem_bytes: lease.memBytes,
        cpu_cores: lease.cpuCores,
        ...noteOf(request.cpuCores, lease.cpuCores),
      }),
    failed: listener.failed,
  });
  return () => engine.leave(id);
}
