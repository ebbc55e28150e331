// What the scheduler sees of the host and of our tasks, and what it foretells from that; read anew as seldom as it may be.
import type { Clock } from '../../core/clock.ts';
import type { TaskId } from '../../core/task.ts';
import type { HostMemory } from '../../procfs/meminfo.ts';
import type { Policy } from '../../scheduler/pass.ts';
import { type Plan, plan } from '../../scheduler/plan.ts';
import type { Snapshot } from '../../scheduler/snapshot.ts';
import type { LiveAttempt } from '../attempt/live-attempt.ts';
import type { LiveTasks } from '../live-tasks.ts';
import type { Profiles } from '../profiles/profiles.ts';
import { buildSnapshot } from './build-snapshot.ts';
import type { Leases } from './leases.ts';

export interface PlannerDeps {
  readonly clock: Clock;
  readonly profiles: Profiles;
  readonly policy: Policy;
  readHost(): HostMemory;
}

/** Samples older than this are read again before memory is promised to somebody. */
const FRESH_MS = 250;
/** A batch asks a thousand times in one round. */
const HOST_AGE_MS = 20;
/** A plan is good for as long as nothing has changed, and no longer than this. */
const PLAN_AGE_MS = 1000;

export class Planner {
  readonly #deps: PlannerDeps;
  readonly #live: LiveTasks;
  readonly #leases: Leases;
  readonly #attempts: ReadonlyMap<TaskId, LiveAttempt>;
  #sampledAt = Number.NEGATIVE_INFINITY;
  #host: { readonly memory: HostMemory; readonly monoMs: number } | null = null;
  #plan: { readonly plan: Plan; readonly monoMs: number } | null = null;

  constructor(
    deps: PlannerDeps,
    live: LiveTasks,
    leases: Leases,
    attempts: ReadonlyMap<TaskId, LiveAttempt>,
  ) {
    this.#deps = deps;
    this.#live = live;
    this.#leases = leases;
    this.#attempts = attempts;
  }

  /** The scheduler's picture of now, or of the round that is being staged. */
  snapshot(): Snapshot {
    const { monoMs } = this.#deps.clock.now();
    if (monoMs - this.#sampledAt >= FRESH_MS) {
      this.#sampledAt = monoMs;
      for (const live of this.#attempts.values()) live.memBytes = live.group.usage()?.memBytes ?? 0;
    }
    return buildSnapshot({
      active: this.#live.active(),
      queue: this.#live.queue,
      leases: this.#leases.values(),
      capacity: this.#deps.profiles.capacity,
      host: this.#readHost(monoMs),
      liveMemBytes: (id) => this.#attempts.get(id)?.memBytes ?? 0,
    });
  }

  /** When each pending task and ticket will start: the one value behind every prediction. */
  plan(): Plan {
    const { wallMs, monoMs } = this.#deps.clock.now();
    if (this.#plan === null || monoMs - this.#plan.monoMs > PLAN_AGE_MS)
      this.#plan = { plan: plan(this.snapshot(), wallMs, this.#deps.policy), monoMs };
    return this.#plan.plan;
  }

  /** Every attempt has just been sampled. */
  sampled(monoMs: number): void {
    this.#sampledAt = monoMs;
  }

  /** A task, lease or ticket has changed. */
  changed(): void {
    this.#plan = null;
  }

  #readHost(monoMs: number): HostMemory {
    if (this.#host === null || monoMs - this.#host.monoMs > HOST_AGE_MS)
      this.#host = { memory: this.#deps.readHost(), monoMs };
    return this.#host.memory;
  }
}
