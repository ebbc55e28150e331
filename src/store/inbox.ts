// What owners have not seen yet: of each task its end, or else the last warning of each kind. Goes with the task.
import type Database from 'better-sqlite3';
import { INBOX_EVENTS, type RecordedEvent } from '../core/events.ts';
import type { TaskId } from '../core/task.ts';
import { type EventRow, rowToEvent } from './rows.ts';

/** The owner (or, for tasks without one, their project) has seen events of each task up to `seq`. */
export interface SeenReport {
  readonly owner: string;
  readonly seen: readonly { readonly id: TaskId; readonly seq: number }[];
}

export interface Unseen {
  readonly event: RecordedEvent;
  /** False: of another owner in the same project. */
  readonly isOwn: boolean;
}

/** The part of the store that the inbox is. */
export interface Inbox {
  /**
   * Oldest first. With a project also what the tasks of others in it have to tell, as far as nobody but their owner was told.
   * `owner` is an owner or, for tasks without one, their project.
   */
  unseen(owner: string, project: string | null): Unseen[];
  /** What is an owner's own is dropped; what is another's is kept for that one, and no longer news to the rest of the project. */
  see(reports: readonly SeenReport[]): void;
}

type Row = EventRow & { readonly is_own: number };

/** To be called within the transaction that records the event. */
export function openInbox(db: Database.Database): Inbox & { put(event: RecordedEvent): void } {
  const dropTask = db.prepare('DELETE FROM inbox WHERE task_id = ?');
  const put = db.prepare(
    `INSERT OR REPLACE INTO inbox (task_id, kind, seq, owner, project, is_told)
     SELECT id, ?, ?, coalesce(owner, project), project, 0 FROM tasks WHERE id = ?`,
  );
  const select = db.prepare<[{ owner: string; project: string | null }], Row>(
    `SELECT seq, task_id, at, events.body AS body, tasks.name AS name, inbox.owner = @owner AS is_own
     FROM inbox JOIN events USING (seq, task_id) JOIN tasks ON tasks.id = task_id
     WHERE inbox.owner = @owner OR (inbox.project = @project AND is_told = 0) ORDER BY seq`,
  );
  const drop = db.prepare('DELETE FROM inbox WHERE task_id = ? AND seq <= ? AND owner = ?');
  const tell = db.prepare('UPDATE inbox SET is_told = 1 WHERE task_id = ? AND seq <= ?');
  const see = db.transaction((reports: readonly SeenReport[]) => {
    for (const { owner, seen } of reports)
      for (const { id, seq } of seen) {
        drop.run(id, seq, owner);
        tell.run(id, seq);
      }
  });
  return {
    put(event) {
      // Its warnings are past with the attempt; and who orders another attempt knows how the last one ended.
      if (event.event === 'ended' || event.event === 'retrying') dropTask.run(event.taskId);
      if (INBOX_EVENTS.has(event.event)) put.run(kindOf(event), event.seq, event.taskId);
    },
    unseen: (owner, project) =>
      select.all({ owner, project }).map((row) => ({ event: rowToEvent(row), isOwn: row.is_own === 1 })),
    see: (reports) => see.immediate(reports),
  };
}

/** A newer one of the same kind takes the place of the older. */
function kindOf(event: RecordedEvent): string {
  return event.event === 'runaway_risk' ? `${event.event}:${event.dim}` : event.event;
}
