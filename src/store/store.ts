// Stores tasks, environments, events and leases. A commit is one transaction: it stores states and events together or nothing.
import type { HostEvent, RecordedEvent, TaskEvent } from '../core/events.ts';
import type { LeverUse } from '../core/host/levers.ts';
import type { StartHold } from '../core/host/start-hold.ts';
import type { Lease, LeaseId } from '../core/lease.ts';
import type { OwnerUseEntry } from '../core/owner-use.ts';
import type { Task, TaskId } from '../core/task.ts';
import { type AllEvents, openAllEvents } from './all-events.ts';
import { type Deliveries, openDeliveries } from './deliveries.ts';
import { type EndedPage, type EndPlace, openEndedTasks } from './ended-tasks.ts';
import { openHolds } from './holds.ts';
import { openHostEvents } from './host-events.ts';
import { type Inbox, openInbox } from './inbox.ts';
import { learnEnded } from './learn-ended.ts';
import { type LearnedRun, type LearnedRuns, openLearnedRuns } from './learned-runs.ts';
import { openDatabase, sha256 } from './open.ts';
import { openOwnerUse } from './owner-use.ts';
import { openReserve } from './reserve.ts';
import { type EventRow, rowToEvent, rowToTask, type TaskRow, taskToRow } from './rows.ts';
import type { Sqlite, SqliteLibrary } from './sqlite.ts';
import { conditionOf, type TaskFilter } from './task-filter.ts';

export interface Writes {
  readonly tasks: readonly Task[];
  readonly environments: readonly {
    readonly taskId: TaskId;
    readonly env: Environment;
  }[];
  /** In order. The task of each event must be in `tasks` or in the database. */
  readonly events: readonly {
    readonly taskId: TaskId;
    readonly name: string;
    readonly at: number;
    readonly event: TaskEvent;
  }[];
  readonly leases: readonly Lease[];
  readonly droppedLeases: readonly LeaseId[];
  /** All holds in force. Absent: as before. */
  readonly holds?: readonly StartHold[];
  readonly hostEvents?: readonly { readonly at: number; readonly event: HostEvent }[];
  /** New values of what owners have used. */
  readonly ownerUse: readonly OwnerUseEntry[];
  /** What the runs that ended show of their commands. Absent: none. */
  readonly learned?: readonly LearnedRun[];
}

export type Environment = Readonly<Record<string, string>>;

/** Ids of tasks, newest first. */
export interface IdPage {
  readonly ids: readonly TaskId[];
  /** Older tasks come before this id; null: none are left. */
  readonly next: string | null;
}

export interface Store {
  /** 32 hexadecimal digits, random for each database. */
  readonly identity: string;
  /** Throws when nothing could be written. A commit survives a crash of this process; a durable one also a power cut. */
  commit(writes: Writes, durable?: boolean): RecordedEvent[];
  liveTasks(): Task[];
  /** The tasks that ended last, newest first. */
  newestEnded(limit: number): Task[];
  /** At most `limit` tasks that ended after this place, in the order of their ends. */
  endedAfter(after: EndPlace, limit: number): EndedPage;
  list(filter: TaskFilter): Task[];
  /** At most `limit` ids before the id `before`; null: from the newest. Reads a bounded number of rows. */
  idsBefore(filter: TaskFilter, before: string | null, limit: number): IdPage;
  byId(id: string): Task | null;
  /** At most `limit` tasks of the project, newest first; null: of every project. */
  byIdPrefix(project: string | null, prefix: string, limit: number): Task[];
  /** The live task of the project with this name, else the newest ended one. */
  byName(project: string, name: string): Task | null;
  /** Like `byName`, the task of each project: at most `limit`, newest first. */
  namesakes(name: string, limit: number): Task[];
  /** True if a live or ended task of the project has the name. */
  isNameKnown(project: string, name: string): boolean;
  /** The newest task of the project with the key. */
  byKey(project: string, key: string): Task | null;
  /** Tasks that come after the task `id` and failed since `at` (epoch ms) with dependency_failed, in order of submission. */
  failedFollowers(id: TaskId, at: number): Task[];
  environment(id: TaskId): Environment;
  eventsAfter(id: TaskId, seq: number): RecordedEvent[];
  readonly allEvents: AllEvents;
  leases(): Lease[];
  holds(): StartHold[];
  /** The last uses of levers, newest first. */
  leverUses(count: number): (LeverUse & { readonly at: number })[];
  /** The newest entries, oldest first; drops the others. */
  ownerUse(limit: number): OwnerUseEntry[];
  readonly inbox: Inbox;
  readonly deliveries: Deliveries;
  readonly learned: LearnedRuns;
  /** Removes ended tasks with their events. Ignores live tasks. */
  remove(ids: readonly TaskId[]): void;
  /** Removes the environments that no task has any longer. */
  removeEnvironments(): void;
  /** Removed tasks whose files may still exist. */
  removals(): TaskId[];
  /** Call when the files of a removed task no longer exist. */
  filesRemoved(id: TaskId): void;
  /** The number of attempts of every task, live and ended. */
  attemptCounts(): ReadonlyMap<string, number>;
  /** A write of its own: it replaces a transaction that failed after it was written. Throws when the disk refuses. */
  seal(): void;
  /** From now on commits write nothing and record no event: the file is no longer that of this daemon. */
  detach(): void;
  /** Writes a copy of the database to a file, in steps, so that the daemon keeps serving. */
  backup(path: string): Promise<void>;
  close(): void;
}

