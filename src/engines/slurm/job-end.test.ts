// What each end of a job means for its attempt.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { anAttempt, aTask } from '../../../test/support/build/build-task.ts';
import { type EndOfJob, isNearStart, lossOf, startFailure } from './job-end.ts';

const NOT_SHARED = 91;
const attempt = anAttempt();
const task = aTask();
const MIB = 1024 ** 2;

const ENDS: readonly [EndOfJob, started: string | null, before: string, text: string][] = [
  [{ kind: 'cancelled' }, 'manual', 'cancelled', ''],
  [{ kind: 'cancelled', isDoubtful: true }, 'manual', 'requeue', 'slurmctld had just started'],
  [{ kind: 'exited', code: 8, signal: null, isDoubtful: true }, null, 'requeue', 'before the command began'],
  [{ kind: 'timeout' }, 'elapsed_exceeded', 'failed', 'the time limit of the job passed'],
  [
    { kind: 'out_of_memory', usedBytes: 9 * MIB, limitBytes: 5 * MIB },
    'cgroup_oom_killed',
    'failed',
    'no memory',
  ],
  [{ kind: 'node_failed', nodes: 'n1' }, 'node_failed', 'lost', 'n1 failed'],
  [{ kind: 'preempted' }, 'preempted', 'lost', 'preempted'],
  [{ kind: 'never_satisfied' }, null, 'requeue', 'depends on'],
  [{ kind: 'vanished' }, 'job_lost', 'lost', 'no longer knows'],
  [{ kind: 'could_not_start', message: 'no output file' }, null, 'failed', 'no output file'],
  [{ kind: 'failed', reason: 'REVOKED' }, null, 'failed', 'REVOKED: last words'],
  [{ kind: 'exited', code: 7, signal: null }, null, 'failed', 'with exit code 7 before the command began'],
  [{ kind: 'exited', code: null, signal: 'SIGSEGV' }, null, 'failed', 'by SIGSEGV'],
  [{ kind: 'exited', code: NOT_SHARED, signal: null }, null, 'failed', 'does not see the shared directory'],
];
for (const [end, reason, before, text] of ENDS)
  it(`${JSON.stringify(end)}: ${reason}, before the start ${before}`, () => {
    const loss = lossOf(end, task, attempt, 9_000, 8 * MIB);
    assert.equal(loss?.reason ?? null, reason);
    const failure = startFailure(end, 'first words\nlast words\n', NOT_SHARED);
    assert.equal(failure.kind, before);
    assert.ok(JSON.stringify(failure).includes(text));
  });

it('a kill for memory names the limit of Slurm and the highest of its peak and the measured one', () => {
  const loss = lossOf({ kind: 'out_of_memory', usedBytes: 9 * MIB, limitBytes: null }, task, attempt, 0, MIB);
  assert.deepEqual(loss?.kind === 'killed' && loss.detail, {
    cap_bytes: attempt.envelope.memMaxBytes,
    peak_mem_bytes: 9 * MIB,
    by: 'slurm',
  });
});

it('an end is doubtful up to a minute before and after a start of slurmctld', () => {
  for (const at of [40_001, 100_000, 159_999]) assert.equal(isNearStart(100_000, at), true);
  for (const at of [40_000, 160_000, null]) assert.equal(isNearStart(100_000, at), false);
  assert.equal(isNearStart(null, 100_000), false);
});
