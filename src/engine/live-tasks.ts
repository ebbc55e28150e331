// The live tasks under every key a round needs: id, name, key, what waits for them, and the scheduler's queue.
import { MAX_BACKOFF_MS } from '../core/retry.ts';
import { isActive, isEnded, ownerOf, type Task, type TaskId } from '../core/task.ts';
import type { PendingItem } from '../scheduler/items.ts';
import { Queue } from '../scheduler/queue.ts';

/** A back-off begins at the end of an attempt, which is the time of a file: it may be a little ahead of our clock. */
const GRAIN_MS = 1000;

export class LiveTasks {
  /** The pending tasks that may start, and the tickets of those who wait for room. */
  readonly queue = new Queue();
  readonly #tasks = new Map<TaskId, Task>();
  readonly #active = new Map<TaskId, Task>();
  readonly #names = new Map<string, TaskId>();
  readonly #keys = new Map<string, TaskId>();
  readonly #followers = new Map<TaskId, Set<TaskId>>();
  readonly #pendingCounts = new Map<string, number>();
  /** Pending, and not to start before a moment to come. */
  readonly #deferred = new Map<TaskId, number>();

  get(id: TaskId): Task | undefined {
    return this.#tasks.get(id);
  }

  byName(name: string): Task | undefined {
    return this.#of(this.#names.get(name));
  }

  byKey(project: string, key: string): Task | undefined {
    return this.#of(this.#keys.get(keyOf(project, key)));
  }

  /** In order of submission. */
  values(): Iterable<Task> {
    return this.#tasks.values();
  }

  active(): Iterable<Task> {
    return this.#active.values();
  }

  get pendingCount(): number {
    return this.#tasks.size - this.#active.size;
  }

  /** Those of one owner, whatever they wait for. */
  pendingCountOf(owner: string): number {
    return this.#pendingCounts.get(owner) ?? 0;
  }

  /** The pending tasks that come after this one. */
  followers(id: TaskId): TaskId[] {
    return [...(this.#followers.get(id) ?? [])];
  }

  /** Takes the task as it is now; one that has ended, or undefined, is forgotten. Doing the reverse undoes it. */
  put(id: TaskId, task: Task | undefined, nowMs: number): void {
    const before = this.#tasks.get(id);
    const after = task === undefined || isEnded(task.state) ? undefined : task;
    if (after === undefined) {
      this.#tasks.delete(id);
      if (before !== undefined) this.#forget(before);
    } else {
      this.#tasks.set(id, after);
      this.#names.set(after.name, id);
      if (after.key !== null) this.#keys.set(keyOf(after.project, after.key), id);
    }
    if (after !== undefined && isActive(after.state)) this.#active.set(id, after);
    else this.#active.delete(id);
    this.#follow(id, waitsFor(before), waitsFor(after));
    this.#count(before, -1);
    this.#count(after, 1);
    this.#enqueue(id, before, after, nowMs);
  }

  /** Those whose moment has come join the queue. Milliseconds until the queue has to be looked at: 0 when one joined, null: never. */
  admitDue(nowMs: number): number | null {
    let nextMs: number | null = null;
    for (const [id, at] of this.#deferred) {
      // No back-off is as long: the clock was set back.
      if (at > nowMs && at - nowMs <= MAX_BACKOFF_MS + GRAIN_MS) {
        nextMs = Math.min(nextMs ?? at, at);
        continue;
      }
      this.#deferred.delete(id);
      const task = this.#tasks.get(id);
      if (task === undefined) continue;
      this.queue.add(pendingItem(task), nowMs);
      nextMs = nowMs;
    }
    return nextMs === null ? null : nextMs - nowMs;
  }

  #of(id: TaskId | undefined): Task | undefined {
    return id === undefined ? undefined : this.#tasks.get(id);
  }

  #forget({ id, name, project, key }: Task): void {
    if (this.#names.get(name) === id) this.#names.delete(name);
    if (key !== null && this.#keys.get(keyOf(project, key)) === id) this.#keys.delete(keyOf(project, key));
  }

  #count(task: Task | undefined, by: 1 | -1): void {
    if (task?.state.status !== 'pending') return;
    const count = this.pendingCountOf(ownerOf(task)) + by;
    if (count === 0) this.#pendingCounts.delete(ownerOf(task));
    else this.#pendingCounts.set(ownerOf(task), count);
  }

  #follow(id: TaskId, before: readonly TaskId[], after: readonly TaskId[]): void {
    if (before === after) return;
    for (const other of before) {
      const followers = this.#followers.get(other);
      followers?.delete(id);
      if (followers?.size === 0) this.#followers.delete(other);
    }
    for (const other of after) {
      const followers = this.#followers.get(other) ?? new Set();
      this.#followers.set(other, followers.add(id));
    }
  }

  #enqueue(id: TaskId, before: Task | undefined, after: Task | undefined, nowMs: number): void {
    const isReady = after?.state.status === 'pending' && after.state.waitsFor.length === 0;
    const notBefore = isReady && after.state.status === 'pending' ? (after.state.notBefore ?? 0) : 0;
    const wants = isReady && notBefore <= nowMs;
    const stays = wants && before?.estimate === after.estimate && before.priority === after.priority;
    if (this.queue.has(id) && !stays) this.queue.remove(id, nowMs);
    this.#deferred.delete(id);
    if (wants && !this.queue.has(id)) this.queue.add(pendingItem(after), nowMs);
    if (isReady && !wants) this.#deferred.set(id, notBefore);
  }
}

const NOBODY: readonly TaskId[] = [];

function waitsFor(task: Task | undefined): readonly TaskId[] {
  return task?.state.status === 'pending' ? task.state.waitsFor : NOBODY;
}

export function keyOf(project: string, key: string): string {
  return `${project}\0${key}`;
}

export function pendingItem(task: Task): PendingItem {
  return {
    id: task.id,
    kind: 'task',
    name: task.name,
    owner: ownerOf(task),
    priority: task.priority,
    submittedAtMs: task.submittedAt,
    need: { memBytes: task.estimate.memBytes, cpuCores: task.estimate.cpuCores },
    timeMs: task.estimate.timeMs,
  };
}
