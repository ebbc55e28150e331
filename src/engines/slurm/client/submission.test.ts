// What sbatch gets for one job: rounding, texts of users, and the line that enters the directory.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { SLURM_SETTINGS } from '../../../../test/support/slurm/settings.ts';
import { BabysitError } from '../../../core/errors.ts';
import {
  type SlurmSettings,
  type Submission,
  submitArgs,
  submittedScript,
  variablesText,
} from './submission.ts';

const JOB: Submission = {
  name: 'build',
  comment: 'babysit:1',
  script: 'true\n',
  cwd: '/',
  environment: {},
  outputPath: '/shared/out',
  timeLimitMs: 60_000,
  memBytes: 1024 ** 2,
  cpus: 1,
  gpus: 0,
  licenses: [],
  after: [],
  elements: null,
};
const args = (change: Partial<Submission>, settings: Partial<SlurmSettings> = {}) =>
  submitArgs({ ...JOB, ...change }, { ...SLURM_SETTINGS, ...settings });

const FLAGS: readonly [what: string, change: Partial<Submission>, flag: string][] = [
  ['60 s are one minute', { timeLimitMs: 60_000 }, '--time=1'],
  ['time rounds up', { timeLimitMs: 60_001 }, '--time=2'],
  ['0 would be no limit', { timeLimitMs: 0 }, '--time=1'],
  ['no limit', { timeLimitMs: Number.POSITIVE_INFINITY }, '--time=UNLIMITED'],
  ['memory rounds up to MiB', { memBytes: 1024 ** 2 + 1 }, '--mem=2M'],
  ['0 would be all memory of the node', { memBytes: 0 }, '--mem=1M'],
  ['cores round up', { cpus: 1.2 }, '--cpus-per-task=2'],
  ['GPUs', { gpus: 2 }, '--gres=gpu:2'],
  ['licenses', { licenses: ['matlab', 'x@srv:2'] }, '--licenses=matlab,x@srv:2'],
  [
    'dependencies',
    {
      after: [
        { id: '7', kind: 'afterok' },
        { id: '8', kind: 'afterany' },
      ],
    },
    '--dependency=afterok:7,afterany:8',
  ],
  [
    'a dependency that fails ends the job',
    { after: [{ id: '7', kind: 'afterok' }] },
    '--kill-on-invalid-dep=yes',
  ],
  ['an array', { elements: [0, 1, 2] }, '--array=0-2'],
  ['an array without the elements that were withdrawn', { elements: [0, 2, 3, 9] }, '--array=0,2-3,9'],
  ['the output of its elements', { elements: [0] }, '--output=/shared/out.%a'],
  ['a percent sign is no pattern', { outputPath: '/a%j/b' }, '--output=/a%%j/b'],
  ['a name that looks like a flag', { name: '--wrap=id' }, '--job-name=--wrap=id'],
  ['a line break in a name', { name: 'a\n\u0007b' }, '--job-name=a??b'],
];

describe('submitArgs', () => {
  for (const [what, change, flag] of FLAGS)
    it(what, () => assert.ok(args(change).includes(flag), args(change).join(' ')));

  it('every word is a flag with its value', () => {
    const words = args({ name: 'a b', comment: '; rm', licenses: ['l'], elements: [0, 1] });
    assert.deepEqual(
      words.filter((word) => !/^--[a-z-]+(=.*)?$/.test(word)),
      [],
    );
  });

  it('has the settings, and leaves out what Slurm chooses', () => {
    const chosen = {
      partition: 'big',
      account: 'a',
      qos: 'q',
      constraint: 'gpu&fast',
      extraFlags: ['--exclusive'],
    };
    const expected = ['--partition=big', '--account=a', '--qos=q', '--constraint=gpu&fast', '--exclusive'];
    assert.deepEqual(args({}, chosen).slice(-5), expected);
    assert.ok(!args({}).some((word) => /partition|account|qos|constraint/.test(word)));
  });

  for (const change of [{ licenses: ['a,b'] }, { licenses: ['--x y'] }, { outputPath: '/a\\b' }])
    it(`refuses ${JSON.stringify(change)}`, () =>
      assert.throws(
        () => args(change),
        (error) => error instanceof BabysitError && error.code === 'usage',
      ));
});

describe('submittedScript', () => {
  const run = (script: string, cwd: string) =>
    spawnSync('sh', ['-s'], { input: submittedScript({ ...JOB, script, cwd }), encoding: 'utf8', cwd: '/' });

  it('runs the script in its directory', () => {
    assert.equal(run('#!/bin/sh\npwd\n', '/usr').stdout, '/usr\n');
    assert.equal(run('pwd', '/usr').stdout, '/usr\n');
  });

  it('ends with 125 where the directory is missing, and quotes it', () => {
    const { status, stderr, stdout } = run('echo ran', "/it's missing; echo bad");
    assert.equal(status, 125);
    assert.match(
      stderr,
      /babysit: cannot enter the working directory on this node: \/it's missing; echo bad\n$/,
    );
    assert.equal(stdout, '');
  });

  it('has a command before every directive of sbatch', () => {
    const lines = submittedScript({ ...JOB, script: '#!/bin/bash\n#SBATCH --partition=other\n' }).split('\n');
    assert.equal(lines[0], '#!/bin/bash');
    assert.match(lines[1] ?? '', /^cd -- /);
  });
});

it('variablesText separates by NUL, so that a value may have lines', () => {
  assert.equal(variablesText({ A: '1\n2', B: '' }), 'A=1\n2\0B=\0');
  assert.equal(variablesText({}), '');
});