/**
 * Hides the value of a parameter from the query planner, which would otherwise (ENABLE_STAT4) plan joins and ORDER BY again
 * for each value: four times the cost of a lookup.
 */
const TEXT = 'CAST(? AS TEXT)';

export function openStore(path: string, library?: SqliteLibrary, mayBegin = true): Store {
  const db = openDatabase(path, library, mayBegin);
  const putTask = db.prepare<[TaskRow]>(
    `INSERT INTO tasks (id, name, owner, project, status, submitted_at, ended_at, key, body)
     VALUES (@id, @name, @owner, @project, @status, @submitted_at, @ended_at, @key, @body)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, ended_at = excluded.ended_at, body = excluded.body`,
  );
  const putText = db.prepare('INSERT OR IGNORE INTO environment_texts (hash, body) VALUES (?, ?)');
  const putEnvironment = db.prepare('INSERT OR REPLACE INTO task_environments (task_id, hash) VALUES (?, ?)');
  const putEvent = db.prepare('INSERT INTO events (task_id, at, event, body) VALUES (?, ?, ?, ?)');
  const selectLive = db.prepare<[], TaskRow>('SELECT * FROM tasks WHERE ended_at IS NULL ORDER BY id');
  const selectNewestEnded = db.prepare<[number], TaskRow>(
    'SELECT * FROM tasks WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?',
  );
  const selectById = db.prepare<[string], TaskRow>('SELECT * FROM tasks WHERE id = ?');
  const selectByPrefix = db.prepare<[string, string, string | null, number], TaskRow>(
    'SELECT * FROM tasks WHERE id >= ? AND id < ? AND project = ifnull(?, project) ORDER BY id DESC LIMIT ?',
  );
  const selectByName = db.prepare<[string, string], TaskRow>(
    `SELECT * FROM tasks WHERE name = ${TEXT} AND project = ${TEXT}
     ORDER BY ended_at IS NULL DESC, id DESC LIMIT 1`,
  );
  const selectNamesakes = db.prepare<[string, number], TaskRow>(
    `SELECT * FROM tasks JOIN (
       SELECT id, row_number() OVER (PARTITION BY project ORDER BY ended_at IS NULL DESC, id DESC) AS place
       FROM tasks WHERE name = ${TEXT}
     ) USING (id) WHERE place = 1 ORDER BY id DESC LIMIT ?`,
  );
  const selectName = db.prepare<[string, string], { id: string }>(
    'SELECT id FROM tasks WHERE name = ? AND project = ? LIMIT 1',
  );
  const selectByKey = db.prepare<[string, string], TaskRow>(
    `SELECT * FROM tasks WHERE project = ${TEXT} AND key = ${TEXT} ORDER BY id DESC LIMIT 1`,
  );
  const selectFailedFollowers = db.prepare<[number, string], TaskRow>(
    `SELECT * FROM tasks WHERE ended_at >= ? AND status = 'failed'
     AND json_extract(body, '$.state.reason') = 'dependency_failed'
     AND EXISTS (SELECT 1 FROM json_each(body, '$.after.tasks') WHERE json_extract(value, '$.id') = ${TEXT}) ORDER BY id`,
  );
  const selectEnvironment = db.prepare<[string], { body: string }>(
    `SELECT body FROM task_environments JOIN environment_texts USING (hash) WHERE task_id = ${TEXT}`,
  );
  const selectEvents = db.prepare<[string, number], EventRow>(
    `SELECT seq, task_id, at, events.body AS body, tasks.name AS name
     FROM events JOIN tasks ON tasks.id = task_id WHERE task_id = ${TEXT} AND seq > ? ORDER BY seq`,
  );
  const putLease = db.prepare('INSERT OR REPLACE INTO leases (id, expires_at, body) VALUES (?, ?, ?)');
  const dropLease = db.prepare('DELETE FROM leases WHERE id = ?');
  const holds = openHolds(db);
  const hostEvents = openHostEvents(db);
  const inbox = openInbox(db);
  const deliveries = openDeliveries(db);
  const ownerUse = openOwnerUse(db);
  const learned = openLearnedRuns(db);
  learnEnded(db, learned);
  const selectLeases = db.prepare<[], { body: string }>('SELECT body FROM leases ORDER BY id');

  let isDurable = true;
  let isDetached = false;
  /** Cache of the last commit, which the next reads ask for. */
  let freshTasks: ReadonlyMap<string, Task> = new Map();
  let freshEnvironments: ReadonlyMap<TaskId, Environment> = new Map();
  const commit = db.transaction((writes: Writes): RecordedEvent[] => {
    for (const task of writes.tasks) putTask.run(taskToRow(task));
    // The tasks of a batch share one environment object.
    const hashes = new Map<Environment, Buffer>();
    for (const { taskId, env } of writes.environments) {
      let hash = hashes.get(env);
      if (hash === undefined) {
        const text = JSON.stringify(env);
        hash = sha256(text);
        putText.run(hash, text);
        hashes.set(env, hash);
      }
      putEnvironment.run(taskId, hash);
    }
    for (const lease of writes.leases) putLease.run(lease.id, lease.expiresAt, JSON.stringify(lease));
    for (const id of writes.droppedLeases) dropLease.run(id);
    if (writes.holds !== undefined) holds.replace(writes.holds);
    for (const { at, event } of writes.hostEvents ?? []) hostEvents.put(at, event);
    for (const use of writes.ownerUse) ownerUse.put(use);
    for (const run of writes.learned ?? []) learned.put(run);
    return writes.events.map(({ taskId, name, at, event }) => {
      const { lastInsertRowid } = putEvent.run(taskId, at, event.event, JSON.stringify(event));
      const recorded = { ...event, seq: Number(lastInsertRowid), at, taskId, name };
      inbox.put(recorded);
      return recorded;
    });
  });

  const removeEnded = db.prepare('DELETE FROM tasks WHERE id = ? AND ended_at IS NOT NULL');
  const allEvents = openAllEvents(db);
  const putRemoval = db.prepare(
    'INSERT OR IGNORE INTO removals SELECT id FROM tasks WHERE id = ? AND ended_at IS NOT NULL',
  );
  const dropRemoval = db.prepare('DELETE FROM removals WHERE task_id = ?');
  const removeTexts = db.prepare(
    'DELETE FROM environment_texts WHERE hash NOT IN (SELECT hash FROM task_environments)',
  );
  const remove = db.transaction((ids: readonly TaskId[]) => {
    for (const id of ids) {
      allEvents.removing(id);
      putRemoval.run(id);
      removeEnded.run(id);
    }
  });

  const reserve = openReserve(`${path}-reserve`);
  /** After a checkpoint the log of changes begins again in blocks that it has. New pages of the file take the reserve. */
  function whereFull<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'SQLITE_FULL') throw error;
      reserve.release();
      db.exec('PRAGMA wal_checkpoint(RESTART)');
      return write();
    }
  }

  function setDurable(durable: boolean): void {
    // The pragma takes effect when it is prepared, so it cannot be prepared earlier.
    if (durable !== isDurable) db.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
    isDurable = durable;
  }

  /** A power cut repeats a delivery, so none of these writes waits for the disk. */
  function unlessDetached(write: () => void): void {
    if (isDetached) return;
    setDurable(false);
    write();
  }

  return {
    identity: db.prepare<[], { id: string }>('SELECT id FROM identity').get()?.id ?? '',
    seal() {
      if (isDetached) return;
      setDurable(true);
      db.exec('UPDATE identity SET seals = seals + 1');
    },
    detach() {
      isDetached = true;
      try {
        // The log of changes may be what was deleted: nothing else holds what was acknowledged since the last checkpoint.
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // The disk is gone.
      }
    },
    commit(writes, durable = true) {
      if (isDetached) return [];
      setDurable(durable);
      const events = whereFull(() => commit.immediate(writes));
      reserve.refill();
      freshTasks = new Map(writes.tasks.map((task) => [task.id, task]));
      freshEnvironments = new Map(writes.environments.map(({ taskId, env }) => [taskId, env]));
      return events;
    },
    liveTasks: () => selectLive.all().map(rowToTask),
    endedAfter: openEndedTasks(db),
    newestEnded: (limit) => selectNewestEnded.all(limit).map(rowToTask),
    list: (filter) => list(db, filter),
    idsBefore: (filter, before, limit) => idsBefore(db, filter, before, limit),
    byId: (id) => freshTasks.get(id) ?? optional(selectById.get(id)),
    byIdPrefix: (project, prefix, limit) =>
      selectByPrefix.all(prefix, `${prefix}~`, project, limit).map(rowToTask),
    byName: (project, name) => optional(selectByName.get(name, project)),
    namesakes: (name, limit) => selectNamesakes.all(name, limit).map(rowToTask),
    isNameKnown: (project, name) => selectName.get(name, project) !== undefined,
    byKey: (project, key) => optional(selectByKey.get(project, key)),
    failedFollowers: (id, at) => selectFailedFollowers.all(at, id).map(rowToTask),
    environment: (id) => freshEnvironments.get(id) ?? JSON.parse(selectEnvironment.get(id)?.body ?? '{}'),
    eventsAfter: (id, seq) => selectEvents.all(id, seq).map(rowToEvent),
    allEvents,
    leases: () => selectLeases.all().map(({ body }) => JSON.parse(body) as Lease),
    holds: holds.all,
    leverUses: hostEvents.leverUses,
    ownerUse: ownerUse.newest,
    inbox,
    deliveries: {
      ...deliveries,
      add: (rows, seq) => unlessDetached(() => deliveries.add(rows, seq)),
      put: (delivery) => unlessDetached(() => deliveries.put(delivery)),
      firsts: () => (isDetached ? [] : deliveries.firsts()),
    },
    learned,
    remove(ids) {
      remove.immediate(ids);
      freshTasks = new Map();
      freshEnvironments = new Map();
    },
    removeEnvironments: () => void removeTexts.run(),
    removals: () =>
      db
        .prepare<[], { task_id: TaskId }>('SELECT task_id FROM removals')
        .all()
        .map(({ task_id }) => task_id),
    filesRemoved: (id) => void dropRemoval.run(id),
    attemptCounts: () =>
      new Map(
        db
          .prepare<[], { id: string; attempts: number }>(
            "SELECT id, body ->> '$.attempts' AS attempts FROM tasks",
          )
          .all()
          .map(({ id, attempts }) => [id, attempts]),
      ),
    backup: async (path) => void (await db.backup(path)),
    close: () => db.close(),
  };
}

