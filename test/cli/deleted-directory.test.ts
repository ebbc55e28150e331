// Commands in a current directory that was deleted.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { BABYSIT, jsonLine } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';

/** Runs a command in a new directory that it deletes first. */
async function inDeleted(
  home: TestHome,
  dir: string,
  args: string,
): Promise<{ stdout: string; stderr: string }> {
  const script = `mkdir -p ${dir} && cd ${dir} && rmdir ${dir} && exec ${BABYSIT} ${args}`;
  return promisify(execFile)('/bin/sh', ['-c', script], {
    env: { ...home.env, BABYSIT_NODE: process.execPath },
    cwd: home.work,
  });
}

async function startedHome(t: TestContext): Promise<TestHome> {
  const home = testHome(t);
  await home.run(['daemon-start']);
  return home;
}

it('queries work in a deleted directory and print nothing else on standard error', async (t) => {
  const home = await startedHome(t);
  const dir = join(home.work, 'gone');
  for (const args of [
    'ping',
    'status',
    'list',
    'heartbeat',
    'inbox',
    'wait-for-capacity --mem_bytes=1M --cpu_cores=0.1',
  ]) {
    const { stderr } = await inDeleted(home, dir, args);
    assert.doesNotMatch(stderr, /bad_cwd|getcwd|ENOENT/, args);
  }
});

it('a deleted directory keeps its project', async (t) => {
  const home = await startedHome(t);
  const project = join(realpathSync(home.work), 'repo');
  mkdirSync(join(project, '.git'), { recursive: true });
  await home.run(['run', '--name=inside', '--command=sleep 600'], { cwd: project });
  const { stdout } = await inDeleted(home, join(project, 'gone'), 'list --json');
  assert.equal(jsonLine(stdout).name, 'inside');
});

it('run names the deleted directory as the problem, and needs no other when it has --cwd', async (t) => {
  const home = await startedHome(t);
  await assert.rejects(inDeleted(home, join(home.work, 'gone'), 'run true'), /bad_cwd/);
  await assert.rejects(inDeleted(home, join(home.work, 'gone'), 'backup x.db'), /Pass an absolute path/);
  const { stdout } = await inDeleted(home, join(home.work, 'gone'), 'run --wait --cwd=/ pwd');
  assert.equal(jsonLine(stdout).exit_code, 0);
});
