// Collects the changes of one round to tasks and leases: they are committed together or rolled back.
// Staged changes are visible at once, so that two submissions of a round never get the same room.

import { meanCores } from '../core/answers/suggest.ts';
import type { Now } from '../core/clock.ts';
import { withPause } from '../core/elapsed.ts';
import { traitsOf } from '../core/engine-traits.ts';
import type { HostEvent, TaskEvent } from '../core/events.ts';
import type { LeverUse } from '../core/host/levers.ts';
import type { HoldTarget, StartHold } from '../core/host/start-hold.ts';
import { killReasonRow } from '../core/kill-reasons.ts';
import type { Lease, LeaseId } from '../core/lease.ts';
import type { Declared } from '../core/owner-use.ts';
import {
  type ActiveState,
  type Attempt,
  isActive,
  isEnded,
  type KillIntent,
  ownerOf,
  type Task,
  type TaskId,
  type Usage,
} from '../core/task.ts';
import { endedState } from '../core/transition/end-state.ts';
import { type Change, causeOf, transition } from '../core/transition/transition.ts';
import { runSample } from '../estimates/run-sample.ts';
import { declaredOf, useOf } from '../scheduler/owner-use.ts';
import type { LearnedRun } from '../store/learned-runs.ts';
import type { Environment, Writes } from '../store/store.ts';
import { changeInside } from './children.ts';
import { keyOf, type LiveTasks, pendingItem } from './live-tasks.ts';
import type { Leases } from './queue/leases.ts';

/** `apply` stages the change or throws. `resolve` or `reject` runs after the commit. */
export interface Request {
  apply(work: UnitOfWork): void;
  resolve(): void;
  reject(error: unknown): void;
  /** Of the loop itself: neither answered nor dropped when its commit fails, but repeated. */
  readonly isOwn?: true;
}

export class UnitOfWork {
  readonly now: Now;
  readonly #live: LiveTasks;
  readonly #leases: Leases;
  readonly #changed = new Map<TaskId, Task>();
  /** Tasks that ended in this round. The database does not have them yet. */
  readonly #endedByName = new Map<string, TaskId>();
  readonly #endedByKey = new Map<string, TaskId>();
  readonly #before = new Map<TaskId, Task | undefined>();
  readonly #environments: { taskId: TaskId; env: Environment }[] = [];
  readonly #events: { taskId: TaskId; name: string; at: number; event: TaskEvent }[] = [];
  readonly #granted = new Map<LeaseId, Lease>();
  readonly #dropped = new Map<LeaseId, Lease>();
  #hasHoldChange = false;
  readonly #hostEvents: { at: number; event: HostEvent }[] = [];
  /** The owners whose attempts ended in this round. */
  readonly #charged = new Set<string>();
  readonly #learned: LearnedRun[] = [];
  /** One for each staged step, in order. */
  readonly #undo: (() => void)[] = [];

  constructor(live: LiveTasks, leases: Leases, now: Now) {
    this.#live = live;
    this.#leases = leases;
    this.now = now;
  }

  /** The live task of the project with this name, else one that ended in this round. */
  byName(project: string, name: string): Task | undefined {
    return this.#live.byName(project, name) ?? this.#ended(this.#endedByName.get(keyOf(project, name)));
  }

  byKey(project: string, key: string): Task | undefined {
    return this.#live.byKey(project, key) ?? this.#ended(this.#endedByKey.get(keyOf(project, key)));
  }

  /** A live task, or one that ended in this round. */
  get(id: TaskId): Task | undefined {
    return this.#changed.get(id) ?? this.#live.get(id);
  }

  /** When the request throws, nothing of it stays staged. */
  apply(request: Pick<Request, 'apply'>): void {
    const mark = this.#undo.length;
    try {
      request.apply(this);
    } catch (error) {
      this.#undoTo(mark);
      throw error;
    }
  }

  add(task: Task, env: Environment, event: TaskEvent): void {
    this.#put(task);
    this.putEnvironment(task.id, env);
    this.emit(task, event);
  }

  /** Replaces the environment that the task was submitted with. */
  putEnvironment(taskId: TaskId, env: Environment): void {
    this.#push(this.#environments, { taskId, env });
  }

