// No inotify instance is free: everything works, and the end of a task is seen up to a second late.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { BABYSIT } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

const LIMIT = '/proc/sys/user/max_inotify_instances';
const canLimit = spawnSync('unshare', ['-Ur', 'sh', '-c', `echo 0 >${LIMIT}`]).status === 0;

it('runs, relays and reports tasks, and says what is missing', {
  skip: !canLimit && 'needs user namespaces',
}, (t) => {
  const home = testHome(t);
  // The limit is that of a user namespace, in which the daemon lives.
  const inside = (...words: string[]) => {
    const script = `echo 0 >${LIMIT}; exec "$@"`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['-Ur', 'sh', '-c', script, 'sh', BABYSIT, ...words],
      { cwd: home.work, env: { ...home.env, BABYSIT_NODE: process.execPath }, encoding: 'utf8' },
    );
    return { status, stdout, stderr };
  };
  const ran = inside('run', '--wait', '--exit_code', ...SMALL, '--name=plain', 'echo out; exit 3');
  assert.equal(ran.status, 3, ran.stderr);
  const relayed = inside('exec', '--quiet', ...SMALL, 'echo out; echo err >&2; exit 4');
  assert.deepEqual(relayed, { status: 4, stdout: 'out\n', stderr: 'err\n' });
  assert.match(inside('doctor').stdout, /no free inotify instances/);
});