/** Keeps a query of idsBefore within some milliseconds, also when no row matches. */
const ROWS_READ = 500;
/** Above every ULID. */
const NEWEST = '~';

function idsBefore(db: Sqlite, filter: TaskFilter, before: string | null, limit: number): IdPage {
  const { condition, values } = conditionOf(filter);
  const bound = before ?? NEWEST;
  const floor = db
    .prepare<[string, number], { id: TaskId }>(
      'SELECT id FROM tasks WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?',
    )
    .get(bound, ROWS_READ - 1);
  const ids = db
    .prepare<(string | number)[], { id: TaskId }>(
      `SELECT id FROM (SELECT * FROM tasks WHERE id < ? ORDER BY id DESC LIMIT ?) ${condition} ORDER BY id DESC LIMIT ?`,
    )
    .all(bound, ROWS_READ, ...values, limit)
    .map(({ id }) => id);
  return { ids, next: ids.length === limit ? (ids.at(-1) ?? null) : (floor?.id ?? null) };
}

function list(db: Sqlite, filter: TaskFilter): Task[] {
  const { condition, values } = conditionOf(filter);
  const rows = db
    .prepare<(string | number)[], TaskRow>(`SELECT * FROM tasks ${condition} ORDER BY id`)
    .all(...values);
  return rows.map(rowToTask);
}

function optional(row: TaskRow | undefined): Task | null {
  return row === undefined ? null : rowToTask(row);
}
