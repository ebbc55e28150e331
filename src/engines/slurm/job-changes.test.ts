// Changes reach the job that was meant and no other one with its id, and come again after an outage.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anAttempt, aTask } from '../../../test/support/build/build-task.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { BabysitError } from '../../core/errors.ts';
import type { SlurmJob } from './client/job-rows.ts';
import { Job, type JobLimits } from './job.ts';
import { JobChanges } from './job-changes.ts';

const HOUR_MS = 3_600_000;

/** Job 7 of this daemon, which asked for an hour and now wants two. `rows`: what Slurm says about the id. */
function rig(rows: SlurmJob[]) {
  const log: string[] = [];
  let isDown = false;
  let isForbidden = false;
  const did = (what: string) => {
    if (isDown) throw new BabysitError('engine_unreachable', 'no answer');
    if (isForbidden) throw new BabysitError('engine_refused', 'denied');
    log.push(what);
  };
  let limits: JobLimits = { timeLimitMs: 2 * HOUR_MS, memBytes: 1, cpus: 1 };
  const job = new Job({ task: aTask(), attempt: anAttempt(), describe: () => assert.fail() }, '/none', 0);
  job.is('7', null, null);
  job.asked = { ...limits, timeLimitMs: HOUR_MS };
  const changes = new JobChanges({
    client: {
      jobs: async () => rows,
      update: async (id, change) => did(`update ${id} ${JSON.stringify(change)}`),
      suspend: async (id) => did(`suspend ${id}`),
      resume: async (id) => did(`resume ${id}`),
    },
    suspends: true,
    log: { warn: (_, message) => log.push(message) },
    refused: (_, { message }) => log.push(message),
    own: () => ({ id: '7', comment: 'own' }),
    limitsOf: () => limits,
  });
  return {
    job,
    changes,
    log,
    down: (is: boolean) => {
      isDown = is;
    },
    forbid: (is: boolean) => {
      isForbidden = is;
    },
    want: (timeLimitMs: number) => {
      limits = { ...limits, timeLimitMs };
    },
    logged: (...lines: string[]) =>
      waitUntil(() => log.length >= lines.length, { what: lines.join('; ') }).then(() => {
        assert.deepEqual(log.splice(0), lines);
      }),
  };
}

const OWN = { id: '7', comment: 'own' } as SlurmJob;
const UPDATE = `update 7 {"timeLimitMs":${2 * HOUR_MS}}`;

it('changes, suspends and resumes its job, and no other one that has the id by now', async () => {
  const { job, changes, logged } = rig([OWN]);
  changes.limits(job);
  changes.suspend(job, () => assert.fail());
  changes.resume(job);
  await logged(UPDATE, 'suspend 7', 'resume 7');

  const other = rig([{ ...OWN, comment: 'other' }]);
  other.changes.limits(other.job);
  let stopped = 0;
  other.changes.suspend(other.job, () => {
    stopped += 1;
  });
  other.changes.resume(other.job);
  await other.logged('job not changed', 'job not suspended', 'job not resumed');
  assert.equal(stopped, 1);
});

it('sends the limits and the wish to continue again after an outage', async () => {
  const { job, changes, down, logged } = rig([OWN]);
  job.reading = { kind: 'suspended' };
  down(true);
  changes.limits(job);
  changes.resume(job);
  await logged('job not changed', 'job not resumed');
  down(false);
  changes.repeat();
  await logged(UPDATE, 'resume 7');
  changes.repeat();
  changes.limits(job);
  changes.suspend(job, () => assert.fail());
  await logged('suspend 7');
});

it('reports refused limits once for each adjust', async () => {
  const { job, changes, forbid, logged } = rig([OWN]);
  const adjust = () => {
    const { task } = job.handover;
    job.handover = { ...job.handover, task: { ...task, limits: { ...task.limits } } };
    changes.limits(job);
  };
  forbid(true);
  adjust();
  await logged('job not changed', 'denied');
  changes.limits(job);
  adjust();
  await logged('job not changed', 'denied');
  forbid(false);
  changes.limits(job);
  adjust();
  await logged(UPDATE);
});

it('sends the former limits again after a refusal, of which Slurm may have applied a part', async () => {
  const { job, changes, forbid, logged, want } = rig([OWN]);
  forbid(true);
  changes.limits(job);
  await logged('job not changed', 'denied');
  forbid(false);
  want(HOUR_MS);
  changes.limits(job);
  await logged(`update 7 {"timeLimitMs":${HOUR_MS}}`);
});
