// Reads ended tasks in the order of their ends, a page at a time.
import type { Task } from '../core/task.ts';
import { isJsonObject, parseJson } from '../text/json.ts';
import type { Sqlite } from './sqlite.ts';

/** The place of a task in the order of ends. */
export interface EndPlace {
  /** Epoch ms. */
  readonly endedAt: number;
  readonly id: string;
}

export interface EndedPage {
  readonly tasks: readonly Task[];
  /** Later ends come after this one; null: none is left. */
  readonly next: EndPlace | null;
}

interface Row {
  id: string;
  ended_at: number;
  body: string;
}

/** Returns what reads at most `limit` tasks after a place. */
export function openEndedTasks(db: Sqlite): (after: EndPlace, limit: number) => EndedPage {
  // A row value uses the index of ends, and needs no sort within one millisecond of it.
  const select = db.prepare<[number, number, string, number], Row>(
    `SELECT id, ended_at, body FROM tasks WHERE ended_at >= ? AND (ended_at, id) > (?, ?) ORDER BY ended_at, id LIMIT ?`,
  );
  return ({ endedAt, id }, limit) => {
    const rows = select.all(endedAt, endedAt, id, limit);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return {
      tasks: rows.flatMap(({ body }) => taskOf(body)),
      next: last === undefined ? null : { endedAt: last.ended_at, id: last.id },
    };
  };
}

/** Leaves out a damaged row. The whole check of a task would cost the daemon seconds for 100 000 rows. */
function taskOf(body: string): Task[] {
  const { value } = parseJson(body);
  return isJsonObject(value) && isJsonObject(value.state) && isJsonObject(value.estimate)
    ? [value as unknown as Task]
    : [];
}
