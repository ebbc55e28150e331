// What is submitted together, and what happens to it when Slurm refuses it, does not answer, or has it already.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anAttempt, aTask } from '../../../test/support/build/build-task.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { BabysitError } from '../../core/errors.ts';
import type { TaskId } from '../../core/task.ts';
import type { SlurmJob } from './client/job-rows.ts';
import type { Submission } from './client/slurm-client.ts';
import { Job } from './job.ts';
import { JobNames } from './job-names.ts';
import { Outbox } from './outbox.ts';

type Answer = string | BabysitError;

const NOW_MS = 3_600_000;

/**
 * `answers`: of Slurm to each submission; later ones are accepted. `own`: its jobs, and the one with the comment `first` that
 * others wait for. `bootedAt`: an hour before now.
 */
function rig(t: Parameters<typeof tempDir>[0], answers: Answer[] = [], own: SlurmJob[] = [], bootedAt = 0) {
  const dir = tempDir(t);
  const names = new JobNames('db', dir);
  const sent: Submission[] = [];
  const log: string[] = [];
  const outbox = new Outbox({
    client: {
      async submit(submission) {
        sent.push(submission);
        const answer = answers.shift() ?? `${100 + sent.length}`;
        if (answer instanceof BabysitError) throw answer;
        return answer;
      },
      jobs: async () => own,
      ownJobs: async () => own,
      bootedAt: async () => bootedAt,
    },
    names,
    tasksDir: dir,
    newArray: () => `k${sent.length}`,
    nowMs: () => NOW_MS,
    wanted: ({ handover: { task } }) => ({
      cwd: '/',
      environment: {},
      timeLimitMs: 1,
      memBytes: task.estimate.memBytes,
      cpus: 1,
      gpus: 0,
      licenses: [],
      after: task.after === null ? [] : [{ id: '7', comment: 'first', kind: 'afterok' }],
    }),
    write: (job) => log.push(`write ${job.key}`),
    accepted: (job, id) => log.push(`${job.key} is ${id}`),
    refused: (job, { message }) => log.push(`${job.key} refused: ${message}`),
    vanished: (job) => log.push(`${job.key} vanished`),
    failed: (message) => log.push(`failed: ${message}`),
  });
  t.after(() => outbox.close());
  const job = (id: string, batch?: string, memBytes = 1) => {
    const task = { ...aTask(), id: id as TaskId, name: id, ...(batch === undefined ? {} : { batch }) };
    const estimate = { ...task.estimate, memBytes };
    return new Job(
      { task: { ...task, estimate }, attempt: anAttempt(), describe: () => assert.fail() },
      `${dir}/${id}/1`,
      0,
    );
  };
  const logged = (count: number) =>
    waitUntil(() => log.filter((line) => !line.startsWith('write')).length >= count, {
      what: log.join('; '),
    });
  return { outbox, names, sent, log, job, logged };
}

it('submits the lines of a batch that ask for the same as one array, and others alone', async (t) => {
  const { outbox, sent, job, logged, log } = rig(t);
  const jobs = [job('A', 'b'), job('B', 'b', 2), job('C', 'b'), job('D'), job('E', 'b'), job('F', 'other')];
  for (const each of jobs) outbox.add(each);
  const withdrawn = jobs[2];
  if (withdrawn !== undefined) withdrawn.isReleased = true;
  await logged(5);
  assert.deepEqual(
    new Map(sent.map(({ name, elements }) => [name, elements])),
    new Map([
      ['B', null],
      ['D', null],
      ['F', null],
      ['b', [0, 1]],
    ]),
  );
  // Its id is that of the last submission: the question about slurmctld comes before it.
  assert.ok(log.includes('A/1 is 104_0') && log.includes('E/1 is 104_1'), log.join('; '));
  assert.ok(!log.includes('write C/1'));
});

it('waits for more lines of a batch as long as some come, up to a limit', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { outbox, sent, job } = rig(t);
  const turns = async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  };
  for (const id of ['A', 'B', 'C']) {
    outbox.add(job(id, 'b'));
    await turns();
  }
  outbox.add(job('other'));
  await turns();
  assert.deepEqual(
    sent.map(({ name }) => name),
    ['other'],
  );
  t.mock.timers.tick(500);
  await turns();
  assert.equal(sent.at(-1)?.name, 'other');
  t.mock.timers.tick(500);
  await turns();
  assert.deepEqual(sent.at(-1)?.elements, [0, 1, 2]);
  outbox.add(job('first', 'long'));
  for (let added = 0; sent.length === 2 && added < 100; added += 1) {
    outbox.add(job(`line-${added}`, 'long'));
    t.mock.timers.tick(500);
    await turns();
  }
  assert.equal(sent.at(-1)?.elements?.length, 11);
});

