// What it means that Slurm no longer shows a job.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { anAttempt, aTask } from '../../../test/support/build/build-task.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import type { TaskId } from '../../core/task.ts';
import type { SlurmJob } from './client/job-rows.ts';
import { Job } from './job.ts';
import { JobNames } from './job-names.ts';
import { Watch } from './watch.ts';

/** Array 7 has the elements 0 and 1. `shown`: those that Slurm shows, as in 22.05 after `scancel 7_1` while both wait. */
function rig(t: TestContext, { shown, bootedAt = 0 }: { shown: readonly number[]; bootedAt?: number }) {
  const tasksDir = tempDir(t);
  const names = new JobNames('db', tasksDir);
  const jobs = new Map<TaskId, Job>();
  for (const index of [0, 1]) {
    const id = `T${index}` as TaskId;
    const dir = join(tasksDir, id, '1');
    mkdirSync(dir, { recursive: true });
    const handover = { task: aTask({ id }), attempt: anAttempt(), describe: () => assert.fail() };
    const job = new Job(handover, dir, 0);
    job.is(`7_${index}`, 'list', `${dir}.out`);
    jobs.set(id, job);
  }
  names.writeList(
    'list',
    [...jobs.values()].map(({ key }) => key),
  );
  const row = (index: number): SlurmJob => ({
    id: `7_${index}`,
    state: 'PENDING',
    waitStatus: null,
    reason: 'Resources',
    nodes: '',
    endsAt: null,
    comment: names.arrayComment('list'),
  });
  const rows = async () => shown.map(row);
  const watch = new Watch({
    client: {
      jobs: rows,
      ownJobs: rows,
      expectedStarts: async () => new Map(),
      bootedAt: async () => bootedAt,
    },
    names,
    jobs,
    pace: { minMs: 1, maxMs: 1 },
    nowMs: () => 1_000_000,
    found: () => assert.fail(),
    changed: () => {},
    answered: () => {},
    failed: (message) => assert.fail(message),
  });
  t.after(() => watch.close());
  const second = jobs.get('T1' as TaskId) ?? assert.fail();
  const said = async () => {
    watch.look(0);
    await waitUntil(() => second.hasEnded, { what: 'the end of the second' });
    return second.said;
  };
  return { second, said };
}

it('takes an element that is missing from its array for cancelled', async (t) =>
  assert.deepEqual(await rig(t, { shown: [0] }).said(), { kind: 'cancelled' }));

it('doubts it right after a start of slurmctld', async (t) =>
  assert.deepEqual(await rig(t, { shown: [0], bootedAt: 990_000 }).said(), {
    kind: 'cancelled',
    isDoubtful: true,
  }));

it('takes it for lost when its array is missing or its command has begun', async (t) => {
  assert.deepEqual(await rig(t, { shown: [] }).said(), { kind: 'vanished' });
  const { second, said } = rig(t, { shown: [0] });
  writeFileSync(join(second.dir, 'claim'), '');
  assert.deepEqual(await said(), { kind: 'vanished' });
});
