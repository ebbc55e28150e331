// Reads what the history needs of ended tasks in the order of their ends, a page at a time.
import type { EndedState, Task, Usage } from '../core/task.ts';
import { isJsonObject, parseJson } from '../text/json.ts';
import type { Sqlite } from './sqlite.ts';

/** The place of a task in the order of ends. */
export interface EndPlace {
  /** Epoch ms. */
  readonly endedAt: number;
  readonly id: string;
}

/** As the view `ended_runs` makes it. */
export interface EndedTask
  extends Pick<Task, 'owner' | 'project' | 'command' | 'estimate' | 'history' | 'submittedAt'> {
  readonly state: {
    readonly status: EndedState['status'];
    readonly endedAt: number;
    /** Of a kill, a failure or an interruption; null: completed. */
    readonly reason: string | null;
    readonly usage: Usage | null;
    /** Of the last attempt; null: it did not start. */
    readonly startedAt: number | null;
    readonly pausedMs: number | null;
  };
}

export interface EndedPage {
  readonly tasks: readonly EndedTask[];
  /** Later ends come after this one; null: none is left. */
  readonly next: EndPlace | null;
}

interface Row {
  id: string;
  ended_at: number;
  run: string | null;
}

/** A row value uses the index of ends, and needs no sort within one millisecond of it. */
export const SELECT_ENDED = `SELECT id, ended_at, run FROM ended_runs
  WHERE ended_at >= ? AND (ended_at, id) > (?, ?) ORDER BY ended_at, id LIMIT ?`;

/** Returns what reads at most `limit` tasks after a place. */
export function openEndedTasks(db: Sqlite): (after: EndPlace, limit: number) => EndedPage {
  const select = db.prepare<[number, number, string, number], Row>(SELECT_ENDED);
  return ({ endedAt, id }, limit) => {
    const rows = select.all(endedAt, endedAt, id, limit);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return {
      tasks: rows.flatMap(({ run }) => taskOf(run)),
      next: last === undefined ? null : { endedAt: last.ended_at, id: last.id },
    };
  };
}

/** Leaves out a damaged row. The whole check of a task would cost the daemon seconds for 100 000 rows. */
function taskOf(run: string | null): EndedTask[] {
  const { value } = parseJson(run ?? '');
  return isJsonObject(value) && isJsonObject(value.state) && isJsonObject(value.estimate)
    ? [value as unknown as EndedTask]
    : [];
}
