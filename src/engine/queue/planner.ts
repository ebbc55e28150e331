// Keeps the scheduler's snapshot inputs and its plan, and refreshes them no more often than needed.
import type { Clock } from '../../core/clock.ts';
import { isFileError } from '../../core/shortages.ts';
import type { Task, TaskId } from '../../core/task.ts';
import type { HostMemory } from '../../procfs/meminfo.ts';
import type { RunningItem } from '../../scheduler/items.ts';
import type { Policy } from '../../scheduler/pass.ts';
import { type Plan, planSteps } from '../../scheduler/plan.ts';
import type { OtherProfile, Snapshot } from '../../scheduler/snapshot.ts';
import { type Branch, foldTrees } from '../../scheduler/tree.ts';
import type { LiveAttempt } from '../attempt/live-attempt.ts';
import type { LiveTasks } from '../live-tasks.ts';
import type { OutsideCpu } from '../passes/outside-cpu.ts';
import type { Profiles } from '../profiles/profiles.ts';
import { beginSlice, inSlices } from '../slice.ts';
import { branchesOf, buildSnapshot, type LiveUse, runningItem } from './build-snapshot.ts';
import type { Leases } from './leases.ts';

export type Tree = Pick<RunningItem, 'id' | 'need'>;

export interface PlannerDeps {
  readonly clock: Clock;
  readonly profiles: Profiles;
  readonly policy: Policy;
  readHost(): HostMemory;
  /** Time since boot, also while the machine slept. */
  uptimeMs(): number;
}

/** Samples older than this are refreshed before memory is promised to a task. */
const SAMPLE_AGE_MS = 250;
/** A batch may read the host's memory a thousand times in one round. */
const HOST_AGE_MS = 20;
/** A plan is valid until something changes, at most for this time. */
const PLAN_AGE_MS = 1000;
/** And at least for this many times what it took: the plan of a long queue takes a tenth of a second. */
const PLAN_AGE_PER_COST = 10;
/** A smaller step of the wall clock matters to nothing that waits. */
const JUMP_MS = 5000;

export class Planner {
  readonly #deps: PlannerDeps;
  readonly #live: LiveTasks;
  readonly #leases: Leases;
  readonly #attempts: ReadonlyMap<TaskId, LiveAttempt>;
  readonly #outsideCpu: Pick<OutsideCpu, 'meanCores'>;
  #sampledAt = Number.NEGATIVE_INFINITY;
  /** Attempts refreshed since the start of the daemon. */
  #refreshed = 0;
  #host: { readonly memory: HostMemory; readonly monoMs: number } | null = null;
  #plan: { readonly plan: Plan; readonly untilMs: number } | null = null;
  /** Of tasks, leases and tickets, so far. */
  #changes = 0;
  /** The plan that is being made, or the last one that was. */
  #making: Promise<unknown> = Promise.resolve();
  /** It begins after that one, with all changes until then. */
  #next: Promise<Plan> | null = null;
  #trees: readonly Tree[] | null = null;
  /** When the host was started, by the wall clock as it was last seen. */
  #bootMs: number | null = null;

  constructor(
    deps: PlannerDeps,
    live: LiveTasks,
    leases: Leases,
    attempts: ReadonlyMap<TaskId, LiveAttempt>,
    outsideCpu: Pick<OutsideCpu, 'meanCores'>,
  ) {
    this.#deps = deps;
    this.#live = live;
    this.#leases = leases;
    this.#attempts = attempts;
    this.#outsideCpu = outsideCpu;
  }

  /** Includes changes that are staged in the current round. */
  snapshot(): Snapshot {
    const { wallMs, monoMs } = this.#deps.clock.now();
    this.#followClock(wallMs);
    if (monoMs - this.#sampledAt >= SAMPLE_AGE_MS) {
      this.#sampledAt = monoMs;
      this.#refresh();
    }
    let others: readonly OtherProfile[] | undefined;
    return buildSnapshot({
      active: this.#live.active(),
      queue: this.#live.queue,
      leases: this.#leases.values(),
      capacity: this.#deps.profiles.capacity,
      otherProfiles: () => {
        others ??= this.#deps.profiles.others();
        return others;
      },
      host: this.#readHost(monoMs),
      outsideCores: this.#outsideCpu.meanCores,
      live: this.#liveUse(),
      nowMs: wallMs,
    });
  }

