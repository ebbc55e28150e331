// How long an ended job waits for the record of its end, which a network file system may show late.
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { anAttempt, aTask } from '../../../test/support/build/build-task.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { SlurmJob } from './client/job-rows.ts';
import { Job } from './job.ts';

const ROW: SlurmJob = {
  id: '7',
  state: 'FAILED',
  waitStatus: 0,
  reason: 'None',
  nodes: 'n1',
  endsAt: 500,
  comment: '',
};

it('waits for the exit record of a script that ended by itself, and not without a limit', (t) => {
  const dir = join(tempDir(t), '1');
  const claim = join(dir, 'claim');
  mkdirSync(dir);
  const ended = (waitStatus: number) => {
    const job = new Job({ task: aTask(), attempt: anAttempt(), describe: () => assert.fail() }, dir, 0);
    job.see({ ...ROW, state: waitStatus === 0 ? 'COMPLETED' : 'FAILED', waitStatus }, 1_000, null);
    return job;
  };
  assert.equal(ended(4 << 8).awaitsRecords(3_000), false, 'it never began');
  writeFileSync(claim, 'claimed 1.5\nstarted 1.6 1 (x) R 1 1\n');
  for (const status of [0, 4 << 8]) {
    assert.equal(ended(status).awaitsRecords(3_000), true);
    assert.equal(ended(status).awaitsRecords(80_000), false);
  }
  assert.equal(ended(9).awaitsRecords(3_000), false, 'a signal has ended the supervisor');
  writeFileSync(claim, 'claimed 1.5\nstarted 1.6 1 (x) R 1 1\nexit 2.5 4\n');
  assert.equal(ended(4 << 8).awaitsRecords(3_000), false);
});

it('counts as claimed where the claim cannot be looked for', (t) => {
  const dir = join(tempDir(t), '1');
  symlinkSync(dir, dir);
  const job = new Job({ task: aTask(), attempt: anAttempt(), describe: () => assert.fail() }, dir, 0);
  assert.deepEqual([job.isClaimed, job.isClosed], [true, false]);
});

it('doubts an end near a start of slurmctld, if the command has not begun', (t) => {
  const dir = join(tempDir(t), '1');
  mkdirSync(dir);
  const isDoubted = (state: string, bootedAt: number) => {
    const job = new Job({ task: aTask(), attempt: anAttempt(), describe: () => assert.fail() }, dir, 0);
    const row = { ...ROW, state, endsAt: 500_000, waitStatus: 8 << 8 };
    job.see(row, 600_000, job.mayEndByMistake(row) ? bootedAt : null);
    return job.said?.isDoubtful === true;
  };
  for (const state of ['FAILED', 'CANCELLED']) {
    assert.equal(isDoubted(state, 490_000), true);
    assert.equal(isDoubted(state, 400_000), false);
  }
  assert.equal(isDoubted('RUNNING', 490_000), false);
  writeFileSync(join(dir, 'claim'), '');
  assert.equal(isDoubted('CANCELLED', 490_000), false);
});
