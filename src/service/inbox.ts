// The inbox of an owner: hands out what nobody has seen yet, to one reader at a time, until it is said to be seen.

import type { Logger } from 'pino';
import type { InboxPage, InboxQuery, SeenReport } from '../api/schemas/inbox.ts';
import type { Clock } from '../core/clock.ts';
import type { Unseen } from '../store/inbox.ts';
import type { Store } from '../store/store.ts';

export interface Inbox {
  take(query: InboxQuery): InboxPage;
  /** Recorded before the next request is read; when it cannot be, it is as if it had not been said. */
  see(report: SeenReport): void;
}

/** A reader that has not said by then that it has shown what it took is taken for dead. */
const TAKEN_MS = 30_000;

/**
 * Exactly once, as long as a reader lives to say what it has shown; at least once when it or the daemon dies before.
 * What is taken is known to this daemon only.
 */
export function createInbox(store: Pick<Store, 'inbox'>, clock: Clock, log: Logger): Inbox {
  const takenUntilMs = new Map<string, number>();
  let unrecorded: SeenReport[] = [];

  /** Readers come in crowds, as the tasks of a batch end: one commit for all that reported in this turn of the event loop. */
  function flush(): void {
    const reports = unrecorded;
    unrecorded = [];
    try {
      store.inbox.see(reports);
    } catch (error) {
      log.error({ err: error }, 'what was seen of the inbox is not recorded');
    }
  }

  return {
    take({ owner, project, limit, isPeek }) {
      const nowMs = clock.now().monoMs;
      for (const [key, untilMs] of takenUntilMs) if (untilMs <= nowMs) takenUntilMs.delete(key);
      const free = store.inbox.unseen(owner, project).filter((entry) => !takenUntilMs.has(keyOf(entry)));
      const taken = free.slice(0, limit);
      if (!isPeek) for (const entry of taken) takenUntilMs.set(keyOf(entry), nowMs + TAKEN_MS);
      return { events: taken.map(({ event }) => event), more: free.length - taken.length };
    },
    see(report) {
      if (unrecorded.length === 0) setImmediate(flush);
      unrecorded.push(report);
    },
  };
}

/** The owner and the rest of the project are told apart: neither takes it from the other. */
function keyOf({ event, isOwn }: Unseen): string {
  return `${event.seq} ${isOwn ? 'owner' : 'project'}`;
}
