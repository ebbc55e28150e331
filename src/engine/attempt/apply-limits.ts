// Writes committed limits and the freezer state of live attempts to their groups.
import type { Logger } from 'pino';
import { DriverError } from '../../cgroups/port.ts';
import { frozenSince } from '../../core/elapsed.ts';
import { type ActiveState, type Envelope, isActive, type Task, type TaskId } from '../../core/task.ts';
import { cpuMaxCores } from '../../core/transition/throttle.ts';
import { renice } from '../../procfs/process/niceness.ts';
import { withYield, yieldsCpu } from '../../scheduler/envelope.ts';
import type { LiveAttempt } from './live-attempt.ts';

interface Applied {
  readonly envelope: Envelope;
  readonly cpuMaxCores: number;
  readonly isFrozen: boolean;
  readonly yields: boolean;
}

export class LimitApplier {
  readonly #log: Logger;
  readonly #applied = new Map<TaskId, Applied>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Call when the group was created with the envelope's limits. */
  created(id: TaskId, { attempt }: ActiveState): void {
    const { envelope } = attempt;
    this.#applied.set(id, {
      envelope,
      cpuMaxCores: envelope.cpuMaxCores,
      isFrozen: false,
      yields: false,
    });
  }

  /**
   * Idempotent. Retries what failed before: a limit that the kernel refused (v1: EBUSY for a memory limit below the usage), and
   * a freeze or a thaw for which no descriptor was left.
   */
  apply({ id, state, estimate }: Task, live: LiveAttempt): void {
    if (!isActive(state)) return;
    const { group } = live;
    if (!group.existsBeforeEntry && !live.hasEntered()) return;
    const { envelope, kill } = state.attempt;
    // The kill ladder thaws the group so that signals take effect.
    const isFrozen = frozenSince(state) !== null && kill === null;
    const before = this.#applied.get(id);
    const yields = yieldsCpu(before?.yields ?? false, live.meanCpuCores, estimate);
    const maxCores = cpuMaxCores(state.attempt, estimate);
    const keepsLimits =
      before?.envelope === envelope && before.cpuMaxCores === maxCores && before.yields === yields;
    if (keepsLimits && before.isFrozen === isFrozen) return;
    try {
      if (before?.isFrozen !== isFrozen) {
        if (isFrozen) group.freeze();
        else group.thaw();
      }
      if (before !== undefined && before.envelope.nice !== envelope.nice) renice(group.pids(), envelope.nice);
      if (!keepsLimits) group.setLimits({ ...withYield(envelope, yields), cpuMaxCores: maxCores });
      this.#applied.set(id, { envelope, cpuMaxCores: maxCores, isFrozen, yields });
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      this.#applied.delete(id);
      this.#log.warn({ task: id, err: error }, 'limit not written, retry at the next sample');
    }
  }

  /** Call before the daemon ends. The next one thaws what this one could not. */
  thaw({ id, group }: LiveAttempt): void {
    try {
      group.thaw();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      this.#log.warn({ task: id, err: error }, 'held task not thawed');
    }
  }

  forget(id: TaskId): void {
    this.#applied.delete(id);
  }
}
