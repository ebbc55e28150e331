// A host in simulated time that carries out the decisions of the scheduler, as the daemon does.
import {
  type LeaseItem,
  type PendingItem,
  type RunningItem,
  toRunning,
} from '../../../src/scheduler/items.ts';
import { OwnerUse, useSoFar } from '../../../src/scheduler/owner-use.ts';
import { DEFAULT_POLICY, type Decision, type Policy, pass } from '../../../src/scheduler/pass.ts';
import { Queue } from '../../../src/scheduler/queue/queue.ts';
import { expectedEnd, expectedExpiry } from '../../../src/scheduler/releases.ts';
import type { Capacity } from '../../../src/scheduler/snapshot.ts';
import { aCapacity, NOW } from '../build/build-snapshot.ts';

export class SimulatedHost {
  readonly capacity: Capacity;
  readonly queue: Queue;
  readonly policy: Policy;
  nowMs = NOW;
  outsideMemBytes = 0;
  outsideCpuCores = 0;
  running: RunningItem[] = [];
  leases: LeaseItem[] = [];
  /** How long each task that starts really takes; null: until its expected end. */
  readonly lastsMs: ((item: PendingItem) => number) | null;
  readonly #endsMs = new Map<string, number>();
  /** When each item started, epoch ms. */
  readonly startsMs = new Map<string, number>();

  constructor(
    capacity: Partial<Capacity> = {},
    policy: Policy = DEFAULT_POLICY,
    lastsMs: SimulatedHost['lastsMs'] = null,
    halfLifeMs?: number,
  ) {
    this.queue = new Queue(new OwnerUse(halfLifeMs));
    this.lastsMs = lastsMs;
    this.capacity = aCapacity(capacity);
    this.policy = policy;
  }

  submit(...items: readonly PendingItem[]): void {
    for (const item of items) this.queue.add(item, this.nowMs);
  }

  /** One pass; tasks start, tickets become leases. */
  dispatch(): Decision {
    const decision = pass(this, this.nowMs, this.policy);
    for (const id of decision.starts) {
      const item = this.queue.get(id);
      if (item === undefined) throw new Error(`${id} starts and is not in the queue`);
      this.queue.remove(id, this.nowMs);
      this.queue.served(item.owner, this.nowMs);
      this.startsMs.set(id, this.nowMs);
      if (this.lastsMs !== null) this.#endsMs.set(id, this.nowMs + this.lastsMs(item));
      if (item.kind === 'task') this.running.push(toRunning(item, this.nowMs, decision.express.includes(id)));
      else this.leases.push(this.#granted(item));
    }
    this.queue.reserve(decision.reservation, this.nowMs);
    return decision;
  }

  /** Moves to the next expected end, or to `untilMs` if that is earlier, and removes the items that end. False if none is expected. */
  advance(untilMs = Number.POSITIVE_INFINITY): boolean {
    const ends = [
      ...this.running.map((item) => this.#endOf(item)),
      ...this.leases.map((lease) => expectedExpiry(lease, this.nowMs)),
    ];
    const nextMs = Math.min(untilMs, ...ends);
    if (nextMs === Number.POSITIVE_INFINITY) return false;
    for (const item of this.running)
      if (this.#endOf(item) <= nextMs) this.queue.used.add(item.owner, useSoFar(item, nextMs), nextMs);
    this.running = this.running.filter((item) => this.#endOf(item) > nextMs);
    this.leases = this.leases.filter((lease) => expectedExpiry(lease, this.nowMs) > nextMs);
    this.nowMs = nextMs;
    return true;
  }

  /** Passes and ends in turn until the queue is empty or nothing ends any more. */
  run(): void {
    do this.dispatch();
    while (this.queue.size > 0 && this.advance());
  }

  #endOf(item: RunningItem): number {
    return this.#endsMs.get(item.id) ?? expectedEnd(item, this.nowMs);
  }

  #granted({ id, owner, need, timeMs }: PendingItem): LeaseItem {
    return { id, owner, need, timeMs, grantedAtMs: this.nowMs, expiresAtMs: this.nowMs + 60_000 };
  }
}
