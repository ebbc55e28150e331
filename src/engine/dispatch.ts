// Stages an attempt or a lease for each candidate that the scheduler chose. The new groups are still empty.
import { type Driver, DriverError } from '../cgroups/port.ts';
import { boundEstimate } from '../core/estimate.ts';
import type { Lease, LeaseId } from '../core/lease.ts';
import { shortageOf } from '../core/shortages.ts';
import { type Attempt, type Envelope, isActive, ownerOf, type Task, type TaskId } from '../core/task.ts';
import type { Engines } from '../engines/engines.ts';
import { clusterEnvelope, envelope, withinParent } from '../scheduler/envelope.ts';
import type { Policy } from '../scheduler/pass.ts';
import { pass } from '../scheduler/pass.ts';
import type { Snapshot } from '../scheduler/snapshot.ts';
import type { LiveAttempt } from './attempt/live-attempt.ts';
import { groupName } from './attempt/paths.ts';
import type { Attempts } from './attempts.ts';
import { type InnerStart, innerStart, withinParentEvent } from './children.ts';
import type { DispatchHold } from './dispatch-hold.ts';
import { nextAttempt } from './found-attempts.ts';
import { type LiveTasks, pendingItem } from './live-tasks.ts';
import type { Profiles } from './profiles/profiles.ts';
import type { Planner } from './queue/planner.ts';
import type { Ticket, Tickets } from './queue/tickets.ts';
import type { UnitOfWork } from './unit-of-work.ts';

export interface DispatchDeps {
  readonly driver: Driver;
  readonly engines: Engines;
  readonly profiles: Profiles;
  readonly policy: Policy;
  readonly bootId: string;
  newLeaseId(nowMs: number): LeaseId;
  /** A text that cannot be guessed. */
  newSecret(): string;
}

/** Refusals of the kernel that concern every group, not this task. */
const HOST_WIDE: Readonly<Record<string, string>> = {
  ENOENT: 'a cgroup for its tasks',
  ENODEV: 'a cgroup for its tasks',
  EACCES: 'a cgroup for its tasks',
  EPERM: 'a cgroup for its tasks',
  EROFS: 'a cgroup for its tasks',
};

/** How an attempt starts, where it is not the usual way. */
export interface Start {
  /** Above the core limit. */
  readonly isExpress?: boolean;
  /** Inside a running task. */
  readonly inner?: InnerStart | undefined;
}

/** Attempts and leases that a round staged. They take effect with its commit. */
export interface Starts {
  readonly attempts: LiveAttempt[];
  readonly granted: { readonly ticket: Ticket; readonly lease: Lease }[];
}

export function noStarts(): Starts {
  return { attempts: [], granted: [] };
}

export class Dispatcher {
  readonly #deps: DispatchDeps;
  readonly #live: LiveTasks;
  readonly #tickets: Tickets;
  readonly #attempts: Attempts;
  readonly #hold: DispatchHold;
  readonly #planner: Planner;
  #seenHolds = 0;

  constructor(deps: DispatchDeps, live: LiveTasks, tickets: Tickets, attempts: Attempts, planner: Planner) {
    this.#deps = deps;
    this.#live = live;
    this.#tickets = tickets;
    this.#attempts = attempts;
    this.#hold = attempts.hold;
    this.#planner = planner;
  }

