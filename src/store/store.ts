// The record of tasks, environments and events. One commit is one transaction: state and events together or not at all.
import type Database from 'better-sqlite3';
import type { RecordedEvent, TaskEvent } from '../core/events.ts';
import type { Task, TaskId, TaskStatus } from '../core/task.ts';
import { openDatabase } from './open.ts';
import { type EventRow, rowToEvent, rowToTask, type TaskRow, taskToRow } from './rows.ts';

export interface Writes {
  readonly tasks: readonly Task[];
  readonly environments: readonly {
    readonly taskId: TaskId;
    readonly env: Readonly<Record<string, string>>;
  }[];
  /** In order; each belongs to a task written now or before. */
  readonly events: readonly {
    readonly taskId: TaskId;
    readonly name: string;
    readonly at: number;
    readonly event: TaskEvent;
  }[];
}

export interface TaskFilter {
  readonly project?: string;
  readonly owner?: string;
  readonly statuses?: readonly TaskStatus[];
  /** Ended tasks are listed when they ended at or after this moment (epoch ms); live ones always. */
  readonly endedSince?: number;
}

export interface Store {
  /** Throws when the transaction could not be made durable; then nothing of it happened. */
  commit(writes: Writes): RecordedEvent[];
  liveTasks(): Task[];
  list(filter: TaskFilter): Task[];
  byId(id: string): Task | null;
  /** At most `limit` tasks whose id begins with the prefix, newest first. */
  byIdPrefix(prefix: string, limit: number): Task[];
  /** The live task of this name, else the one submitted last. */
  byName(name: string): Task | null;
  environment(id: TaskId): Readonly<Record<string, string>>;
  eventsAfter(id: TaskId, seq: number): RecordedEvent[];
  lastSeq(): number;
  close(): void;
}

export function openStore(path: string): Store {
  const db = openDatabase(path);
  const putTask = db.prepare<TaskRow>(
    `INSERT INTO tasks (id, name, owner, project, status, submitted_at, ended_at, body)
     VALUES (@id, @name, @owner, @project, @status, @submitted_at, @ended_at, @body)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, ended_at = excluded.ended_at, body = excluded.body`,
  );
  const putEnvironment = db.prepare('INSERT OR REPLACE INTO environments (task_id, body) VALUES (?, ?)');
  const putEvent = db.prepare('INSERT INTO events (task_id, at, event, body) VALUES (?, ?, ?, ?)');
  const selectLive = db.prepare<[], TaskRow>('SELECT * FROM tasks WHERE ended_at IS NULL ORDER BY id');
  const selectById = db.prepare<[string], TaskRow>('SELECT * FROM tasks WHERE id = ?');
  const selectByPrefix = db.prepare<[string, string, number], TaskRow>(
    'SELECT * FROM tasks WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?',
  );
  const selectByName = db.prepare<[string], TaskRow>(
    'SELECT * FROM tasks WHERE name = ? ORDER BY ended_at IS NULL DESC, id DESC LIMIT 1',
  );
  const selectEnvironment = db.prepare<[string], { body: string }>(
    'SELECT body FROM environments WHERE task_id = ?',
  );
  const selectEvents = db.prepare<[string, number], EventRow>(
    `SELECT seq, task_id, at, events.body AS body, tasks.name AS name
     FROM events JOIN tasks ON tasks.id = task_id WHERE task_id = ? AND seq > ? ORDER BY seq`,
  );
  const selectLastSeq = db.prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM events');

  const commit = db.transaction((writes: Writes): RecordedEvent[] => {
    for (const task of writes.tasks) putTask.run(taskToRow(task));
    for (const { taskId, env } of writes.environments) putEnvironment.run(taskId, JSON.stringify(env));
    return writes.events.map(({ taskId, name, at, event }) => {
      const { lastInsertRowid } = putEvent.run(taskId, at, event.event, JSON.stringify(event));
      return { ...event, seq: Number(lastInsertRowid), at, taskId, name };
    });
  });

  return {
    commit: (writes) => commit.immediate(writes),
    liveTasks: () => selectLive.all().map(rowToTask),
    list: (filter) => list(db, filter),
    byId: (id) => optional(selectById.get(id)),
    byIdPrefix: (prefix, limit) => selectByPrefix.all(prefix, `${prefix}~`, limit).map(rowToTask),
    byName: (name) => optional(selectByName.get(name)),
    environment: (id) => JSON.parse(selectEnvironment.get(id)?.body ?? '{}'),
    eventsAfter: (id, seq) => selectEvents.all(id, seq).map(rowToEvent),
    lastSeq: () => selectLastSeq.get()?.seq ?? 0,
    close: () => db.close(),
  };
}

function list(db: Database.Database, filter: TaskFilter): Task[] {
  const where: string[] = [];
  const values: (string | number)[] = [];
  const add = (condition: string, ...more: (string | number)[]) => {
    where.push(condition);
    values.push(...more);
  };
  if (filter.project !== undefined) add('project = ?', filter.project);
  if (filter.owner !== undefined) add('owner = ?', filter.owner);
  if (filter.endedSince !== undefined) add('(ended_at IS NULL OR ended_at >= ?)', filter.endedSince);
  if (filter.statuses !== undefined)
    add(`status IN (${filter.statuses.map(() => '?').join(', ')})`, ...filter.statuses);
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const rows = db
    .prepare<(string | number)[], TaskRow>(`SELECT * FROM tasks ${condition} ORDER BY id`)
    .all(...values);
  return rows.map(rowToTask);
}

function optional(row: TaskRow | undefined): Task | null {
  return row === undefined ? null : rowToTask(row);
}
