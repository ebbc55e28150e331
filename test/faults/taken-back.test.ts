// An attempt that never began is taken back and the task dispatched again, both in one round.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { serviceOf } from '../support/build/build-service.ts';

/** Longer than the time an attempt has to begin. */
const OVERDUE_MS = 180_000;

it('an attempt taken back is not started by the next spawner', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { run, task, makeRoom, makeGroups, host, tasksDir, spawned } = serviceOf(t);
  makeRoom();
  makeGroups();
  const { id } = (await run({ name: 'slow' })).body;
  // More turns of the event loop than a round and its effects take.
  const settle = async () => {
    for (let count = 0; count < 20; count += 1) await turn();
  };
  const asked = () => spawned.map(({ request, pending }) => [request.dir, pending.awaitsSupervisor()]);
  await settle();
  assert.deepEqual(asked(), [[join(tasksDir, id, '1'), true]]);
  assert.match(spawned[0]?.request.launch ?? '', /hunter2/);
  assert.deepEqual(spawned[0]?.pending.request(), spawned[0]?.request);
  host.monoMs += OVERDUE_MS;
  t.mock.timers.tick(1000);
  await settle();
  const { status, attempt } = await task(id);
  assert.deepEqual([status, attempt], ['running', 2]);
  assert.match(spawned[1]?.request.launch ?? '', /hunter2/);
  assert.deepEqual(asked(), [
    [join(tasksDir, id, '1'), false],
    [join(tasksDir, id, '2'), true],
  ]);
});
