// The history over the real service and database: what a line of a task holds, and which tasks have one.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { serviceOf } from '../../../test/support/build/build-service.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { PAST_RUN, parseHistory } from '../../api/schemas/observe/history.ts';

async function rowsOf(parts: ReturnType<typeof serviceOf>, query: object = {}) {
  const rows = [];
  for await (const page of parts.service.history(parseHistory(query))) rows.push(...page);
  return rows;
}

it('the history has a line for each task that ended, newest first, by owner and project', async (t: TestContext) => {
  const parts = serviceOf(t);
  // The driver of the test refuses groups, so a task that starts fails.
  await parts.run({ name: 'first', force: true, owner: 'ada' });
  await parts.run({ name: 'second', force: true, owner: 'bob' });
  await parts.run({ name: 'waits', queue: true });
  const names = async (query: object = {}) => (await rowsOf(parts, query)).map(({ name }) => name);
  await waitUntil(async () => (await names()).length === 2, { what: 'two ends' });
  assert.deepEqual(await names(), ['second', 'first']);
  assert.deepEqual(await names({ owner: 'ada', since: '1h' }), ['first']);
  assert.deepEqual(await names({ project: '/elsewhere' }), []);
  const [row] = await rowsOf(parts);
  PAST_RUN.parse(row);
  assert.deepEqual(
    [row?.owner, row?.command, row?.status, row?.reason, row?.waited_ms, row?.elapsed_ms],
    ['bob', 'make', 'failed', 'could_not_start', null, null],
  );
  assert.throws(() => parseHistory({ since: 'x' }), /since/);
});
