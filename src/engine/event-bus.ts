// Delivers committed events to the listeners of a task.
import type { RecordedEvent } from '../core/events.ts';
import type { TaskId } from '../core/task.ts';

type Listener = (event: RecordedEvent) => void;

export class EventBus {
  readonly #listeners = new Map<TaskId, Set<Listener>>();
  readonly #anyListeners = new Set<(events: readonly RecordedEvent[]) => void>();

  listen(id: TaskId, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  /** Calls back after each commit with its events, of whatever task. */
  listenToAll(listener: (events: readonly RecordedEvent[]) => void): () => void {
    this.#anyListeners.add(listener);
    return () => void this.#anyListeners.delete(listener);
  }

  /** The number of clients that wait for the task or follow its log. */
  count(id: TaskId): number {
    return this.#listeners.get(id)?.size ?? 0;
  }

  /** `hasOthers`: the commit also recorded events of the host. */
  publish(events: readonly RecordedEvent[], hasOthers = false): void {
    for (const event of events)
      for (const listener of [...(this.#listeners.get(event.taskId) ?? [])]) listener(event);
    if (events.length > 0 || hasOthers) for (const listener of [...this.#anyListeners]) listener(events);
  }
}
