// Removes the groups of ended attempts, with retries: a group may stay busy for a moment after its last process ended.
import type { Logger } from 'pino';
import type { Group } from '../../cgroups/port.ts';

const RETRY_MS = 50;
const MAX_TRIES = 100;

export class GroupCleanup {
  readonly #log: Logger;
  readonly #busy = new Map<Group, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  remove(group: Group): void {
    if (!group.remove()) this.#busy.set(group, 1);
    this.#arm();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#timer !== null || this.#busy.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      for (const [group, tries] of this.#busy) {
        if (group.remove()) this.#busy.delete(group);
        else if (tries < MAX_TRIES) this.#busy.set(group, tries + 1);
        else {
          this.#busy.delete(group);
          this.#log.warn({ group: group.ref }, 'group not removed, retry at the next start of the daemon');
        }
      }
      this.#arm();
    }, RETRY_MS);
  }
}
