// The live tasks, indexed by id, name, key and dependency, and the scheduler's queue.

import { decodeTime } from 'ulid';
import { traitsOf } from '../core/engine-traits.ts';
import { isActive, isEnded, ownerOf, type Task, type TaskId } from '../core/task.ts';
import { MAX_BACKOFF_MS } from '../core/transition/retry.ts';
import { forecastTimes } from '../estimates/predict.ts';
import type { PendingItem } from '../scheduler/items.ts';
import type { OwnerUse } from '../scheduler/owner-use.ts';
import { Queue } from '../scheduler/queue/queue.ts';
import { StartHolds } from './queue/start-holds.ts';

/** A back-off starts at the mtime of a file, which may be slightly ahead of the daemon's clock. */
const CLOCK_SKEW_MS = 1000;

export class LiveTasks {
  /** Pending tasks that may start, and tickets. */
  readonly queue: Queue;
  readonly holds: StartHolds;
  readonly #tasks = new Map<TaskId, Task>();
  readonly #active = new Map<TaskId, Task>();
  readonly #names = new Map<string, TaskId>();
  readonly #keys = new Map<string, TaskId>();
  readonly #followers = new Map<TaskId, Set<TaskId>>();
  /** The tasks that end with another one: by its id, or by its name until it is submitted. */
  readonly #companions = new Map<string, Set<TaskId>>();
  readonly #children = new Map<TaskId, Set<TaskId>>();
  /** Pending tasks that may start inside a running one, by that. They are not in the queue. */
  readonly #waitingInside = new Map<TaskId, Set<TaskId>>();
  /** Pending tasks that may be handed to their engine, which has a queue of its own; some wait for tasks of that engine. */
  readonly #outbound = new Set<TaskId>();
  readonly #pendingCounts = new Map<string, number>();
  /** Pending tasks in back-off, with the wall-clock time at which they may start. */
  readonly #deferred = new Map<TaskId, number>();

  /** `uptimeMs`: see `StartHolds`. */
  constructor(used?: OwnerUse, uptimeMs: () => number = () => 0) {
    this.queue = new Queue(used);
    this.holds = new StartHolds(this.queue, uptimeMs);
  }

  get(id: TaskId): Task | undefined {
    return this.#tasks.get(id);
  }

  byName(project: string, name: string): Task | undefined {
    return this.#lookUp(this.#names.get(keyOf(project, name)));
  }

  byKey(project: string, key: string): Task | undefined {
    return this.#lookUp(this.#keys.get(keyOf(project, key)));
  }

  /** In submission order. */
  values(): Iterable<Task> {
    return this.#tasks.values();
  }

  active(): Iterable<Task> {
    return this.#active.values();
  }

  get pendingCount(): number {
    return this.#tasks.size - this.#active.size;
  }

  /** All pending tasks of one owner, including those in back-off or waiting for other tasks. */
  pendingCountOf(owner: string): number {
    return this.#pendingCounts.get(owner) ?? 0;
  }

