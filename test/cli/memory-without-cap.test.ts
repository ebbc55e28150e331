// The watchdog stands in for the memory cap where the kernel has none (driver none).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LONG } from '../support/budget.ts';
import { jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

describe('a task above its memory limit without a kernel limit', () => {
  it('gets SIGKILL without the grace period', async (t) => {
    const home = testHome(t, { envelope: { driver: 'none' }, watchdog: { kill_grace: '10m' } });
    const script = `trap '' TERM; x=$(head -c 200000000 /dev/zero | tr '\\0' x); while :; do sleep 1; done`;
    const { stderr } = await home.run([
      'run',
      '--estimated_mem_bytes=20M',
      '--estimated_cpu_cores=0.1',
      '--name=hog',
      `--command=${script}`,
    ]);
    assert.match(
      stderr,
      /^babysit: the kernel does not limit the memory, CPU, process count of tasks on this host/m,
    );
    const task = jsonLine((await home.run(['wait', 'hog', '--full', '--timeout=4m'], LONG)).stdout);
    assert.deepEqual([task.status, task.kill_reason, task.signal], ['killed', 'mem_exceeded', 'SIGKILL']);
  });
});
