// Collects the changes of one round over the live tasks, so that they are committed together or not at all.
import type { Now } from '../core/clock.ts';
import type { TaskEvent } from '../core/events.ts';
import type { Task, TaskId } from '../core/task.ts';
import { type Change, transition } from '../core/transition.ts';
import type { Writes } from '../store/store.ts';

export class Stage {
  readonly now: Now;
  readonly #live: ReadonlyMap<TaskId, Task>;
  readonly #changed = new Map<TaskId, Task>();
  readonly #environments: { taskId: TaskId; env: Readonly<Record<string, string>> }[] = [];
  readonly #events: { taskId: TaskId; name: string; at: number; event: TaskEvent }[] = [];

  #names: Set<string> | null = null;

  constructor(live: ReadonlyMap<TaskId, Task>, now: Now) {
    this.#live = live;
    this.now = now;
  }

  /** By a live task, or by one that has ended in this very round. */
  isNameTaken(name: string): boolean {
    this.#names ??= new Set([...this.tasks()].map((task) => task.name));
    return this.#names.has(name);
  }

  get(id: TaskId): Task | undefined {
    return this.#changed.get(id) ?? this.#live.get(id);
  }

  add(task: Task, env: Readonly<Record<string, string>>, event: TaskEvent): void {
    this.#changed.set(task.id, task);
    this.#names?.add(task.name);
    this.#environments.push({ taskId: task.id, env });
    this.tell(task, event);
  }

  /** False: the change no longer applies to the task. */
  change(id: TaskId, change: Change): boolean {
    const task = this.get(id);
    const result = task === undefined ? null : transition(task, change);
    if (result === null) return false;
    this.#changed.set(id, result.task);
    if (result.event !== null) this.tell(result.task, result.event);
    return true;
  }

  tell(task: Task, event: TaskEvent): void {
    this.#events.push({ taskId: task.id, name: task.name, at: this.now.wallMs, event });
  }

  /** Live tasks and those added in this round, as they stand now, in order of submission. */
  *tasks(): Generator<Task> {
    for (const [id, task] of this.#live) yield this.#changed.get(id) ?? task;
    for (const [id, task] of this.#changed) if (!this.#live.has(id)) yield task;
  }

  changed(): ReadonlyMap<TaskId, Task> {
    return this.#changed;
  }

  isEmpty(): boolean {
    return this.#changed.size === 0 && this.#events.length === 0;
  }

  writes(): Writes {
    return { tasks: [...this.#changed.values()], environments: this.#environments, events: this.#events };
  }
}
