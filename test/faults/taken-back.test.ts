// An attempt that never began is taken back and the task dispatched again, both in one round: nothing of the first is left.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { serviceOf } from '../support/build-service.ts';

/** Longer than an attempt may take to begin. */
const OVERDUE_MS = 60_000;

it('an attempt taken back leaves no environment behind', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { run, task, makeRoom, makeGroups, host, tasksDir } = serviceOf(t);
  makeRoom();
  makeGroups();
  const { id } = (await run({ name: 'slow' })).body;
  // More turns of the event loop than a round and what follows from it take.
  const settle = async () => {
    for (let count = 0; count < 20; count += 1) await turn();
  };
  await settle();
  const script = (attempt: number) => readFileSync(join(tasksDir, id, String(attempt), 'launch.sh'), 'utf8');
  assert.match(script(1), /hunter2/);
  host.monoMs += OVERDUE_MS;
  t.mock.timers.tick(1000);
  await settle();
  const { status, attempt } = await task(id);
  assert.deepEqual([status, attempt], ['running', 2]);
  assert.match(script(2), /hunter2/);
  assert.equal(script(1), '');
});
