// The engines of this daemon: finds that of a task, and where its attempts are.
import { type EngineKind, HOST_ENGINE, type QueueEngineKind } from '../core/engine-traits.ts';
import type { LocalEngine } from './local/local-engine.ts';
import type { EngineNeed, EngineOffer, QueueEngine } from './port.ts';

/** A task, or the name of an engine. */
interface EngineOf {
  readonly engine?: EngineKind;
}

export class Engines {
  readonly local: LocalEngine;
  readonly #tasksDir: string;
  readonly #others: Readonly<Partial<Record<EngineKind, QueueEngine>>>;

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
  queueOf({ engine = HOST_ENGINE }: EngineOf): QueueEngine | null {
    return this.#others[engine] ?? null;
  }

  /** The first start that one of these engines offers; null when none with a queue of its own says. */
  async soonest(kinds: readonly EngineKind[], need: EngineNeed): Promise<EngineOffer | null> {
    const asked = kinds.map(async (engine) => ({
      engine,
      startMs: (await this.queueOf({ engine })?.expectedStart(need)) ?? Number.POSITIVE_INFINITY,
    }));
    const [first] = (await Promise.all(asked)).sort((a, b) => a.startMs - b.startMs);
    return first === undefined || first.startMs === Number.POSITIVE_INFINITY ? null : first;
  }

  /** The directory of the attempts of the task, as the machine that runs them sees it. */
  tasksDirOf(task: EngineOf): string {
    return this.queueOf(task)?.tasksDir ?? this.#tasksDir;
  }

  close(): void {
    for (const engine of Object.values(this.#others)) engine.close();
  }
}
