// Turns what the scheduler has chosen into staged attempts and leases. The groups made here hold nothing yet.
import { type Driver, DriverError, type Group, type Units } from '../cgroups/port.ts';
import type { Lease, LeaseId } from '../core/lease.ts';
import { type Attempt, type Envelope, ownerOf, type Task, type TaskId } from '../core/task.ts';
import { envelope } from '../scheduler/envelope.ts';
import { pass } from '../scheduler/pass.ts';
import type { Policy } from '../scheduler/policy.ts';
import type { Snapshot } from '../scheduler/snapshot.ts';
import type { LiveAttempt } from './attempt/live-attempt.ts';
import { groupName } from './attempt/paths.ts';
import type { LiveTasks } from './live-tasks.ts';
import type { Profiles } from './profiles/profiles.ts';
import type { Ticket, Tickets } from './queue/tickets.ts';
import type { Stage } from './unit-of-work.ts';

export interface DispatchDeps {
  readonly driver: Driver;
  /** Null: there is no systemd to start units with. */
  readonly units: Units | null;
  readonly profiles: Profiles;
  readonly policy: Policy;
  readonly bootId: string;
  newLeaseId(nowMs: number): LeaseId;
}

/** What a round has staged and its commit makes true. */
export interface Starts {
  readonly attempts: LiveAttempt[];
  readonly granted: { readonly ticket: Ticket; readonly lease: Lease }[];
}

type NewAttempt = (id: TaskId, number: number, group: Group) => LiveAttempt;

export class Dispatcher {
  readonly #deps: DispatchDeps;
  readonly #live: LiveTasks;
  readonly #tickets: Tickets;
  readonly #newAttempt: NewAttempt;

  constructor(deps: DispatchDeps, live: LiveTasks, tickets: Tickets, newAttempt: NewAttempt) {
    this.#deps = deps;
    this.#live = live;
    this.#tickets = tickets;
    this.#newAttempt = newAttempt;
  }

  /** `forced` start whatever the ledger says, and also while the others are held; `snapshot` is asked for when somebody else waits. */
  dispatch(stage: Stage, forced: Iterable<TaskId>, isHeld: boolean, snapshot: () => Snapshot): Starts {
    const starts: Starts = { attempts: [], granted: [] };
    for (const id of forced) this.#prepare(stage, id, starts);
    if (isHeld || this.#live.queue.size === 0) return starts;
    const { starts: chosen, reservation } = pass(snapshot(), stage.now.wallMs, this.#deps.policy);
    this.#live.queue.reserve(reservation, stage.now.wallMs);
    for (const id of chosen) {
      const ticket = this.#tickets.get(id);
      if (ticket === undefined) this.#prepare(stage, id as TaskId, starts);
      else this.#grant(stage, ticket, starts);
    }
    return starts;
  }

  #grant(stage: Stage, ticket: Ticket, starts: Starts): void {
    const { item, leaseTtlMs } = ticket;
    const at = stage.now.wallMs;
    const lease: Lease = {
      id: this.#deps.newLeaseId(at),
      owner: item.owner,
      memBytes: item.need.memBytes,
      cpuCores: item.need.cpuCores,
      timeMs: item.timeMs,
      grantedAt: at,
      expiresAt: at + leaseTtlMs,
    };
    stage.grant(lease);
    this.#live.queue.served(item.owner, at);
    starts.granted.push({ ticket, lease });
  }

  /** Makes the group, harmless while nothing runs in it, so that the recorded intent says where the attempt will be. */
  #prepare(stage: Stage, id: TaskId, starts: Starts): void {
    const task = stage.get(id);
    if (task === undefined || task.state.status !== 'pending') return;
    const { profiles, bootId } = this.#deps;
    const { capacity, envelopeRules } = profiles.regime;
    const number = task.attempts + 1;
    const name = groupName(id, number);
    const caps = envelope(task.estimate, task.limits, capacity, envelopeRules, task.manner);
    const attempt: Omit<Attempt, 'group'> = {
      number,
      bootId,
      envelope: caps,
      dispatchedAt: stage.now.wallMs,
      startedAt: null,
      pid: null,
      pausedMs: 0,
      kill: null,
    };
    this.#live.queue.served(ownerOf(task), stage.now.wallMs);
    try {
      const group = this.#makeGroup(task, name, caps);
      starts.attempts.push(this.#newAttempt(id, number, group));
      stage.change(id, { kind: 'dispatch', attempt: { ...attempt, group: group.ref } });
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      const driver = this.#deps.driver.kind;
      stage.change(id, { kind: 'dispatch', attempt: { ...attempt, group: { driver, name } } });
      stage.change(id, { kind: 'could_not_start', message: error.message, at: stage.now.wallMs });
    }
  }

  #makeGroup(task: Task, name: string, caps: Envelope): Group {
    const { driver, units } = this.#deps;
    // What an earlier daemon has accepted runs, also when this one reaches no systemd.
    if (!task.manner.isUnit || units === null) return driver.create(name, caps);
    return units.create(name, caps, task.name);
  }
}
