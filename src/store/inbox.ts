// The events that owners have not seen: the end of each task, before that the last warning of each kind.
import { INBOX_EVENTS, type RecordedEvent } from '../core/events.ts';
import type { TaskId } from '../core/task.ts';
import { type EventRow, rowToEvent } from './rows.ts';
import type { Sqlite } from './sqlite.ts';

/** The owner has seen the events of each task up to `seq`. For tasks without an owner, `owner` is their project. */
export interface SeenReport {
  readonly owner: string;
  readonly seen: readonly { readonly id: TaskId; readonly seq: number }[];
}

export interface Unseen {
  readonly event: RecordedEvent;
  /** False for a task of another owner in the same project. */
  readonly isOwn: boolean;
}

export interface Inbox {
  /**
   * Oldest first. `owner` is an owner or, for tasks without one, their project. With a project, includes the events of other
   * owners in it that no session but the owner's has seen.
   */
  unseen(owner: string, project: string | null): Unseen[];
  /** Drops the owner's own events. Keeps events of other owners for their owners only. */
  see(reports: readonly SeenReport[]): void;
}

type Row = EventRow & { readonly is_own: number };

/** Call `put` in the transaction that stores the event. */
export function openInbox(db: Sqlite): Inbox & { put(event: RecordedEvent): void } {
  const dropTask = db.prepare('DELETE FROM inbox WHERE task_id = ?');
  const put = db.prepare(
    `INSERT OR REPLACE INTO inbox (task_id, kind, seq, owner, project, is_told)
     SELECT id, @kind, @seq, coalesce(owner, project), project, @by IS NOT NULL FROM tasks
     WHERE id = @id AND coalesce(owner, project) IS NOT @by`,
  );
  const select = db.prepare<[{ owner: string; project: string | null }], Row>(
    `SELECT seq, task_id, at, events.body AS body, tasks.name AS name, inbox.owner = @owner AS is_own
     FROM inbox JOIN events USING (seq, task_id) JOIN tasks ON tasks.id = task_id
     WHERE inbox.owner = @owner OR (inbox.project = @project AND is_told = 0) ORDER BY seq`,
  );
  const drop = db.prepare('DELETE FROM inbox WHERE task_id = ? AND seq <= ? AND owner = ?');
  const markSeen = db.prepare('UPDATE inbox SET is_told = 1 WHERE task_id = ? AND seq <= ?');
  const see = db.transaction((reports: readonly SeenReport[]) => {
    for (const { owner, seen } of reports)
      for (const { id, seq } of seen) {
        drop.run(id, seq, owner);
        markSeen.run(id, seq);
      }
  });
  return {
    put(event) {
      // The warnings of an ended attempt are obsolete. A retry means that its caller knows the end.
      if (event.event === 'ended' || event.event === 'retrying') dropTask.run(event.taskId);
      const by = killerOf(event);
      if (INBOX_EVENTS.has(event.event))
        put.run({ kind: kindOf(event), seq: event.seq, by, id: event.taskId });
    },
    unseen: (owner, project) =>
      select.all({ owner, project }).map((row) => ({ event: rowToEvent(row), isOwn: row.is_own === 1 })),
    see: (reports) => see.immediate(reports),
  };
}

/** A new event replaces the older one of the same kind. */
function kindOf(event: RecordedEvent): string {
  return event.event === 'runaway_risk' ? `${event.event}:${event.dim}` : event.event;
}

/** A caller knows what it did: its own kill is as if it had seen it. */
function killerOf(event: RecordedEvent): string | null {
  if (event.event === 'ended') return event.killed_by ?? null;
  const by = event.event === 'kill_requested' ? event.detail.killed_by : null;
  return typeof by === 'string' ? by : null;
}