  /** Calls `snapshot` only for a non-empty queue. */
  dispatch(work: UnitOfWork, starts: Starts, snapshot: () => Snapshot): void {
    if (this.#hold.allowed(work.now.monoMs) === 0) return;
    this.#startInside(work, starts);
    if (this.#live.queue.size === 0) return;
    const { starts: chosen, express, reservation } = pass(snapshot(), work.now.wallMs, this.#deps.policy);
    this.#live.queue.reserve(reservation, work.now.wallMs);
    for (const id of chosen) {
      if (starts.attempts.length >= this.#hold.allowed(work.now.monoMs)) break;
      const ticket = this.#tickets.get(id);
      if (ticket === undefined) this.start(work, id as TaskId, starts, { isExpress: express.includes(id) });
      else this.#grant(work, ticket, starts);
    }
  }

  /** The first that has to wait keeps those after it waiting: else small ones could pass it without end. */
  #startInside(work: UnitOfWork, starts: Starts): void {
    for (const { parent, children } of this.#live.waitingInside())
      for (const child of children) {
        if (starts.attempts.length >= this.#hold.allowed(work.now.monoMs)) return;
        const inner = this.innerStart(work, parent, child);
        if (inner === null) break;
        this.start(work, child.id, starts, { inner });
      }
  }

  /** How a task inside `parent` starts now; null: it waits. */
  innerStart(work: UnitOfWork, parent: Task, child: Task): InnerStart | null {
    const { policy } = this.#deps;
    const branches = () => this.#planner.branches();
    const snapshot = () => this.#planner.snapshot();
    return innerStart({ live: this.#live, policy, branches, snapshot }, parent, child, work.now.wallMs);
  }

  #grant(work: UnitOfWork, ticket: Ticket, starts: Starts): void {
    const { item, leaseTtlMs } = ticket;
    const at = work.now.wallMs;
    const lease: Lease = {
      id: this.#deps.newLeaseId(at),
      owner: item.owner,
      memBytes: item.need.memBytes,
      cpuCores: item.need.cpuCores,
      timeMs: item.timeMs,
      grantedAt: at,
      expiresAt: at + leaseTtlMs,
    };
    work.grant(lease);
    this.#live.queue.served(item.owner, at);
    starts.granted.push({ ticket, lease });
  }

  /** Creates the group before the commit, so that the database names it before any process runs in it. */
  start(work: UnitOfWork, id: TaskId, starts: Starts, how: Start): void {
    const task = work.get(id);
    if (task === undefined || task.state.status !== 'pending') return;
    const { profiles } = this.#deps;
    const { capacity, envelopeRules } = profiles.settings;
    const number = nextAttempt(this.#deps.engines.tasksDirOf(task), task);
    const name = groupName(id, number);
    const own = envelope(boundEstimate(task), task.limits, capacity, envelopeRules, task.execOptions);
    const parent = this.#live.parentOf(task);
    const { inner } = how;
    const caps = inner?.isWithinParent && parent ? this.#within(own, parent) : own;
    const attempt: Omit<Attempt, 'group'> = {
      ...this.#newAttempt(id, number, caps, work.now.wallMs),
      isExpress: how.isExpress === true,
      ...(inner?.isWithinParent ? { isWithinParent: true } : {}),
    };
    try {
      const group = this.#deps.engines.local.create(task, name, caps);
      // What starts inside a task is not the turn of its owner.
      if (parent === undefined) this.#live.queue.served(ownerOf(task), work.now.wallMs);
      starts.attempts.push(this.#attempts.create(task, number, group));
      work.change(id, { kind: 'dispatch', attempt: { ...attempt, group: group.ref } });
      if (inner?.isWithinParent && parent) work.emit(task, withinParentEvent(parent, inner, caps));
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      const what = HOST_WIDE[error.code] ?? shortageOf(error);
      if (what !== null) {
        // Nothing was staged: the task keeps its place in the queue.
        this.#hold.failed({ what, message: error.message }, work.now.monoMs);
        return;
      }
      const driver = this.#deps.driver.kind;
      work.change(id, { kind: 'dispatch', attempt: { ...attempt, group: { driver, name } } });
      work.change(id, { kind: 'could_not_start', message: error.message, at: work.now.wallMs });
    }
  }

  /** Hands tasks over to engines with a queue of their own, when the round is committed. */
  place(work: UnitOfWork): void {
    const { engines, profiles } = this.#deps;
    this.#recallHeld();
    for (const task of this.#live.outbound()) {
      const { id } = task;
      const engine = engines.queueOf(task);
      if (engine === null || task.state.status !== 'pending') continue;
      const { waitsFor } = task.state;
      if (waitsFor.length > 0 && !engine.canFollow(waitsFor)) {
        this.#live.keep(id);
        continue;
      }
      const number = nextAttempt(engine.tasksDir, task);
      const caps = clusterEnvelope(boundEstimate(task), profiles.settings.envelopeRules, task.execOptions);
      const group = engine.refOf(groupName(id, number));
      const attempt = { ...this.#newAttempt(id, number, caps, work.now.wallMs), group };
      work.change(id, { kind: 'place', attempt });
    }
  }

  /** A hold also keeps the tasks that wait in the queue of their engine: they come back to that of the daemon. */
  #recallHeld(): void {
    const { queue, holds } = this.#live;
    if (holds.changes === this.#seenHolds) return;
    this.#seenHolds = holds.changes;
    for (const task of this.#live.values()) {
      const { state } = task;
      if (state.status !== 'pending' || state.placed === undefined) continue;
      const hold = queue.holdOf(pendingItem(task));
      if (hold !== null) this.#attempts.placements.recall(task, state.placed, `held by ${hold.by}`);
    }
  }

  #newAttempt(id: TaskId, number: number, envelope: Envelope, nowMs: number): Omit<Attempt, 'group'> {
    return {
      number,
      token: `${id}-${this.#deps.newSecret()}`,
      bootId: this.#deps.bootId,
      envelope,
      dispatchedAt: nowMs,
      startedAt: null,
      pid: null,
      pausedMs: 0,
      heldAt: null,
      isExpress: false,
      kill: null,
    };
  }

  /** Beside its own cap, the use of the parent and of others without room counts against the cap of the parent. */
  #within(own: Envelope, parent: Task): Envelope {
    if (!isActive(parent.state)) return own;
    const sharing = this.#live
      .children(parent)
      .filter(({ state }) => isActive(state) && state.attempt.isWithinParent);
    const usedBytes = [parent, ...sharing].reduce(
      (sum, { id }) => sum + (this.#attempts.byId.get(id)?.memBytes ?? 0),
      0,
    );
    return withinParent(own, parent.state.attempt.envelope, usedBytes);
  }
}
