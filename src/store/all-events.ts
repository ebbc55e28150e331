// Reads the events of all tasks in the order in which they were recorded.
import type { EventName, HostEventName, RecordedEvent, RecordedHostEvent } from '../core/events.ts';
import type { TaskId } from '../core/task.ts';
import { openHostEvents } from './host-events.ts';
import { type EventRow, rowToEvent } from './rows.ts';
import type { Sqlite } from './sqlite.ts';
import { conditionOf, type TaskFilter } from './task-filter.ts';

export interface EventFilter extends Pick<TaskFilter, 'project' | 'owner' | 'statuses' | 'tag'> {
  readonly names?: readonly (EventName | HostEventName)[];
}

export interface EventPage {
  readonly events: readonly (RecordedEvent | RecordedHostEvent)[];
  /** Every event up to this one was looked at. */
  readonly through: number;
  /** No later event exists. */
  readonly isLast: boolean;
}

export interface AllEvents {
  /** The number of the newest event, also of a removed one; 0 before the first. */
  newest(): number;
  /** The largest number of an event that was removed with its task; 0: none. */
  removedThrough(): number;
  /** Looks at a limited number of events after `after`. */
  page(filter: EventFilter, after: number): EventPage;
}

/** Keeps a page within some milliseconds, also when no row matches. */
const ROWS_READ = 500;

/** Call `removing` in the transaction that removes the task, before that. */
export function openAllEvents(db: Sqlite): AllEvents & { removing(id: TaskId): void } {
  const newest = db.prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'events'");
  const removed = db.prepare<[], { seq: number }>('SELECT seq FROM removed_events');
  const raise = db.prepare(
    `UPDATE removed_events SET seq = max(seq, coalesce((SELECT max(events.seq) FROM events JOIN tasks ON id = task_id
       WHERE task_id = ? AND ended_at IS NOT NULL), 0))`,
  );
  const window = db.prepare<[number, number, number], { through: number | null; count: number }>(
    `SELECT max(seq) AS through, count(*) AS count FROM (
       SELECT seq FROM events WHERE seq > ? UNION ALL SELECT seq FROM host_events WHERE seq > ? ORDER BY seq LIMIT ?)`,
  );
  const hostEvents = openHostEvents(db);
  return {
    newest: () => newest.get()?.seq ?? 0,
    removedThrough: () => removed.get()?.seq ?? 0,
    page(filter, after) {
      const { through = null, count = 0 } = window.get(after, after, ROWS_READ) ?? {};
      const isLast = count < ROWS_READ;
      if (through === null) return { events: [], through: after, isLast };
      const { condition, values } = conditionOf(filter);
      const names = filter.names ?? [];
      const ofNames = names.length === 0 ? '' : `AND event IN (${names.map(() => '?').join(', ')})`;
      const rows = db
        .prepare<(string | number)[], EventRow>(
          `SELECT seq, task_id, at, body, (SELECT name FROM tasks WHERE id = task_id) AS name FROM events AS found
           WHERE seq > ? AND seq <= ? ${ofNames}
             AND EXISTS (SELECT 1 FROM (SELECT * FROM tasks WHERE id = found.task_id) ${condition}) ORDER BY seq`,
        )
        .all(after, through, ...names, ...values);
      const ofHost = hostEvents.between(after, through).filter((event) => isWanted(event, filter));
      const events = [...rows.map(rowToEvent), ...ofHost].sort((a, b) => a.seq - b.seq);
      return { events, through, isLast };
    },
    removing: (id) => void raise.run(id),
  };
}

/** An event of the host has no status: a filter for the rest leaves it out unless it is about the same scope. */
function isWanted(event: RecordedHostEvent, filter: EventFilter): boolean {
  const { names, project, owner, tag, statuses } = filter;
  if (names !== undefined && names.length > 0 && !names.includes(event.event)) return false;
  const asked = { project, owner, tag };
  const filters = Object.entries(asked).filter(([, value]) => value !== undefined);
  if (statuses !== undefined) return false;
  if (event.event === 'lever') return filters.length === 0;
  const { scope, of } = event;
  return scope === 'all' || filters.every(([kind, value]) => kind === scope && value === of);
}
