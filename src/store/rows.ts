// Converts rows to values and back. `body` holds the whole task or event; other columns exist for queries.
import { z } from 'zod';
import type { RecordedEvent, TaskEvent } from '../core/events.ts';
import { isEnded, TASK_STATUSES, type Task, type TaskId } from '../core/task.ts';
import { parseJson } from '../text/json.ts';

export interface TaskRow {
  id: string;
  name: string;
  owner: string | null;
  project: string;
  status: string;
  submitted_at: number;
  ended_at: number | null;
  key: string | null;
  body: string;
}

export interface EventRow {
  seq: number;
  task_id: string;
  at: number;
  body: string;
  name: string;
}

export function taskToRow(task: Task): TaskRow {
  return {
    id: task.id,
    name: task.name,
    owner: task.owner,
    project: task.project,
    status: task.state.status,
    submitted_at: task.submittedAt,
    ended_at: isEnded(task.state) ? task.state.endedAt : null,
    key: task.key,
    body: JSON.stringify(task),
  };
}

/** The fields that every reader of a task needs. A row without them is damaged. */
const TASK = z.looseObject({
  id: z.string(),
  name: z.string(),
  command: z.looseObject({ kind: z.enum(['shell', 'argv']) }),
  estimate: z.object({ timeMs: z.number(), memBytes: z.number(), cpuCores: z.number() }),
  limits: z.looseObject({ killTimeoutMs: z.number(), observabilityMs: z.number() }),
  attempts: z.number(),
  state: z.looseObject({ status: z.enum(TASK_STATUSES) }),
});

export function rowToTask(row: Pick<TaskRow, 'id' | 'body'>): Task {
  const result = TASK.safeParse(parseJson(row.body).value);
  if (!result.success)
    throw new Error(`task ${row.id}: its row in the database is damaged: ${result.error.message}`);
  return result.data as unknown as Task;
}

export function rowToEvent(row: EventRow): RecordedEvent {
  return {
    ...(JSON.parse(row.body) as TaskEvent),
    seq: row.seq,
    at: row.at,
    taskId: row.task_id as TaskId,
    name: row.name,
  };
}
