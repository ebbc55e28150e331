// The rows of events that are to be delivered, in order for each target.
import type { RecordedEvent } from '../core/events.ts';
import { type Delivery, NOTIFY_EVENTS } from '../core/notify.ts';
import type { TaskId } from '../core/task.ts';
import { type EventRow, rowToEvent } from './rows.ts';
import type { Sqlite } from './sqlite.ts';

export interface Deliveries {
  /** At most `limit` events of interest after the position, in order. */
  notCompared(limit: number): RecordedEvent[];
  /** Adds the deliveries that are not there yet, and moves the position to the event `seq`. */
  add(deliveries: readonly Delivery[], seq: number): void;
  /** The first open delivery of each target. */
  firsts(): Delivery[];
  put(delivery: Delivery): void;
  /** Null when its task was removed. */
  event(seq: number): RecordedEvent | null;
  /** Of a task, in the order of their events. */
  ofTask(id: TaskId): Delivery[];
}

interface Row {
  target: string;
  seq: number;
  task_id: string;
  attempts: number;
  next_at: number;
  error: string | null;
  done_at: number | null;
}

const EVENT = `SELECT seq, task_id, at, events.body AS body, tasks.name AS name
  FROM events JOIN tasks ON tasks.id = task_id`;

export function openDeliveries(db: Sqlite): Deliveries {
  const kinds = NOTIFY_EVENTS.map((kind) => `'${kind}'`).join(', ');
  const selectNew = db.prepare<[number], EventRow>(
    `${EVENT} WHERE seq > (SELECT seq FROM delivery_position) AND event IN (${kinds}) ORDER BY seq LIMIT ?`,
  );
  const selectEvent = db.prepare<[number], EventRow>(`${EVENT} WHERE seq = ?`);
  const insert = db.prepare<[Row]>(
    `INSERT OR IGNORE INTO deliveries (target, seq, task_id, attempts, next_at, error, done_at)
     VALUES (@target, @seq, @task_id, @attempts, @next_at, @error, @done_at)`,
  );
  const update = db.prepare<[Row]>(
    `UPDATE deliveries SET attempts = @attempts, next_at = @next_at, error = @error, done_at = @done_at
     WHERE target = @target AND seq = @seq AND task_id = @task_id`,
  );
  const move = db.prepare('UPDATE delivery_position SET seq = max(seq, ?)');
  const selectFirsts = db.prepare<[], Row>(
    `SELECT deliveries.* FROM deliveries JOIN (
       SELECT target, min(seq) AS seq FROM deliveries WHERE done_at IS NULL GROUP BY target
     ) USING (target, seq)`,
  );
  const selectOfTask = db.prepare<[string], Row>(
    'SELECT * FROM deliveries WHERE task_id = ? ORDER BY seq, target',
  );
  const add = db.transaction((deliveries: readonly Delivery[], seq: number) => {
    for (const delivery of deliveries) insert.run(rowOf(delivery));
    move.run(seq);
  });
  return {
    notCompared: (limit) => selectNew.all(limit).map(rowToEvent),
    add: (deliveries, seq) => add.immediate(deliveries, seq),
    firsts: () => selectFirsts.all().map(deliveryOf),
    put: (delivery) => void update.run(rowOf(delivery)),
    event(seq) {
      const row = selectEvent.get(seq);
      return row === undefined ? null : rowToEvent(row);
    },
    ofTask: (id) => selectOfTask.all(id).map(deliveryOf),
  };
}

function rowOf({ taskId, nextAt, doneAt, ...rest }: Delivery): Row {
  return { ...rest, task_id: taskId, next_at: nextAt, done_at: doneAt };
}

function deliveryOf({ task_id, next_at, done_at, ...rest }: Row): Delivery {
  return { ...rest, taskId: task_id as TaskId, nextAt: next_at, doneAt: done_at };
}
