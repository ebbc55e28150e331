// How commands find the tasks that they name: projects, patterns and tags.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

describe('a name', () => {
  const home = testHome({ after });
  const project = (name: string) => {
    const dir = join(home.work, name);
    mkdirSync(join(dir, '.git'), { recursive: true });
    return (...args: string[]) => home.run(args, { cwd: dir });
  };

  it('refers to a task of the project of the caller first, for every verb', async () => {
    const [a, b] = [project('a'), project('b')];
    await a('run', '--wait', ...SMALL, '--name=build', 'echo of a; exit 3');
    await a('run', ...SMALL, '--name=lint', 'sleep 60');
    await b('run', ...SMALL, '--name=build', 'echo of b; sleep 60');
    await b('run', '--wait', ...SMALL, '--name=lint', 'true');

    assert.equal((await a('logs', 'build')).stdout, 'of a\n');
    assert.equal(jsonLine((await a('wait', 'build')).stdout).exit_code, 3);
    assert.equal(jsonLine((await b('stop', 'lint')).stderr).error, 'already_ended');
    assert.equal(jsonLine((await a('status', 'lint')).stdout).status, 'running');
    assert.equal((await a('retry', 'build')).code, 0);
    assert.equal(jsonLine((await a('wait', 'build')).stdout).attempt, 2);
    assert.equal(jsonLine((await b('status', 'build')).stdout).attempt, 1);
  });

  it('that fits twice elsewhere is ambiguous, and --all_projects asks for that', async () => {
    const [a, c] = [project('a'), project('c')];
    const { id } = jsonLine((await a('status', 'build')).stdout);
    for (const args of [
      ['kill', 'build'],
      ['wait', 'build'],
      ['log', 'build'],
    ]) {
      const { code, stderr } = await c(...args);
      const { error, candidates } = jsonLine(stderr) as { error: string; candidates: { id: string }[] };
      assert.deepEqual([code, error, candidates.length], [1, 'ambiguous', 2]);
      assert.ok(candidates.some((candidate) => candidate.id === id));
    }
    assert.equal(jsonLine((await a('status', 'build', '--all_projects')).stderr).error, 'ambiguous');
    assert.equal(jsonLine((await c('status', String(id))).stdout).name, 'build');
  });
});