  /**
   * Stages the change, what it means for the tasks inside this one, and the dependent tasks' changes if it ends the task.
   * Returns false if the change does not apply.
   * `ended` is the task from the database if it is not live.
   */
  change(id: TaskId, change: Change, ended?: Task): boolean {
    const task = this.get(id) ?? ended;
    const changed = task === undefined ? null : this.#change(task, change);
    if (changed === null) return false;
    // A list instead of recursion: a chain may have 10 000 tasks.
    const over = [changed];
    for (const task of over) {
      over.push(...this.#changeChildren(task, change));
      if (!isEnded(task.state)) continue;
      over.push(...this.#endDependency(task, task.state.endedAt));
      over.push(...this.#endCompanions(task));
    }
    return true;
  }

  /** The live tasks inside this one. */
  children(task: Task): Task[] {
    return this.#live.children(task);
  }

  /** `isUrgent`: the signal comes at once, also with --stop=file. */
  requestKill(
    id: TaskId,
    kill: Pick<KillIntent, 'reason' | 'detail' | 'signal'> & { readonly isUrgent?: boolean },
  ): void {
    const { isUrgent = kill.signal === 'SIGKILL', ...cause } = kill;
    const stopGraceMs = isUrgent ? undefined : this.get(id)?.execOptions.stopGraceMs;
    const intent: KillIntent = {
      ...cause,
      ...(stopGraceMs === undefined ? {} : { stopGraceMs }),
      at: this.now.wallMs,
      killedAt: null,
    };
    this.change(id, { kind: 'request_kill', intent });
  }

  emit(task: Task, event: TaskEvent): void {
    // The record of an end may be a moment ahead of this round. An event that is dated before the end would belong to an earlier one.
    const at = isEnded(task.state) ? Math.max(this.now.wallMs, task.state.endedAt) : this.now.wallMs;
    this.#push(this.#events, { taskId: task.id, name: task.name, at, event });
  }

  grant(lease: Lease): void {
    this.#granted.set(lease.id, lease);
    this.#leases.put(lease, this.now);
    this.#undo.push(() => {
      this.#granted.delete(lease.id);
      this.#leases.drop(lease.id);
    });
  }

  dropLease(lease: Lease): void {
    const wasGranted = this.#granted.delete(lease.id);
    if (!wasGranted) this.#dropped.set(lease.id, lease);
    this.#leases.drop(lease.id);
    this.#undo.push(() => {
      if (wasGranted) this.#granted.set(lease.id, lease);
      else this.#dropped.delete(lease.id);
      this.#leases.put(lease, this.now);
    });
  }

  /** Replaces a hold of the same scope. */
  putHold(hold: StartHold): void {
    this.#keepHold(hold);
    this.#live.holds.put(hold, this.now);
    const { scope, of, reason, by, until, isDrain } = hold;
    this.#emitOfHost({
      event: 'hold',
      scope,
      of,
      reason,
      by,
      until: until === null ? null : isoTime(until),
      drain: isDrain,
    });
  }

  /** `by`: who released it; null: it is over. */
  dropHold(hold: StartHold, by: string | null): void {
    this.#keepHold(hold);
    this.#live.holds.drop(hold, this.now);
    const { scope, of } = hold;
    this.#emitOfHost({ event: 'release', scope, of, cause: by === null ? 'over' : 'released', by });
  }

  /** `at`: epoch ms of the use; by default now. */
  noteLever(use: LeverUse, at = this.now.wallMs): void {
    this.#push(this.#hostEvents, { at, event: { event: 'lever', ...use } });
  }

  /** Leases and holds that are over. */
  dropExpired(): void {
    for (const lease of this.#leases.expired(this.now)) this.dropLease(lease);
    for (const hold of this.#live.holds.expired(this.now)) this.dropHold(hold, null);
  }

  get hasHostEvents(): boolean {
    return this.#hostEvents.length > 0;
  }

  /** Call before a hold of this scope changes. */
  #keepHold(target: HoldTarget): void {
    const { holds } = this.#live;
    const before = holds.get(target);
    this.#hasHoldChange = true;
    this.#undo.push(() => {
      if (before === undefined) holds.drop(target, this.now);
      else holds.put(before, this.now);
    });
  }

  #emitOfHost(event: HostEvent): void {
    this.#push(this.#hostEvents, { at: this.now.wallMs, event });
  }

  changed(): ReadonlyMap<TaskId, Task> {
    return this.#changed;
  }

  /** Skip fsync for starts, events and kills by the watchdog: a power cut ends every attempt anyway, and a kill is urgent. */
  needsDurability(isAnswered: boolean): boolean {
    if (isAnswered || this.#granted.size + this.#dropped.size + this.#hostEvents.length > 0) return true;
    for (const [id, task] of this.#changed) {
      const before = this.#before.get(id);
      if (before?.state.status !== task.state.status || before.attempts !== task.attempts) return true;
    }
    return false;
  }

  isEmpty(): boolean {
    const { size } = this.#changed;
    return (
      size + this.#events.length + this.#granted.size + this.#dropped.size + this.#hostEvents.length === 0
    );
  }

  writes(): Writes {
    return {
      tasks: [...this.#changed.values()],
      environments: this.#environments,
      events: this.#events,
      leases: [...this.#granted.values()],
      droppedLeases: [...this.#dropped.keys()],
      ...(this.#hasHoldChange ? { holds: this.#live.holds.values() } : {}),
      hostEvents: this.#hostEvents,
      learned: this.#learned,
      ownerUse: [...this.#charged].flatMap((owner) => this.#live.queue.used.get(owner) ?? []),
    };
  }

  /** Restores live tasks, leases, holds and the use of owners. */
  rollback(): void {
    this.#undoTo(0);
  }

  #undoTo(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.();
  }

  #push<T>(list: T[], item: T): void {
    list.push(item);
    this.#undo.push(() => void list.pop());
  }

  #ended(id: TaskId | undefined): Task | undefined {
    return id === undefined ? undefined : this.#changed.get(id);
  }

  #change(task: Task, change: Change): Task | null {
    const result = transition(task, change);
    if (result === null) return null;
    if (isActive(task.state) && !isActive(result.task.state)) {
      this.#chargeOwner(task, task.state, change);
      this.#learn(task, task.state, change);
    }
    this.#put(result.task);
    if (result.event !== null) this.emit(result.task, result.event);
    return result.task;
  }

  /** Adds what the attempt used to its owner, whatever ended it. */
  #chargeOwner(task: Task, { attempt }: ActiveState, change: Change): void {
    // The fair share is that of this host, and what runs inside a task is a part of its use.
    if (attempt.startedAt === null || !traitsOf(task).usesHost) return;
    if (this.#live.parentOf(task) !== undefined) return;
    const { used } = this.#live.queue;
    const owner = ownerOf(task);
    const before = used.get(owner);
    const isFirst = !this.#charged.has(owner);
    this.#charged.add(owner);
    this.#undo.push(() => {
      if (isFirst) this.#charged.delete(owner);
      used.put(owner, before);
    });
    const usage = 'usage' in change ? change.usage : null;
    const endedAt = 'at' in change ? change.at : this.now.wallMs;
    const { need, killTimeoutMs } = pendingItem(task);
    const { pausedMs } = attempt;
    const measured = {
      cpuCoreMs: 1000 * (usage?.cpuSeconds ?? 0),
      peakMemBytes: usage?.peakMemBytes ?? 0,
    };
    const tookMs = endedAt - attempt.startedAt;
    const use = useOf({ need, killTimeoutMs, pausedMs }, tookMs, measured);
    used.add(owner, use, this.now.wallMs, declaredBy(task, attempt, usage, tookMs));
  }

  /** Records what the run shows of its command, also when another attempt follows. */
  #learn(task: Task, state: ActiveState, change: Change): void {
    if (change.kind !== 'end' || task.isNotLearned) return;
    const { exit, usage, at } = change;
    const run = runSample(task, endedState(withPause(state, at), exit, usage, at));
    if (run !== null) this.#push(this.#learned, { project: task.project, command: task.command, run });
  }

  #put(task: Task): void {
    const { id } = task;
    const [live, changed] = [this.#live.get(id), this.#changed.get(id)];
    if (changed === undefined) this.#before.set(id, live);
    this.#changed.set(id, task);
    this.#undo.push(() => {
      if (changed === undefined) this.#changed.delete(id);
      else this.#changed.set(id, changed);
      this.#live.put(id, live, this.now.wallMs);
    });
    if (isEnded(task.state)) {
      this.#endedByName.set(keyOf(task.project, task.name), task.id);
      if (task.key !== null) this.#endedByKey.set(keyOf(task.project, task.key), task.id);
    }
    this.#live.put(task.id, task, this.now.wallMs);
  }

  /** A kill, a pause and a resume reach the tasks inside as well. Returns those that changed. */
  #changeChildren(task: Task, change: Change): Task[] {
    return this.#live.children(task).flatMap((child) => {
      const passed = changeInside(task, change, child, this.now.wallMs);
      return passed === null ? [] : (this.#change(child, passed) ?? []);
    });
  }

  /** A pending companion ends at once, a running one with the kill ladder. Returns those that changed. */
  #endCompanions(task: Task): Task[] {
    return this.#live.companions(task).flatMap((id) => {
      const companion = this.#live.get(id);
      if (companion === undefined) return [];
      const detail = { while: task.name, status: task.state.status };
      const at = this.now.wallMs;
      const intent: KillIntent = { reason: 'while_ended', detail, signal: 'SIGTERM', at, killedAt: null };
      return this.#change(companion, { kind: 'request_kill', intent }) ?? [];
    });
  }

  /** Returns the followers that changed. */
  #endDependency(task: Task, at: number): Task[] {
    const cause = causeOf(task);
    return this.#live.followers(task.id).flatMap((id) => {
      const follower = this.#live.get(id);
      if (follower === undefined) return [];
      const blamed = follower.after?.mode === 'any' ? null : cause;
      return this.#change(follower, { kind: 'dependency_ended', id: task.id, cause: blamed, at }) ?? [];
    });
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** A kill for too much use is no habit, and is its own loss. */
function declaredBy(task: Task, attempt: Attempt, usage: Usage | null, tookMs: number): Declared | undefined {
  const exceeded = attempt.kill === null ? null : killReasonRow(attempt.kill.reason).exceeded;
  if (exceeded === 'memBytes' || exceeded === 'cpuCores') return undefined;
  const ranMs = tookMs - attempt.pausedMs;
  const mean = meanCores(usage, ranMs);
  // More threads than its cap has room for wait for each other.
  const cores = mean === null ? null : Math.min(mean, attempt.envelope.cpuMaxCores);
  const measured = { meanCores: cores, peakMemBytes: usage?.peakMemBytes ?? null };
  return declaredOf(pendingItem(task), ranMs, measured);
}