  /** Without it, a clock that is set forward makes short tasks at the head pass those of a higher priority. */
  #followClock(wallMs: number): void {
    const bootMs = wallMs - this.#deps.uptimeMs();
    this.#bootMs ??= bootMs;
    if (Math.abs(bootMs - this.#bootMs) < JUMP_MS) return;
    this.#live.queue.shiftClock(bootMs - this.#bootMs);
    this.#bootMs = bootMs;
  }

  /** Of hundreds of tasks one slice refreshes a part, and the next one the following part. */
  #refresh(): void {
    const attempts = [...this.#attempts.values()];
    const isTimeOver = beginSlice(() => this.#deps.clock.now().monoMs);
    for (let count = 0; count < attempts.length && !isTimeOver(); count += 1) {
      this.#refreshed += 1;
      const live = attempts[this.#refreshed % attempts.length];
      if (live?.usesHost) live.memBytes = memBytesOf(live);
    }
  }

  /** The running tasks, each on its own, with the changes that are staged in the current round. */
  branches(): Branch[] {
    return branchesOf(this.#live.active(), this.#liveUse());
  }

  /** The running tasks, each with those inside it. Their needs stay the same until a task changes, except around others. */
  trees(): readonly Tree[] {
    if (this.#trees !== null) return this.#trees;
    const branches = this.branches();
    const trees = foldTrees(branches);
    const isFixed = branches.every(({ parentId }) => parentId === null);
    this.#trees = isFixed ? trees.map(({ id, need }) => ({ id, need })) : null;
    return trees;
  }

  /** The predicted start of each pending task and ticket. Others are served while the plan of a long queue is made. */
  plan(): Promise<Plan> {
    if (this.#next === null) {
      const made = this.#making.then(() => {
        this.#next = null;
        return this.#keptPlan() ?? this.#makePlan();
      });
      this.#next = made;
      this.#making = made.catch(() => {});
    }
    return this.#next;
  }

  #keptPlan(): Plan | null {
    const { monoMs } = this.#deps.clock.now();
    return this.#plan !== null && monoMs <= this.#plan.untilMs ? this.#plan.plan : null;
  }

  async #makePlan(): Promise<Plan> {
    const { wallMs, monoMs } = this.#deps.clock.now();
    const changes = this.#changes;
    const clock = () => this.#deps.clock.now().monoMs;
    const plan = await inSlices(planSteps(this.snapshot(), wallMs, this.#deps.policy), clock);
    const endMs = clock();
    if (changes === this.#changes)
      this.#plan = { plan, untilMs: endMs + Math.max(PLAN_AGE_MS, PLAN_AGE_PER_COST * (endMs - monoMs)) };
    return plan;
  }

  /** Returns null for a task that does not run. */
  runningItem(task: Task): RunningItem | null {
    return runningItem(task, this.#liveUse());
  }

  #liveUse(): LiveUse {
    const now = this.#deps.clock.now();
    return {
      memBytes: (id) => this.#attempts.get(id)?.memBytes ?? 0,
      cpuCores: (id) => this.#attempts.get(id)?.meanCpuCores ?? 0,
      progressEnd: (id) => this.#attempts.get(id)?.progress.end(now) ?? null,
    };
  }

  /** Call when every attempt was sampled. */
  sampled(monoMs: number): void {
    this.#sampledAt = monoMs;
  }

  /** Call when a task, lease or ticket changed. */
  invalidate(): void {
    this.#changes += 1;
    this.#plan = null;
    this.#trees = null;
  }

  #readHost(monoMs: number): HostMemory {
    if (this.#host === null || monoMs - this.#host.monoMs > HOST_AGE_MS)
      this.#host = { memory: this.#deps.readHost(), monoMs };
    return this.#host.memory;
  }
}

/** The last value when no file descriptor is left to read a new one. */
function memBytesOf({ group, memBytes }: LiveAttempt): number {
  try {
    return group.usage()?.memBytes ?? 0;
  } catch (error) {
    if (!isFileError(error)) throw error;
    return memBytes;
  }
}
