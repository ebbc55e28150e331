// The engines of this daemon: finds that of a task, and where its attempts are.
import type { QueueEngineKind, Task } from '../core/task.ts';
import type { LocalEngine } from './local/local-engine.ts';
import type { QueueEngine } from './port.ts';

type EngineOf = Pick<Task, 'engine'>;

export class Engines {
  readonly local: LocalEngine;
  readonly #tasksDir: string;
  readonly #others: Readonly<Partial<Record<QueueEngineKind, QueueEngine>>>;

  /** `tasksDir`: of the attempts on this host. */
  constructor(
    local: LocalEngine,
    tasksDir: string,
    others: Readonly<Partial<Record<QueueEngineKind, QueueEngine>>> = {},
  ) {
    this.local = local;
    this.#tasksDir = tasksDir;
    this.#others = others;
  }

  /** The engine in whose queue the task waits; null for a task that the scheduler of this host places. */
  queueOf({ engine }: EngineOf): QueueEngine | null {
    return engine === undefined ? null : (this.#others[engine] ?? null);
  }

  /** The directory of the attempts of the task, as the machine that runs them sees it. */
  tasksDirOf(task: EngineOf): string {
    return this.queueOf(task)?.tasksDir ?? this.#tasksDir;
  }

  close(): void {
    for (const engine of Object.values(this.#others)) engine.close();
  }
}
