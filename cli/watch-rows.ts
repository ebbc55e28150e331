// list --watch: redraws the table on a terminal, and prints the rows that changed elsewhere.
import type { LiveTask } from '../src/api/schemas/observe/live.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import { EXIT } from '../src/core/errors.ts';
import type { Context } from './command.ts';
import type { Row } from './output/fold.ts';
import { bodyRows, canRedraw, Screen } from './output/screen.ts';
import { watch } from './watch.ts';

/** `read` asks the daemon, after a change only; `text` formats rows. Ends with the user or the reader of the output. */
export async function watchRows(
  context: Context,
  read: () => Promise<readonly Row[]>,
  text: (rows: readonly Row[]) => string,
): Promise<number> {
  const { output, env } = context;
  const screen = canRedraw(output, env) ? new Screen(output) : null;
  const printed = new Map<string, string>();
  let rows: readonly Row[] = [];
  await watch(context, async (frame, hasChanged) => {
    if (hasChanged) rows = await read();
    if (screen !== null) {
      const used = new Map(frame.running.map((task) => [task.id, task]));
      rows = rows.map((row) => ('count' in row ? row : withUse(row, used.get(row.id))));
      const { shown, hidden } = fitting(rows, bodyRows());
      const more = hidden === 0 ? '' : `… ${hidden} more that ended\n`;
      screen.draw((text(shown) || 'no tasks\n') + more);
    } else {
      const news = rows.filter((row) => isNews(row, printed));
      if (news.length > 0) output.data(text(news));
    }
    return 'more';
  });
  return EXIT.ok;
}

/** The live tasks and the newest of the others, in the order of the list. `hidden`: the number of rows that are left out. */
export function fitting(rows: readonly Row[], max: number): { shown: readonly Row[]; hidden: number } {
  const ended = rows.filter(isOver);
  const hidden = Math.max(0, Math.min(ended.length, rows.length - max));
  const left = new Set(ended.slice(0, hidden));
  return { shown: rows.filter((row) => !left.has(row)), hidden };
}

function isOver(row: Row): boolean {
  return 'count' in row ? row.isEnded : row.ended_at !== null;
}

/** Keeps what the list adds to a task, such as its place in a tree. */
function withUse(row: TaskView, now: LiveTask | undefined): TaskView {
  if (now === undefined) return row;
  const { elapsed_ms, mem_bytes, cpu_cores, progress, silent_ms } = now;
  return { ...row, elapsed_ms, mem_bytes, cpu_cores, progress, silent_ms };
}

/** Use and time alone are no news. */
function isNews(row: Row, printed: Map<string, string>): boolean {
  const [key, state] =
    'count' in row
      ? [`${row.group} ${row.isEnded}`, `${row.count} ${row.first.id} ${row.last.id}`]
      : [
          row.id,
          [row.status, row.attempt, row.held_at, row.waiting?.dim, row.waiting?.expected_start].join(' '),
        ];
  if (printed.get(key) === state) return false;
  printed.set(key, state);
  return true;
}
