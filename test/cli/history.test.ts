// babysit history on the real daemon: the runs of a command, and the page that it writes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

it('shows how the runs of a command ended, and writes a page of its own', async (t) => {
  const home = testHome(t);
  await home.run(['run', '--wait', ...SMALL, '--name=good', 'sleep 0.1; true']);
  await home.run(['run', '--wait', ...SMALL, '--name=bad', 'sleep 0.1; exit 3']);
  const page = join(home.work, 'history.html');
  const { code, stdout, stderr } = await home.run([
    'history',
    '--since=1h',
    '--by=project',
    `--html=${page}`,
  ]);
  assert.equal(code, 0, stderr);
  const view = jsonLine(stdout);
  assert.deepEqual([view.tasks, view.completed, view.failed, view.by], [2, 1, 1, 'project']);
  assert.equal((view.groups as { key: string }[])[0]?.key, home.work);
  assert.equal((view.time_ratio as { n: number }).n, 1);
  assert.equal('spans' in view, false);
  const html = readFileSync(page, 'utf8');
  assert.ok(html.startsWith('<!doctype html>') && html.includes(home.work) && !html.includes('<script'));
  assert.equal((await home.run(['history', '--by=day'])).code, 64);
  assert.equal((await home.run(['history', '--html=/nowhere/x.html'])).code, 64);
  // A limit of its files is as a full disk: the page of yesterday stays.
  const limited = ['-c', `ulimit -f 1; trap '' XFSZ; exec "$0" "$@"`, BABYSIT, 'history', `--html=${page}`];
  const failed = spawnSync('bash', limited, {
    env: { ...process.env, ...home.env },
    cwd: home.work,
    encoding: 'utf8',
  });
  assert.equal(failed.status, 64, failed.stderr);
  assert.equal(readFileSync(page, 'utf8'), html);
});
