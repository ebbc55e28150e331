// The environment of the command.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anEstimate, aTask, taskId } from '../../test/support/build/build-task.ts';
import { SIZED_BY_GRANT, taskEnvironment } from './environment.ts';

const FILES = {
  stopFile: '/t/1.stop',
  progressFile: '/t/1.progress',
  checkpointDir: '/t/checkpoint',
  group: 't-1',
  token: 'ID-secret',
};
const envOf = (caller: Record<string, string>, cpuCores = 4, threadsMax = 64) =>
  taskEnvironment(caller, aTask({ attempts: 2, estimate: anEstimate({ cpuCores }) }), FILES, threadsMax);

describe('taskEnvironment', () => {
  it('caps thread pools by the profile', () => {
    assert.equal(envOf({}, 4, 2).OMP_NUM_THREADS, '2');
    assert.equal(envOf({ OMP_NUM_THREADS: '8' }, 4, 2).OMP_NUM_THREADS, '8');
  });

  const CORES: [number, string][] = [
    [0.1, '1'],
    [1, '1'],
    [1.5, '2'],
    [4, '4'],
    [7.4, '7'],
  ];
  for (const [cores, threads] of CORES)
    it(`caps every thread pool at ${threads} for ${cores} cores`, () => {
      const env = envOf({}, cores);
      for (const name of SIZED_BY_GRANT) assert.equal(env[name], threads, name);
    });

  it('replaces the sizes of an outer task, and keeps those that its caller has changed', () => {
    const outer = envOf({ GOMAXPROCS: '3' }, 4);
    const inner = envOf({ ...outer, CARGO_BUILD_JOBS: '7' }, 1);
    const { OMP_NUM_THREADS, GOMAXPROCS, CARGO_BUILD_JOBS } = inner;
    assert.deepEqual([OMP_NUM_THREADS, GOMAXPROCS, CARGO_BUILD_JOBS], ['1', '3', '7']);
  });

  it('gives each attempt its own token', () => {
    assert.equal(envOf({ BABYSIT_TASK_TOKEN: 'of the outer task' }).BABYSIT_TASK_TOKEN, 'ID-secret');
  });

  it('keeps the variables of the caller', () => {
    const caller = { OMP_NUM_THREADS: '64', PYTHONUNBUFFERED: '', PATH: '/mine' };
    const { OMP_NUM_THREADS, PYTHONUNBUFFERED, PATH, MKL_NUM_THREADS } = envOf(caller);
    const [first] = (PATH ?? '').split(':');
    assert.deepEqual({ OMP_NUM_THREADS, PYTHONUNBUFFERED, PATH: first }, caller);
    assert.equal(MKL_NUM_THREADS, '4');
  });

  it('unbuffers Python and identifies the task, over the variables of an outer task', () => {
    const env = envOf({ BABYSIT_TASK_NAME: 'outer', BABYSIT_STOP_FILE: '/outer', PWD: '/elsewhere' });
    assert.deepEqual(
      [env.PYTHONUNBUFFERED, env.PWD, env.BABYSIT_TASK_NAME, env.BABYSIT_TASK_ID, env.BABYSIT_ATTEMPT],
      ['1', '/project', 'build', taskId(1), '2'],
    );
    assert.deepEqual(
      [env.BABYSIT_STOP_FILE, env.BABYSIT_PROGRESS_FILE, env.BABYSIT_CHECKPOINT_DIR],
      [FILES.stopFile, FILES.progressFile, FILES.checkpointDir],
    );
  });
});
