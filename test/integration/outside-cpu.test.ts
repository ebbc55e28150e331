// Programs that run outside of babysit hold the dispatch and are named; real processes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { it } from 'node:test';
import type { StatusView } from '../../src/api/schemas/status.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { show, submit } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

it('a bare CPU burner outside holds what needs the cores, and says so', async (t) => {
  const home = testHome(t, { 'admission.count_outside_cpu': true });
  await submit(home, 'first', 'true');
  const cores = availableParallelism();
  const burners = Array.from({ length: cores }, () =>
    spawn('sh', ['-c', 'while :; do :; done', 'secret-argument'], { stdio: 'ignore' }),
  );
  t.after(() => burners.map((burner) => burner.kill('SIGKILL')));
  const status = async () =>
    jsonLine((await home.run(['status', '--full', '--json'])).stdout) as unknown as StatusView;
  const outsideCores = async () => Number((await status()).capacity.cpu_outside_cores);
  await waitUntil(async () => (await outsideCores()) >= 1, { what: 'the charge' });
  const flags = ['--estimated_mem_bytes=16M', `--estimated_cpu_cores=${cores}`, '--cpu_pct_limit=100'];
  const denied = await home.run(['run', ...flags, '--command=true', '--json']);
  assert.equal(denied.code, 2, denied.stderr);
  const text = denied.stderr + denied.stdout;
  assert.match(text, /Programs outside babysit use \d+ of the cores \(/);
  assert.ok(!text.includes('secret-argument'));
  const queued = await home.run(['run', '--queue', ...flags, '--name=held', '--command=true']);
  assert.match(queued.stderr, /waits for cpu, [\d.]+ cores used outside babysit/);
  const task = (await show(home, 'held')) as unknown as TaskView;
  assert.deepEqual([task.status, task.waiting?.dim], ['pending', 'cpu']);
  assert.notDeepEqual((await status()).host.outside, []);
});
