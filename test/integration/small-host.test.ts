// All tasks together on a host without memory to spare: a memory group stands for the host, with the daemon in it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { daemonApi } from '../support/daemon-api.ts';
import { testHome } from '../support/home.ts';
import { hold, MIB } from '../support/host-memory.ts';
import { daemonOnSmallHost, HAS_SMALL_HOST, NEEDS_V1 } from '../support/small-host.ts';
import { waitUntil } from '../support/wait-until.ts';

const HOST_BYTES = 768 * MIB;
/** memory_reserve is a quarter by default. */
const RESERVE_BYTES = HOST_BYTES / 4;
const STEP_BYTES = 4 * MIB;
const GROWERS = [1, 2, 3, 4, 5].map((n) => `grower${n}`);

test('tasks that grow above their estimates together are held, then killed, and the host keeps its reserve', {
  skip: !HAS_SMALL_HOST && NEEDS_V1,
}, async (t) => {
  const home = testHome(t, { watchdog: { hold_window: '20m', pressure_window: '1s' } });
  const host = daemonOnSmallHost(t, home, HOST_BYTES);
  const { run, ended, task, change } = daemonApi(home, {
    estimated_cpu_cores: '0.05',
    estimated_time: '10m',
  });
  await run('within', hold(50 * MIB, 'sleep 600'), { estimated_mem_bytes: '64M' });
  const isHeld = async () => Number((await task('within')).mem_bytes) > 50 * MIB;
  await waitUntil(isHeld, { what: 'the task within its estimate' });
  assert.ok(host.parentLimit() < HOST_BYTES - RESERVE_BYTES, `${host.parentLimit()}`);

  // tail keeps a line that does not end. It grows when the watchdog has seen what it holds, on a slow machine too.
  const grow = `for i in {1..25}; do until [ -e ${home.work}/step-$i ]; do sleep 0.05; done; head -c ${STEP_BYTES} /dev/zero; done; sleep 600`;
  for (const name of GROWERS) await run(name, `{ ${grow}; } | tail`, { estimated_mem_bytes: '40M' });
  let step = 0;
  const growers = () => Promise.all(GROWERS.map(task));
  const growUntil = (isMet: (views: Awaited<ReturnType<typeof growers>>) => boolean, what: string) =>
    waitUntil(
      async () => {
        const views = await growers();
        if (isMet(views)) return true;
        const isSeen = ({ status, held_at, mem_bytes }: (typeof views)[number]) =>
          status !== 'running' || held_at !== null || Number(mem_bytes) >= step * STEP_BYTES;
        if (views.every(isSeen)) writeFileSync(join(home.work, `step-${++step}`), '');
        return false;
      },
      { what },
    );
  let held = '';
  await growUntil((views) => {
    held = views.find(({ held_at }) => held_at !== null)?.name ?? '';
    return held !== '';
  }, 'a task that is held');
  await change(held, 'adjust', { estimated_mem_bytes: '110M', force: true });
  await waitUntil(async () => (await task(held)).held_at === null, { what: 'the thaw' });
  assert.equal((await home.run(['config', 'set', 'watchdog.hold_window', '3s'])).code, 0);
  await growUntil((views) => views.some(({ status }) => status !== 'running'), 'the first to end');
  const first = await Promise.race(GROWERS.map(ended));
  // After the hold, or at the cap for all tasks if they grew faster than the watchdog looked.
  assert.match(
    String(first.task.kill_reason),
    /^(kernel_oom|system_mem_pressure)$/,
    JSON.stringify(first.task),
  );
  assert.notEqual(first.task.name, held);
  assert.equal((await task('within')).status, 'running');
  assert.equal(host.limitHits(), 0);
});
