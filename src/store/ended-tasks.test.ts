// The history reads ended tasks from an index, and leaves out damaged rows.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { aTask, ENDED, taskId } from '../../test/support/build/build-task.ts';
import { LIBRARY } from '../../test/support/sqlite-library.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { SELECT_ENDED } from './ended-tasks.ts';
import { openSqlite } from './sqlite.ts';
import { openStore } from './store.ts';

it('ended tasks are read from the index alone, verbatim, without those that are damaged', (t) => {
  const path = join(
    tempDir(t, () => {
      db.close();
      store.close();
    }),
    'babysit.db',
  );
  const store = openStore(path, LIBRARY);
  const tasks = [1, 2, 3].map((n) => aTask({ id: taskId(n), name: `t-${n}`, state: ENDED.completed }));
  store.commit({ tasks, environments: [], events: [], leases: [], droppedLeases: [], ownerUse: [] });
  const db = openSqlite(path, { library: LIBRARY });
  db.exec(`UPDATE tasks SET body = '{' WHERE id = '${taskId(2)}'`);
  const [first, ...others] = store.endedAfter({ endedAt: 0, id: '' }, 10).tasks;
  assert.deepEqual([first?.state.status, others.length], ['completed', 1]);
  const plan = db.prepare<[number, number, string, number], { detail: string }>(
    `EXPLAIN QUERY PLAN ${SELECT_ENDED}`,
  );
  assert.match(
    JSON.stringify(plan.all(0, 0, '', 1)),
    /USING COVERING INDEX ended_runs_by_end \(ended_at>\?\)/,
  );

  // Another version of SQLite, which writes numbers and strings in another way, must find the same entry.
  const verbatim = '"submittedAt":1.50e1';
  db.exec(`UPDATE tasks SET body = json_remove(body, '$.submittedAt') WHERE id = '${taskId(3)}'`);
  db.exec(`UPDATE tasks SET body = '{${verbatim},' || substr(body, 2) WHERE id = '${taskId(3)}'`);
  const run = db
    .prepare<[], { run: string }>(`SELECT run FROM ended_runs WHERE id = '${taskId(3)}'`)
    .get()?.run;
  assert.ok(run?.includes(verbatim), run);
});
