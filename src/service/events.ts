// The events of one task: first those the client missed, then new ones; and those of all tasks, from a cursor on.
import type { AllEventsQuery } from '../api/schemas/events/all-events.ts';
import type { EventFeed, Subscription } from '../api/service.ts';
import type { RecordedEvent } from '../core/events.ts';
import { isEnded, type Task } from '../core/task.ts';
import type { Engine } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';

/** `after` is the sequence number of the last event the client saw; 0 for none. */
export function events(engine: Engine, store: Store, task: Task, after: number): Subscription {
  let stopListening: (() => void) | null = null;
  let isStopped = false;
  return {
    backlog: backlog(store, task, after),
    start(listener) {
      if (!isStopped) stopListening = engine.eventBus.listen(task.id, listener);
    },
    stop() {
      isStopped = true;
      stopListening?.();
    },
  };
}

/**
 * A new client of an ended task gets only its last end. A client that reconnects gets the events it missed. The ends of
 * earlier attempts are left out.
 */
function backlog(store: Store, task: Task, after: number): readonly RecordedEvent[] {
  const events = store.eventsAfter(task.id, after);
  const end = events.findLastIndex(isEnd);
  if (!isEnded(task.state)) return events.slice(end + 1);
  if (after === 0 || end < 0) return store.eventsAfter(task.id, 0).filter(isEnd).slice(-1);
  return events.slice(events.slice(0, end).findLastIndex(isEnd) + 1, end + 1);
}

function isEnd(event: RecordedEvent): boolean {
  return event.event === 'ended';
}

/** A cursor is too old when events after it were removed, and too new for an older copy of the database. */
export function allEvents(engine: Engine, { allEvents: stored }: Store, query: AllEventsQuery): EventFeed {
  const { since, follow, project, owner, tag, statuses, names } = query;
  const [newest, removed] = [stored.newest(), stored.removedThrough()];
  const filter = {
    ...(project === null ? {} : { project }),
    ...(owner === null ? {} : { owner }),
    ...(tag === null ? {} : { tag }),
    ...(statuses === null ? {} : { statuses }),
    ...(names === null ? {} : { names }),
  };
  const isAhead = since !== null && since > newest;
  const isRemoved = since !== null && since < removed;
  return {
    from: isAhead ? newest : (since ?? (follow ? newest : 0)),
    gap: isAhead
      ? { reason: 'ahead', since, through: newest }
      : isRemoved
        ? { reason: 'removed', since, through: removed }
        : null,
    page: (after) => stored.page(filter, after),
    onNew: (listener) => engine.eventBus.listenToAll(listener),
  };
}