  followers(id: TaskId): TaskId[] {
    return [...(this.#followers.get(id) ?? [])];
  }

  /** The tasks that end when `task` has ended. */
  companions(task: Task): TaskId[] {
    const keys = [task.id, keyOf(task.project, task.name)];
    return keys.flatMap((key) => [...(this.#companions.get(key) ?? [])]).filter((id) => id !== task.id);
  }

  /** The task inside which this one was submitted, while that attempt lives. */
  parentOf({ parent }: Task): Task | undefined {
    const task = parent === undefined ? undefined : this.#tasks.get(parent.id);
    return task !== undefined && isActive(task.state) && task.attempts === parent?.attempt ? task : undefined;
  }

  /** The live tasks that were submitted inside this attempt. */
  children({ id, attempts }: Task): Task[] {
    const ids = this.#children.get(id);
    if (ids === undefined) return [];
    const children = [...ids].flatMap((child) => this.#tasks.get(child) ?? []);
    return children.filter(({ parent }) => parent?.attempt === attempts);
  }

  /** For each running task the pending ones inside it that may start, in the order in which they do. */
  waitingInside(): { readonly parent: Task; readonly children: readonly Task[] }[] {
    return [...this.#waitingInside].flatMap(([id, ids]) => {
      const parent = this.#tasks.get(id);
      const children = [...ids].flatMap((child) => this.#tasks.get(child) ?? []);
      children.sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
      return parent === undefined ? [] : [{ parent, children }];
    });
  }

  /** The pending tasks that no hold keeps from the queue of their engine, in the order in which they came. */
  outbound(): Task[] {
    return [...this.#outbound]
      .flatMap((id) => this.#tasks.get(id) ?? [])
      .filter((task) => this.queue.holdOf(pendingItem(task)) === null);
  }

  /** Its engine cannot follow the tasks that it waits for: it is asked again when one of them changes. */
  keep(id: TaskId): void {
    this.#outbound.delete(id);
  }

  hasWaitingInside(id: TaskId): boolean {
    return this.#waitingInside.has(id);
  }

  /** Replaces the task. An ended task or undefined removes it. Putting the value before undoes the change. */
  put(id: TaskId, task: Task | undefined, nowMs: number): void {
    const before = this.#tasks.get(id);
    const after = task === undefined || isEnded(task.state) ? undefined : task;
    if (after === undefined) {
      this.#tasks.delete(id);
      if (before !== undefined) this.#forget(before);
    } else {
      this.#tasks.set(id, after);
      this.#names.set(keyOf(after.project, after.name), id);
      if (after.key !== null) this.#keys.set(keyOf(after.project, after.key), id);
    }
    if (after !== undefined && isActive(after.state)) this.#active.set(id, after);
    else this.#active.delete(id);
    this.#indexFollower(id, waitsFor(before), waitsFor(after));
    this.#dropCompanion(before);
    this.#indexCompanion(after);
    this.#count(before, -1);
    this.#count(after, 1);
    this.#indexChild(before, after);
    this.#enqueue(id, before, after, nowMs);
    if (hostingAttempt(before) !== hostingAttempt(after)) this.#moveChildren(id, nowMs);
    if (after !== undefined && hasQueue(after) && isHandedOver(after)) this.#offerFollowers(id);
  }

  /** Queues tasks whose back-off is over. Returns the ms until the next is due: 0 if one joined now, null without any. */
  admitDue(nowMs: number): number | null {
    let nextMs: number | null = null;
    for (const [id, at] of this.#deferred) {
      // A longer wait than the longest back-off means that the clock was set back: start now.
      if (at > nowMs && at - nowMs <= MAX_BACKOFF_MS + CLOCK_SKEW_MS) {
        nextMs = Math.min(nextMs ?? at, at);
        continue;
      }
      this.#deferred.delete(id);
      const task = this.#tasks.get(id);
      if (task === undefined) continue;
      this.#admit(task, nowMs);
      nextMs = nowMs;
    }
    return nextMs === null ? null : nextMs - nowMs;
  }

  #lookUp(id: TaskId | undefined): Task | undefined {
    return id === undefined ? undefined : this.#tasks.get(id);
  }

  #forget({ id, name, project, key }: Task): void {
    if (this.#names.get(keyOf(project, name)) === id) this.#names.delete(keyOf(project, name));
    if (key !== null && this.#keys.get(keyOf(project, key)) === id) this.#keys.delete(keyOf(project, key));
  }

  #count(task: Task | undefined, by: 1 | -1): void {
    if (task?.state.status !== 'pending') return;
    const count = this.pendingCountOf(ownerOf(task)) + by;
    if (count === 0) this.#pendingCounts.delete(ownerOf(task));
    else this.#pendingCounts.set(ownerOf(task), count);
  }

  #dropCompanion(task: Task | undefined): void {
    const key = task === undefined ? null : companionKey(task);
    if (task !== undefined && key !== null) dropFrom(this.#companions, key, task.id);
  }

  #indexCompanion(task: Task | undefined): void {
    const key = task === undefined ? null : companionKey(task);
    if (task !== undefined && key !== null) addTo(this.#companions, key, task.id);
  }

  #indexFollower(id: TaskId, before: readonly TaskId[], after: readonly TaskId[]): void {
    if (before === after) return;
    for (const other of before) dropFrom(this.#followers, other, id);
    for (const other of after) addTo(this.#followers, other, id);
  }

  #enqueue(id: TaskId, before: Task | undefined, after: Task | undefined, nowMs: number): void {
    const isReady =
      after?.state.status === 'pending' &&
      after.state.waitsFor.length === 0 &&
      after.state.placed === undefined;
    const notBefore = isReady && after.state.status === 'pending' ? (after.state.notBefore ?? 0) : 0;
    const isDue = isReady && notBefore <= nowMs;
    const stays =
      isDue &&
      this.parentOf(after) === undefined &&
      before?.estimate === after.estimate &&
      before.limits === after.limits &&
      before.priority === after.priority;
    if (this.queue.has(id) && !stays) this.queue.remove(id, nowMs);
    const parentId = (after ?? before)?.parent?.id;
    if (parentId !== undefined) dropFrom(this.#waitingInside, parentId, id);
    this.#deferred.delete(id);
    this.#outbound.delete(id);
    if (after !== undefined && hasQueue(after) && waitsFor(after).length > 0 && !isHandedOver(after))
      this.#outbound.add(id);
    if (isDue) this.#admit(after, nowMs);
    if (isReady && !isDue) this.#deferred.set(id, notBefore);
  }

  /** Their engine may be able to follow it. */
  #offerFollowers(id: TaskId): void {
    for (const follower of this.#followers.get(id) ?? []) {
      const task = this.#tasks.get(follower);
      if (task !== undefined && hasQueue(task) && !isHandedOver(task)) this.#outbound.add(follower);
    }
  }

  /** Inside a running task it does not join the queue: it takes from the estimate of that. */
  #admit(task: Task, nowMs: number): void {
    const parent = this.parentOf(task);
    if (hasQueue(task)) this.#outbound.add(task.id);
    else if (parent !== undefined) addTo(this.#waitingInside, parent.id, task.id);
    else if (!this.queue.has(task.id)) this.queue.add(pendingItem(task), nowMs);
  }

  /** An attempt has begun or ended: pending tasks that were submitted inside it change their place. */
  #moveChildren(parentId: TaskId, nowMs: number): void {
    for (const id of this.#children.get(parentId) ?? []) {
      const child = this.#tasks.get(id);
      if (child?.state.status === 'pending') this.#enqueue(id, child, child, nowMs);
    }
  }

  #indexChild(before: Task | undefined, after: Task | undefined): void {
    if (before?.parent !== undefined) dropFrom(this.#children, before.parent.id, before.id);
    if (after?.parent !== undefined) addTo(this.#children, after.parent.id, after.id);
  }
}

function isHandedOver({ state }: Task): boolean {
  return state.status !== 'pending' || state.placed !== undefined;
}

/** The attempt inside which tasks run; null: it does not run. */
function hostingAttempt(task: Task | undefined): number | null {
  return task !== undefined && isActive(task.state) ? task.attempts : null;
}

function addTo<K>(index: Map<K, Set<TaskId>>, key: K, id: TaskId): void {
  index.set(key, (index.get(key) ?? new Set<TaskId>()).add(id));
}

function dropFrom<K>(index: Map<K, Set<TaskId>>, key: K, id: TaskId): void {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
}

function companionKey({ project, companion }: Task): string | null {
  if (companion === undefined) return null;
  return companion.id ?? keyOf(project, companion.name);
}

const hasQueue = (task: Task) => traitsOf(task).hasQueue;

const NO_TASKS: readonly TaskId[] = [];

function waitsFor(task: Task | undefined): readonly TaskId[] {
  return task?.state.status === 'pending' ? task.state.waitsFor : NO_TASKS;
}

/** Of a name or an idempotency key, which are unique in a project. */
export function keyOf(project: string, name: string): string {
  return `${project}\0${name}`;
}

export function pendingItem(task: Task): PendingItem {
  const tags = task.batch === undefined ? task.tags : [...task.tags, task.batch];
  return {
    id: task.id,
    kind: 'task',
    name: task.name,
    owner: ownerOf(task),
    project: task.project,
    ...(tags.length === 0 ? {} : { tags }),
    priority: task.priority,
    submittedAtMs: task.submittedAt,
    // The time of an id never runs back.
    orderMs: Math.max(task.submittedAt, decodeTime(task.id)),
    need: { memBytes: task.estimate.memBytes, cpuCores: task.estimate.cpuCores },
    timeMs: task.estimate.timeMs,
    killTimeoutMs: task.limits.killTimeoutMs,
    ...learnedTimes(task.basis),
  };
}

function learnedTimes(basis: Task['basis']): Pick<PendingItem, 'expectedMs' | 'safeMs' | 'forecast'> {
  const safe = basis?.learned.timeMs;
  const expectedMs = basis?.expectedTimeMs;
  if (!safe || !expectedMs) return {};
  const learned = { expectedMs, safeMs: safe.value, n: safe.n };
  return { expectedMs, safeMs: safe.value, forecast: forecastTimes(learned, basis.stated.timeMs) };
}
