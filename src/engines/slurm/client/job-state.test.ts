// Every state of Slurm, as squeue of 22.05 printed it, and what it means.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type JobReading, readJob } from './job-state.ts';

const LIMIT_LINE =
  'slurmstepd-n1: error: StepId=21.batch exceeded memory limit (320499712 > 52428800), being killed\n';
const ended = (end: Extract<JobReading, { kind: 'ended' }>['end']): JobReading => ({ kind: 'ended', end });

interface Row {
  readonly what: string;
  readonly job: readonly [state: string, waitStatus: number | null, reason: string];
  readonly output?: string;
  readonly means: JobReading;
}

const ROWS: readonly Row[] = [
  { what: 'free nodes', job: ['PENDING', null, 'Resources'], means: pending('free nodes') },
  {
    what: 'a higher priority',
    job: ['PENDING', null, 'Priority'],
    means: pending('jobs with a higher priority'),
  },
  {
    what: 'a limit of a QOS',
    job: ['PENDING', null, 'QOSMaxJobsPerUserLimit'],
    means: pending('a limit of the account or QOS (QOSMaxJobsPerUserLimit)'),
  },
  {
    what: 'drained nodes, by name',
    job: ['PENDING', null, 'ReqNodeNotAvail, UnavailableNodes:n[1-2]'],
    means: pending('nodes that are down, drained or reserved (sinfo --list-reasons): n[1-2]'),
  },
  {
    what: 'drained nodes, as a sentence',
    job: [
      'PENDING',
      null,
      'Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions',
    ],
    means: pending('nodes that are down, drained or reserved (sinfo --list-reasons)'),
  },
  {
    what: 'a new sentence',
    job: ['PENDING', null, 'Moon is full, wait'],
    means: pending('Moon is full, wait'),
  },
  { what: 'a new reason', job: ['PENDING', null, 'Moonlight'], means: pending('Moonlight') },
  { what: 'a name of Object', job: ['PENDING', null, 'constructor'], means: pending('constructor') },
  { what: 'no reason yet', job: ['PENDING', null, 'None'], means: pending('the next pass of the scheduler') },
  { what: 'a requeue', job: ['REQUEUED', null, 'BeginTime'], means: pending('its earliest start time') },
  { what: 'running', job: ['RUNNING', null, 'None'], means: { kind: 'running' } },
  { what: 'stopped by a signal', job: ['STOPPED', null, 'None'], means: { kind: 'running' } },
  { what: 'suspended', job: ['SUSPENDED', null, 'None'], means: { kind: 'suspended' } },
  { what: 'completing is not an end', job: ['COMPLETING', null, 'None'], means: { kind: 'ending' } },
  { what: 'success', job: ['COMPLETED', 0, 'None'], means: ended({ kind: 'exited', code: 0, signal: null }) },
  {
    what: 'exit code 3',
    job: ['FAILED', 768, 'NonZeroExitCode'],
    means: ended({ kind: 'exited', code: 3, signal: null }),
  },
  {
    what: 'a signal',
    job: ['FAILED', 15, 'JobLaunchFailure'],
    means: ended({ kind: 'exited', code: null, signal: 'SIGTERM' }),
  },
  {
    what: 'SIGKILL by another process',
    job: ['FAILED', 9, 'JobLaunchFailure'],
    means: ended({ kind: 'exited', code: null, signal: 'SIGKILL' }),
  },
  {
    what: 'a core dump',
    job: ['FAILED', 11 + 128, 'JobLaunchFailure'],
    means: ended({ kind: 'exited', code: null, signal: 'SIGSEGV' }),
  },
  {
    what: 'over memory, by the accounting plugin',
    job: ['FAILED', 9, 'JobLaunchFailure'],
    output: LIMIT_LINE,
    means: ended({ kind: 'out_of_memory', usedBytes: 320_499_712, limitBytes: 52_428_800 }),
  },
  {
    what: 'exit code 1 after the same line of another job',
    job: ['FAILED', 256, 'NonZeroExitCode'],
    output: LIMIT_LINE,
    means: ended({ kind: 'exited', code: 1, signal: null }),
  },
  {
    what: 'over memory, by the cgroup',
    job: ['OUT_OF_MEMORY', 9, 'OutOfMemory'],
    means: ended({ kind: 'out_of_memory', usedBytes: null, limitBytes: null }),
  },
  { what: 'the time limit', job: ['TIMEOUT', 36_608, 'TimeLimit'], means: ended({ kind: 'timeout' }) },
  { what: 'a deadline', job: ['DEADLINE', 0, 'DeadLine'], means: ended({ kind: 'timeout' }) },
  {
    what: 'a lost node',
    job: ['NODE_FAIL', 1, 'NodeDown'],
    means: ended({ kind: 'node_failed', nodes: 'n1' }),
  },
  { what: 'preemption', job: ['PREEMPTED', 15, 'None'], means: ended({ kind: 'preempted' }) },
  { what: 'scancel', job: ['CANCELLED', 9, 'None'], means: ended({ kind: 'cancelled' }) },
  {
    what: 'a dependency that failed',
    job: ['CANCELLED', 0, 'DependencyNeverSatisfied'],
    means: ended({ kind: 'never_satisfied' }),
  },
  {
    what: 'an output file that cannot be opened',
    job: ['FAILED', 4021, 'JobLaunchFailure'],
    means: ended({
      kind: 'could_not_start',
      message: 'node n1 cannot open the output file of the job: is the shared directory mounted there?',
    }),
  },
  {
    what: 'a prolog that failed',
    job: ['FAILED', 0, 'Prolog'],
    means: ended({ kind: 'could_not_start', message: 'Slurm could not start the job on n1: Prolog' }),
  },
  {
    what: 'a state to come',
    job: ['REVOKED', 0, 'None'],
    means: ended({ kind: 'failed', reason: 'REVOKED' }),
  },
];

function pending(waitingFor: string): JobReading {
  return { kind: 'pending', waitingFor };
}

describe('readJob', () => {
  for (const {
    what,
    job: [state, waitStatus, reason],
    output,
    means,
  } of ROWS)
    it(`${state}: ${what}`, () =>
      assert.deepEqual(readJob({ state, waitStatus, reason, nodes: 'n1' }, output), means));
});
