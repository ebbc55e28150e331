// Brings the caps and the freezer of live attempts to what is recorded, after the record has been committed.
import type { Logger } from 'pino';
import { DriverError } from '../cgroups/driver.ts';
import { type ActiveState, type Envelope, isActive, type Task, type TaskId } from '../core/task.ts';
import { renice } from '../procfs/niceness.ts';
import type { LiveAttempt } from './attempt.ts';

interface Enforced {
  readonly envelope: Envelope;
  readonly isFrozen: boolean;
}

export class Enforcer {
  readonly #log: Logger;
  readonly #enforced = new Map<TaskId, Enforced>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The group was made with these caps. */
  created(id: TaskId, { attempt }: ActiveState): void {
    this.#enforced.set(id, { envelope: attempt.envelope, isFrozen: false });
  }

  /** Repeating it does nothing, unless the kernel refused a cap the last time (v1: EBUSY below what is in use). */
  enforce({ id, state }: Task, live: LiveAttempt): void {
    if (!isActive(state)) return;
    const { group } = live;
    // The group of a unit is made on the way to the command: until then there is nothing to write to.
    if (group.ref.driver === 'systemd' && !live.hasEntered()) return;
    const { envelope, kill } = state.attempt;
    // The kill ladder thaws what it has to end.
    const isFrozen = state.status === 'paused' && kill === null;
    const before = this.#enforced.get(id);
    if (before?.isFrozen !== isFrozen) {
      if (isFrozen) group.freeze();
      else group.thaw();
    }
    if (before?.envelope === envelope && before.isFrozen === isFrozen) return;
    try {
      if (before !== undefined && before.envelope.nice !== envelope.nice) renice(group.pids(), envelope.nice);
      if (before?.envelope !== envelope) group.setLimits(envelope);
      this.#enforced.set(id, { envelope, isFrozen });
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      this.#enforced.delete(id);
      this.#log.warn({ task: id, err: error }, 'a cap could not be written; trying again at the next sample');
    }
  }

  forget(id: TaskId): void {
    this.#enforced.delete(id);
  }
}
