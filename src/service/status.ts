// The status of host and daemon: capacity, its use, and the queue in the order of predicted starts.
import { hostname } from 'node:os';
import type { LiveStatus } from '../api/schemas/observe/live.ts';
import type { StatusView } from '../api/schemas/status.ts';
import type { NotEnforced } from '../api/schemas/task.ts';
import type { Clock } from '../core/clock.ts';
import { elapsedMs } from '../core/elapsed.ts';
import { ownerOf } from '../core/task.ts';
import type { Engine } from '../engine/engine.ts';
import type { Profiles } from '../engine/profiles/profiles.ts';
import type { HostMemory } from '../procfs/meminfo.ts';
import { readHostPressure } from '../procfs/pressure.ts';
import { chargedMem, roomOf } from '../scheduler/ledger.ts';
import type { Plan } from '../scheduler/plan.ts';
import type { Store } from '../store/store.ts';
import { roundCores } from '../units/number.ts';
import { holdsView } from './hold.ts';
import { type LargestOutside, outsideViews } from './views/outside.ts';
import { plannedView, waitingView } from './views/waiting-view.ts';

export interface StatusDeps {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly profiles: Profiles;
  readonly store: Store;
  readonly home: string;
  readonly driver: string;
  readonly notEnforced: readonly NotEnforced[];
  readonly version: string;
  readonly startedAt: number;
  readHost(): HostMemory;
  readonly largestOutside: LargestOutside;
  notices(): StatusView['notices'];
}

const LEVERS_SHOWN = 5;
const QUEUE_SHOWN = 100;

export async function statusView(deps: StatusDeps): Promise<StatusView> {
  const { engine, clock } = deps;
  const plan = await engine.plan();
  const nowMs = clock.now().wallMs;
  return {
    ...hostStatus(deps, nowMs),
    running: [...engine.live.active()].map((task) => {
      const live = engine.attempt(task.id)?.figures();
      return {
        name: task.name,
        owner: ownerOf(task),
        id: task.id,
        elapsed_ms: elapsedMs(task.state, nowMs) ?? 0,
        mem_bytes: live?.memBytes ?? null,
        cpu_cores: roundCores(live?.cpuCores),
      };
    }),
    queue: queueView(engine, plan, nowMs),
    levers: deps.store
      .leverUses(LEVERS_SHOWN)
      .map(({ lever, of, by, at }) => ({ lever, of, by, at: new Date(at).toISOString() })),
  };
}

/** The status without the tasks: it costs the same with a long queue. */
export function hostStatus(deps: StatusDeps, nowMs: number): LiveStatus {
  const { engine, profiles } = deps;
  const { capacity } = profiles;
  const snapshot = engine.snapshot();
  const host = deps.readHost();
  const stalled = readHostPressure();
  const room = roomOf(snapshot);
  const active = [...engine.live.active()];
  const paused = active.filter((task) => task.state.status === 'paused').length;
  const leased = sum(snapshot.leases.map((lease) => lease.need.memBytes));
  const { needs } = snapshot.queue;
  return {
    host: {
      hostname: hostname(),
      cores: capacity.cores,
      mem_total_bytes: host.totalBytes,
      mem_available_bytes: host.availableBytes,
      stalled: {
        memory_full_pct: stalled.memory?.fullAvg10Pct ?? null,
        cpu_some_pct: stalled.cpu?.someAvg10Pct ?? null,
        io_full_pct: stalled.io?.fullAvg10Pct ?? null,
      },
      outside: outsideViews(deps.largestOutside()),
    },
    daemon: {
      pid: process.pid,
      version: deps.version,
      started_at: new Date(deps.startedAt).toISOString(),
      driver: deps.driver,
      not_enforced: deps.notEnforced,
      home: deps.home,
      node: process.version,
    },
    capacity: {
      mem_limit_bytes: capacity.memLimitBytes,
      mem_outside_bytes: snapshot.outsideMemBytes,
      mem_running_bytes: sum(snapshot.running.map(chargedMem)),
      mem_pending_bytes: needs.memBytes,
      mem_leased_bytes: leased,
      mem_available_bytes: Math.max(0, room.memBytes),
      cpu_limit_cores: roundCores(capacity.cpuLimitCores),
      cpu_outside_cores: snapshot.outsideCpuCores,
      cpu_reserved_cores: roundCores(capacity.cpuLimitCores - snapshot.outsideCpuCores - room.cpuCores),
      cpu_available_cores: Math.max(0, roundCores(room.cpuCores)),
    },
    tasks: {
      running: active.length - paused,
      paused,
      pending: engine.live.pendingCount,
      tickets: engine.ticketCount,
    },
    profile: profiles.settings.profile,
    pressure: engine.pressure().map(({ dim, lastedMs, cause }) => ({
      dim,
      lasted_s: Math.round(lastedMs / 1000),
      cause: cause?.cause ?? null,
      detail: cause?.detail ?? null,
    })),
    ...holdsView(engine, nowMs),
    leases: snapshot.leases.map((lease) => ({
      id: lease.id,
      owner: lease.owner,
      mem_bytes: lease.need.memBytes,
      cpu_cores: roundCores(lease.need.cpuCores),
      expires_at: new Date(lease.expiresAtMs).toISOString(),
    })),
    notices: deps.notices(),
  };
}

/** First the planned tasks and tickets in their order, then tasks that wait for other tasks or a back-off. */
function queueView(engine: Engine, plan: Plan, nowMs: number): StatusView['queue'] {
  const rows: StatusView['queue'] = [];
  for (const [id, { blocked }] of plan.entries) {
    if (rows.length >= QUEUE_SHOWN) return rows;
    const item = engine.live.queue.get(id);
    if (item === undefined) continue;
    rows.push({
      kind: item.kind,
      name: item.name,
      owner: item.owner,
      id,
      waiting: plannedView(blocked, engine),
    });
  }
  for (const task of engine.live.values()) {
    if (rows.length >= QUEUE_SHOWN) return rows;
    if (task.state.status !== 'pending' || engine.live.queue.has(task.id)) continue;
    rows.push({
      kind: 'task',
      name: task.name,
      owner: ownerOf(task),
      id: task.id,
      waiting: waitingView(task, engine, nowMs, plan),
    });
  }
  return rows;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
