// Learns from the tasks that ended before the daemon kept what it learns.
import { isEnded } from '../core/task.ts';
import { runSample } from '../estimates/run-sample.ts';
import type { LearnedRuns } from './learned-runs.ts';
import { rowToTask, type TaskRow } from './rows.ts';
import type { Sqlite } from './sqlite.ts';

/** The newest tasks count most, and the daemon must not start late. */
const TASKS_MAX = 10_000;

/** Does nothing when it has been done before. */
export function learnEnded(db: Sqlite, learned: LearnedRuns): void {
  if (learned.isBegun) return;
  const select = db.prepare<[number], TaskRow>(
    'SELECT * FROM tasks WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC LIMIT ?',
  );
  db.transaction(() => {
    for (const row of select.all(TASKS_MAX).reverse()) {
      const task = rowToTask(row);
      const run = isEnded(task.state) && !task.isNotLearned ? runSample(task, task.state) : null;
      if (run !== null) learned.put({ project: task.project, command: task.command, run });
    }
    learned.begun();
  }).immediate();
}
