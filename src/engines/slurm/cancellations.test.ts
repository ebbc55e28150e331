// A cancellation ends the job that was meant, and no other one that has its id by now.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { Cancellations } from './cancellations.ts';
import type { SlurmJob } from './client/job-rows.ts';

it('cancels and kills only jobs that still have their comment', async () => {
  const done: string[] = [];
  const rows = ['1 a', '2_0 k', '3 other', '4 d'].map((text) => {
    const [id, comment] = text.split(' ');
    return { id, comment } as SlurmJob;
  });
  const cancellations = new Cancellations(
    {
      jobs: async (ids) => rows.filter(({ id }) => ids.includes(id)),
      cancel: async (ids) => void done.push(`cancel ${ids.join(' ')}`),
      kill: async (id) => void done.push(`kill ${id}`),
    },
    (message) => assert.fail(message),
  );
  await cancellations.kill({ id: '4', comment: 'd' });
  await cancellations.kill({ id: '3', comment: 'c' });
  for (const [id, comment] of [
    ['1', 'a'],
    ['2_0', 'k'],
    ['3', 'c'],
    ['5', 'gone'],
  ] as const)
    cancellations.add({ id, comment });
  await waitUntil(() => done.length === 2, { what: 'the cancellation' });
  assert.deepEqual(done, ['kill 4', 'cancel 1 2_0']);
});