it('submits each element alone when Slurm refuses the array', async (t) => {
  const { outbox, sent, job, logged, log } = rig(t, [
    new BabysitError('engine_refused', 'no arrays here'),
    new BabysitError('engine_refused', 'bad account'),
  ]);
  outbox.add(job('A', 'b'));
  outbox.add(job('B', 'b'));
  await logged(2);
  assert.deepEqual(
    sent.map(({ elements }) => elements),
    [[0, 1], null, null],
  );
  assert.deepEqual(log.slice(2).sort(), ['A/1 refused: bad account', 'B/1 is 103', 'write A/1', 'write B/1']);
});

it('submits each job of a batch alone while a start of slurmctld is recent', async (t) => {
  const { outbox, sent, job, logged, log } = rig(t, [], [], NOW_MS - 30_000);
  outbox.add(job('A', 'b'));
  outbox.add(job('B', 'b'));
  await logged(2);
  assert.deepEqual(
    sent.map(({ elements }) => elements),
    [null, null],
  );
  assert.ok(log.includes('A/1 is 101') && log.includes('B/1 is 102'), log.join('; '));
});

it('looks for a job before it is submitted again, and says what the others wait for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const own: SlurmJob[] = [];
  const { outbox, names, sent, job, log } = rig(
    t,
    [new BabysitError('engine_unreachable', 'no answer')],
    own,
  );
  outbox.add(job('A'));
  const settle = async (done: () => boolean) => {
    for (let turn = 0; turn < 100 && !done(); turn += 1) await new Promise(setImmediate);
    assert.ok(done(), log.join('; '));
  };
  await settle(() => log.includes('failed: no answer'));
  assert.equal(outbox.fault, 'an answer of Slurm (no answer)');
  own.push({ id: '55', comment: names.comment('A/1') } as SlurmJob);
  t.mock.timers.tick(1_000);
  await settle(() => log.includes('A/1 is 55'));
  assert.equal(sent.length, 1);
  assert.equal(outbox.fault, null);
});

it('submits the elements of an array for which the queue of Slurm has no room one by one', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const { outbox, sent, job, log } = rig(t, [new BabysitError('queue_full', 'full')]);
  const settle = async (done: () => boolean) => {
    for (let turn = 0; turn < 100 && !done(); turn += 1) {
      t.mock.timers.tick(500);
      await new Promise(setImmediate);
    }
    assert.ok(done(), log.join('; '));
  };
  for (const id of ['A', 'B']) outbox.add(job(id, 'b'));
  await settle(() => outbox.fault !== null);
  assert.equal(outbox.fault, 'room in the queue of Slurm (full)');
  await settle(() => log.includes('A/1 is 102') && log.includes('B/1 is 103'));
  assert.deepEqual(
    sent.map(({ elements }) => elements),
    [[0, 1], null, null],
  );
});

it('submits an attempt of an earlier daemon that Slurm does not know', async (t) => {
  const { outbox, sent, job, logged, log } = rig(t);
  outbox.add(job('A'), true);
  await logged(1);
  assert.deepEqual([sent.length, log.at(-1)], [1, 'A/1 is 101']);
});

it('keeps a job that Slurm refuses with its dependencies until it has fewer', async (t) => {
  const { outbox, sent, job, logged, log } = rig(
    t,
    [new BabysitError('engine_refused', 'no job 7')],
    [{ id: '7', comment: 'first' } as SlurmJob],
  );
  const follower = job('A');
  const { handover } = follower;
  const after = { mode: 'ok', tasks: [{ id: 'X' as TaskId, name: 'x' }] } as const;
  follower.handover = { ...handover, task: { ...handover.task, after } };
  outbox.add(follower);
  await waitUntil(() => sent.length === 1, { what: 'the submission' });
  follower.handover = handover;
  // Slurm has refused it by then.
  await new Promise(setImmediate);
  outbox.changed(follower);
  await logged(1);
  assert.deepEqual([sent.length, log.at(-1)], [2, 'A/1 is 102']);
});

it('does not let a job wait for another one that got the id of its dependency', async (t) => {
  const own = [{ id: '7', comment: 'other' } as SlurmJob];
  const { outbox, sent, job, logged, log } = rig(t, [], own);
  const follower = job('A');
  const { handover } = follower;
  const after = { mode: 'ok', tasks: [{ id: 'X' as TaskId, name: 'x' }] } as const;
  follower.handover = { ...handover, task: { ...handover.task, after } };
  outbox.add(follower);
  outbox.add(job('B'));
  await logged(1);
  assert.deepEqual(
    sent.map(({ name }) => name),
    ['B'],
  );
  own[0] = { id: '7', comment: 'first' } as SlurmJob;
  outbox.changed(follower);
  await logged(2);
  assert.deepEqual([sent.length, log.at(-1)], [2, 'A/1 is 102']);
});
