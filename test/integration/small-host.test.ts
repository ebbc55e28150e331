// All tasks together on a host without memory to spare: a memory group stands for the host, with the daemon in it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { removeGroup } from '../../src/cgroups/cgroupfs.ts';
import { ownGroups } from '../../src/cgroups/own-groups.ts';
import { BABYSIT } from '../support/cli.ts';
import { daemonApi } from '../support/daemon-api.ts';
import { expectedDriver } from '../support/expected-driver.ts';
import { groupTag, type TestHome, testHome } from '../support/home.ts';
import { hold, MIB } from '../support/host-memory.ts';
import { waitUntil } from '../support/wait-until.ts';

const HOST_BYTES = 768 * MIB;
/** memory_reserve is a quarter by default. */
const RESERVE_BYTES = HOST_BYTES / 4;
const GROWERS = [1, 2, 3, 4, 5].map((n) => `grower${n}`);
const NEEDS_V1 = 'needs root and cgroup v1, where one group may hold both processes and groups';

/** A daemon in a memory group of this size. Call after `testHome`, so that its daemon ends before the group is removed. */
function daemonOnSmallHost(t: TestContext, { env, work, dir }: TestHome, bytes: number) {
  const own = ownGroups({ cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc', tag: 'none' }).v1('memory');
  const path = join(own?.base ?? '', `small-host-${process.pid}`);
  mkdirSync(path);
  t.after(() => assert.equal(removeGroup(path), null));
  writeFileSync(join(path, 'memory.limit_in_bytes'), String(bytes));
  const start = `echo $$ >${path}/cgroup.procs && exec ${BABYSIT} daemon-start`;
  execFileSync('sh', ['-c', start], { cwd: work, env: { ...env, BABYSIT_NODE: process.execPath } });
  const number = (file: string) => Number(readFileSync(join(path, file), 'utf8'));
  return {
    hostLimitHits: () => number('memory.failcnt'),
    parentLimit: () => number(`babysit-${groupTag(dir)}/memory.limit_in_bytes`),
  };
}

test('tasks that grow above their estimates together are held, then killed, and the host keeps its reserve', {
  skip: expectedDriver() !== 'v1' && NEEDS_V1,
}, async (t) => {
  const home = testHome(t, { watchdog: { hold_window: '3s', pressure_window: '1s' } });
  const host = daemonOnSmallHost(t, home, HOST_BYTES);
  const { run, ended, task, change } = daemonApi(home, {
    estimated_cpu_cores: '0.05',
    estimated_time: '60s',
  });
  await run('within', hold(50 * MIB, 'sleep 600'), { estimated_mem_bytes: '64M' });
  const isHeld = async () => Number((await task('within')).mem_bytes) > 50 * MIB;
  await waitUntil(isHeld, { what: 'the task within its estimate' });
  assert.ok(host.parentLimit() < HOST_BYTES - RESERVE_BYTES, `${host.parentLimit()}`);

  // tail keeps a line that does not end: 100 MiB in five seconds, so that the watchdog looks before the cap is reached.
  const grow = 'for i in $(seq 25); do head -c 4194304 /dev/zero; sleep 0.2; done; sleep 600';
  for (const name of GROWERS) await run(name, `{ ${grow}; } | tail`, { estimated_mem_bytes: '40M' });
  let held = '';
  const finds = async () => {
    const growers = await Promise.all(GROWERS.map(task));
    held = growers.find(({ held_at }) => held_at !== null)?.name ?? '';
    return held !== '';
  };
  await waitUntil(finds, { what: 'a task that is held' });
  await change(held, 'adjust', { estimated_mem_bytes: '110M', force: true });
  await waitUntil(async () => (await task(held)).held_at === null, { what: 'the thaw' });
  const first = await Promise.race(GROWERS.map(ended));
  // After the hold, or at the cap for all tasks if they grew faster than the watchdog looked.
  assert.match(
    String(first.task.kill_reason),
    /^(kernel_oom|system_mem_pressure)$/,
    JSON.stringify(first.task),
  );
  assert.notEqual(first.task.name, held);
  assert.equal((await task('within')).status, 'running');
  assert.equal(host.hostLimitHits(), 0);
});
