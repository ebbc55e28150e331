// Commands in a current directory that was deleted.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { promisify } from 'node:util';
import { SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

const home = testHome({ after });
before(() => home.run(['daemon-start']));

/** Runs a command in a new directory that it deletes first. */
async function inDeleted(dir: string, args: string): Promise<{ stdout: string; stderr: string }> {
  const script = `mkdir -p ${dir} && cd ${dir} && rmdir ${dir} && exec ${BABYSIT} ${args}`;
  return promisify(execFile)('/bin/sh', ['-c', script], {
    env: { ...home.env, BABYSIT_NODE: process.execPath },
    cwd: home.work,
  });
}

it('queries work in a deleted directory and print nothing else on standard error', async () => {
  const dir = join(home.work, 'gone');
  for (const args of [
    'ping',
    'status',
    'list',
    'heartbeat',
    'inbox',
    'wait-for-capacity --mem_bytes=1M --cpu_cores=0.1',
  ]) {
    const { stderr } = await inDeleted(dir, args);
    assert.doesNotMatch(stderr, /bad_cwd|getcwd|ENOENT/, args);
  }
});

it('a deleted directory keeps its project', async () => {
  const project = join(realpathSync(home.work), 'repo');
  mkdirSync(join(project, '.git'), { recursive: true });
  await home.run(['run', ...SMALL, '--name=inside', '--command=sleep 600'], { cwd: project });
  const { stdout } = await inDeleted(join(project, 'gone'), 'list --json');
  assert.equal(jsonLine(stdout).name, 'inside');
});

it('run names the deleted directory as the problem, and needs no other when it has --cwd', async () => {
  await assert.rejects(inDeleted(join(home.work, 'gone'), 'run true'), /bad_cwd/);
  await assert.rejects(inDeleted(join(home.work, 'gone'), 'backup x.db'), /Pass an absolute path/);
  const { stdout } = await inDeleted(join(home.work, 'gone'), `run --wait ${SMALL.join(' ')} --cwd=/ pwd`);
  assert.equal(jsonLine(stdout).exit_code, 0);
});
