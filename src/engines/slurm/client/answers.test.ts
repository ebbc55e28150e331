// Reading what the programs of Slurm print, with texts of 22.05, and the lane that calls wait in.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BabysitError } from '../../../core/errors.ts';
import { parseExpectedStart, parseJobs, parseStarts } from './job-rows.ts';
import { openLane } from './lane.ts';
import { refusalOf, unreachableOf } from './refusal.ts';

const row = (...fields: string[]) => `${fields.join('\x1f')}\x1f\x1e\n`;

describe('parseJobs', () => {
  it('reads a job of each kind, also with line breaks in its texts', () => {
    const text =
      row('12', 'RUNNING', '0', 'None', 'n1', '1795935563', 'a\nb') +
      row('3_8', 'PENDING', '0', 'Resources', '', 'N/A', '(null)') +
      row('9', 'FAILED', '768', 'NonZeroExitCode', 'n[1-2]', '1795935563', '');
    const [running, pending, failed] = parseJobs(text);
    assert.deepEqual(running, {
      id: '12',
      state: 'RUNNING',
      waitStatus: null,
      reason: 'None',
      nodes: 'n1',
      endsAt: 1_795_935_563_000,
      comment: 'a\nb',
    });
    assert.deepEqual([pending?.id, pending?.endsAt, pending?.comment], ['3_8', null, '']);
    assert.deepEqual([failed?.waitStatus, failed?.nodes], [768, 'n[1-2]']);
  });

  it('leaves out a row that has other fields', () => assert.deepEqual(parseJobs(row('1', 'RUNNING')), []));

  it('reads an expected start, and no year as one', () => {
    assert.equal(
      parseExpectedStart('sbatch: Job 17 to start at 1795944563 using 1 processors'),
      1_795_944_563_000,
    );
    assert.equal(parseExpectedStart('sbatch: Job 17 to start at 2026-11-29T07:19:15 using 1'), null);
    assert.equal(parseExpectedStart(''), null);
  });

  it('reads expected starts, and leaves out those that Slurm does not name', () => {
    const text = row('1', '1795935563') + row('2', 'N/A');
    assert.deepEqual([...parseStarts(text)], [['1', 1_795_935_563_000]]);
  });
});

const SAID: readonly [stderr: string, code: string, message: RegExp][] = [
  [
    'sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)',
    'engine_unreachable',
    /slurmctld/,
  ],
  ['sbatch: error: Batch job submission failed: Connection reset by peer', 'engine_unreachable', /slurmctld/],
  [
    'squeue: error: If munged is up, restart with --num-threads=10\nsqueue: error: Munge encode failed: Failed to access "/run/munge": No such file\nslurm_load_jobs error: Protocol authentication error',
    'engine_unreachable',
    /munged/,
  ],
  ['scontrol: error: x\nUnexpected message received for job 5', 'engine_unreachable', /slurmctld/],
  [
    'sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition name specified',
    'engine_refused',
    /invalid partition specified: nope/,
  ],
  [
    'sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified',
    'engine_refused',
    /account/,
  ],
  [
    'sbatch: error: Memory specification can not be satisfied\nsbatch: error: Batch job submission failed: Requested node configuration is not available',
    'infeasible',
    /Memory specification/,
  ],
  [
    'sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)',
    'infeasible',
    /time limit/,
  ],
  [
    "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    'engine_refused',
    /policy/,
  ],
  [
    "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    'queue_full',
    /AssocMaxSubmitJobLimit/,
  ],
  [
    'sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy',
    'queue_full',
    /QOSMaxSubmitJobPerUserLimit/,
  ],
  [
    'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying',
    'queue_full',
    /unable to accept/,
  ],
  [
    'sbatch: unrecognized option \'--nope\'\nTry "sbatch --help" for more information',
    'engine_refused',
    /^sbatch: unrecognized option '--nope'$/,
  ],
  ['Job has already finished for job 14', 'not_running', /already finished/],
  ['Access/permission denied for job 3', 'engine_refused', /permission/],
  ['', 'engine_refused', /^sbatch: failed without a message$/],
];

/** Refusals of 22.05 by what a user sets wrong, with the setting or flag that the hint must name and the command that it must give. */
const HINTS: readonly [says: string, names: RegExp][] = [
  ['Required partition not available (inactive or drain)', /engine.slurm.partition .*sinfo --summarize/],
  ["User's group not permitted to use this partition", /engine.slurm.partition .*scontrol show partition/],
  [
    'Invalid account or account/partition combination specified',
    /engine.slurm.account .*sacctmgr .*scontrol show partition/,
  ],
  ['Invalid qos specification', /engine.slurm.qos/],
  ['Invalid feature specification', /engine.slurm.constraint .*sinfo --Format=nodelist,features/],
  ['Invalid license specification', /or fewer of it: scontrol show licenses/],
  ['Invalid generic resource (gres) specification', /sinfo --Format=nodelist,gres/],
  [
    'Requested time limit is invalid (missing or exceeds some limit)',
    /--kill_timeout .*sinfo --Format=partition,time/,
  ],
  ['More processors requested than permitted', /estimate.*sinfo --Format=partition,cpus,memory/],
  ['Requested reservation is invalid', /--reservation .*scontrol show reservations/],
  ['Invalid node name specified', /--nodelist .*sinfo --Node/],
  ['Invalid numeric value "x" for --switches.', /engine.slurm.extra_flags/],
  ['unrecognized --hint argument "x", see --hint=help', /engine.slurm.extra_flags/],
];

describe('errors', () => {
  for (const [says, names] of HINTS)
    it(`says what to do about "${says}"`, () =>
      assert.match(refusalOf('sbatch', `sbatch: error: ${says}`).hint, names));

  for (const [stderr, code, message] of SAID)
    it(`${code}: ${stderr.slice(0, 70)}`, () => {
      const error = unreachableOf('sbatch', { code: 1, stdout: '', stderr }) ?? refusalOf('sbatch', stderr);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.match(error.hint, /\.$|\$USER\.?$/);
    });

  it('believes an answer, whatever else the program says', () => {
    assert.equal(unreachableOf('squeue', { code: 0, stdout: 'x', stderr: 'timed out once' }), null);
    assert.equal(unreachableOf('scancel', { code: 0, stdout: '', stderr: 'Job already finished' }), null);
  });
});

describe('lane', () => {
  it('runs so many at once, in order', async () => {
    const lane = openLane(2);
    const ends: (() => void)[] = [];
    const started: number[] = [];
    const work = (id: number) =>
      lane.run(() => {
        started.push(id);
        return new Promise<number>((resolve) => ends.push(() => resolve(id)));
      });
    const all = Promise.all([1, 2, 3, 4].map(work));
    assert.deepEqual(started, [1, 2]);
    for (const count of [3, 4]) {
      ends.shift()?.();
      await new Promise(setImmediate);
      assert.equal(started.length, count);
    }
    for (const end of ends) end();
    assert.deepEqual(await all, [1, 2, 3, 4]);
  });

  it('fails the waiting ones with the first that finds the engine unreachable, and only then', async () => {
    const lane = openLane(1);
    let calls = 0;
    const fail = (error: Error) =>
      lane.run(() => {
        calls += 1;
        return Promise.reject(error);
      });
    const gone = new BabysitError('engine_unreachable', 'x');
    const results = await Promise.allSettled([fail(gone), fail(gone), fail(gone)]);
    assert.equal(calls, 1);
    assert.ok(results.every(({ status }) => status === 'rejected'));
    const refused = new BabysitError('engine_refused', 'x');
    await Promise.allSettled([fail(refused), fail(refused)]);
    assert.equal(calls, 3);
  });
});
