// Keeps the memory cap of the parent groups at what tasks may take together, and notices growth between two samples.
import type { Logger } from 'pino';
import type { Driver, GroupMemory } from '../../cgroups/port.ts';
import type { TaskId } from '../../core/task.ts';
import type { HostMemory } from '../../procfs/meminfo.ts';
import { parentCap } from '../../scheduler/parent-cap.ts';
import type { LiveAttempt } from '../attempt/live-attempt.ts';
import type { Tree } from '../queue/planner.ts';

export interface ParentMemoryDeps {
  readonly driver: Driver;
  readonly log: Logger;
  readonly memReserveBytes: number;
  readHost(): HostMemory;
}

interface Parent {
  readonly memory: GroupMemory;
  capBytes: number | null;
  /** Charged at the last look. */
  chargedBytes: number;
  /** Growth after which tasks are sampled again. */
  growthBytes: number;
  isRefused: boolean;
}

/** Writing each small change would cost more than it gains. */
const WRITE_SHARE = 1 / 512;
const MIB = 1024 ** 2;
const GROWTH = { share: 1 / 16, minBytes: 16 * MIB, maxBytes: 128 * MIB };

export class ParentMemory {
  readonly #deps: ParentMemoryDeps;
  readonly #trees: () => readonly Tree[];
  /** By directory. An earlier daemon may have created some groups under another parent. */
  readonly #parents = new Map<string, Parent>();
  readonly #pathOf = new WeakMap<LiveAttempt, string | null>();

  /** `trees`: the running tasks, each with those inside it. */
  constructor(deps: ParentMemoryDeps, trees: () => readonly Tree[]) {
    this.#deps = deps;
    this.#trees = trees;
  }

  /** Call after a sample. */
  follow(attempts: ReadonlyMap<TaskId, LiveAttempt>, host: HostMemory): void {
    for (const [parent, bytes] of this.#promised(attempts)) this.#cap(parent, host, bytes);
  }

  /** Call before a task starts: raises the cap if the task could not reach its estimate below it. */
  started(attempts: ReadonlyMap<TaskId, LiveAttempt>): void {
    const promised = [...this.#promised(attempts)];
    const short = promised.filter(([parent, bytes]) => parent.capBytes === null || parent.capBytes < bytes);
    if (short.length === 0) return;
    const host = this.#deps.readHost();
    for (const [parent, bytes] of short) this.#cap(parent, host, bytes);
  }

  /** The tasks have taken so much since the last look that the next sample should not wait. */
  hasGrown(): boolean {
    for (const parent of this.#parents.values())
      if ((parent.memory.chargedBytes() ?? 0) > parent.chargedBytes + parent.growthBytes) return true;
    return false;
  }

  close(): void {
    for (const { memory } of this.#parents.values()) memory.close();
    this.#parents.clear();
  }

  #parentOf(live: LiveAttempt): Parent | null {
    let path = this.#pathOf.get(live);
    if (path === undefined) {
      const memory = this.#deps.driver.openParentMemory(live.group.ref);
      path = memory?.path ?? null;
      this.#pathOf.set(live, path);
      if (memory !== null && !this.#parents.has(memory.path))
        this.#parents.set(memory.path, {
          ...{ memory, capBytes: null, chargedBytes: 0, growthBytes: GROWTH.minBytes, isRefused: false },
        });
      else memory?.close();
    }
    return path === null ? null : (this.#parents.get(path) ?? null);
  }

  /** Sum of what the trees of each parent need. */
  #promised(attempts: ReadonlyMap<TaskId, LiveAttempt>): Map<Parent, number> {
    const promised = new Map<Parent, number>();
    for (const { id, need } of this.#trees()) {
      const live = attempts.get(id);
      const parent = live === undefined ? null : this.#parentOf(live);
      if (parent !== null) promised.set(parent, (promised.get(parent) ?? 0) + need.memBytes);
    }
    return promised;
  }

  #cap(parent: Parent, host: HostMemory, promisedBytes: number): void {
    const { memory } = parent;
    const usedBytes = memory.usedBytes();
    if (usedBytes === null) return;
    const { memReserveBytes, log } = this.#deps;
    const use = { usedBytes, promisedBytes };
    const { maxBytes, highBytes } = parentCap(host, memReserveBytes, use, parent.capBytes);
    parent.capBytes = maxBytes;
    parent.chargedBytes = memory.chargedBytes() ?? 0;
    const growthBytes = GROWTH.share * (maxBytes - usedBytes);
    parent.growthBytes = Math.min(GROWTH.maxBytes, Math.max(GROWTH.minBytes, growthBytes));
    // Kernel memory is not in the use, but counts for the limit of v1.
    const kernelBytes = memory.kernelBytes();
    const limit = {
      maxBytes: wholeMib(maxBytes + kernelBytes),
      highBytes: wholeMib(highBytes + kernelBytes),
    };
    // systemd may have written its own value.
    const changeBytes = Math.abs(limit.maxBytes - (memory.limitBytes() ?? 0));
    if (changeBytes < WRITE_SHARE * host.totalBytes) return;
    const refusal = memory.cap(limit);
    // EBUSY: v1 cannot reclaim so much now. The next sample tries again.
    const isRefused = refusal !== null && refusal !== 'EBUSY';
    if (isRefused && !parent.isRefused)
      log.warn({ errno: refusal, path: memory.path, ...limit }, 'memory cap of all tasks not written');
    parent.isRefused = isRefused;
  }
}

function wholeMib(bytes: number): number {
  return Math.floor(bytes / MIB) * MIB;
}
