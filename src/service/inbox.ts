// The inbox of an owner: hands out unseen events to one reader at a time until a reader reports them as seen.

import type { Logger } from 'pino';
import type { InboxPage, InboxQuery, SeenReport } from '../api/schemas/inbox.ts';
import type { Clock } from '../core/clock.ts';
import type { Unseen } from '../store/inbox.ts';
import type { Store } from '../store/store.ts';

export interface Inbox {
  take(query: InboxQuery): InboxPage;
  /** Stored before the next request is read. If that fails, the events stay unseen. */
  see(report: SeenReport): void;
}

/** A reader that does not report within this time counts as dead, and its events are handed out again. */
const TAKEN_MS = 30_000;

/**
 * Delivers exactly once when the reader reports what it showed, and at least once when the reader or the daemon dies
 * before. Taken events are kept in memory only.
 */
export function createInbox(store: Pick<Store, 'inbox'>, clock: Clock, log: Logger): Inbox {
  const takenUntilMs = new Map<string, number>();
  let unrecorded: SeenReport[] = [];

  /** Many readers report at once when a batch ends: one commit stores all reports of a turn of the event loop. */
  function flush(): void {
    const reports = unrecorded;
    unrecorded = [];
    try {
      store.inbox.see(reports);
    } catch (error) {
      log.error({ err: error }, 'seen inbox events not stored');
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

/** The owner and the rest of the project each see an event once. */
function keyOf({ event, isOwn }: Unseen): string {
  return `${event.seq} ${isOwn ? 'owner' : 'project'}`;
}
