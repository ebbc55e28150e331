// What the watchdog does to real processes: every kill for its reason and by its ladder, on the kernel of this machine.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import { jsonLines } from '../support/cli.ts';
import { daemonApi } from '../support/daemon-api.ts';
import { expectedDriver } from '../support/expected-driver.ts';
import { testHome } from '../support/home.ts';
import { hold, MIB, pctOfHostInUse } from '../support/host-memory.ts';
import { processesOf } from '../support/processes.ts';
import { daemonOnSmallHost, HAS_SMALL_HOST } from '../support/small-host.ts';
import { until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const DRIVER = expectedDriver();
const WATCHDOG = { monitor_interval: '250ms', kill_grace: '1s', tolerance_window: '10m' };
const ESTIMATES = {
  estimated_mem_bytes: '16M',
  estimated_cpu_cores: '0.5',
  estimated_time: '10m',
  force: true,
};

/** The number of the system call. */
const PTRACE = process.arch === 'arm64' ? 117 : 101;

test(`the watchdog on ${DRIVER ?? 'the driver found'}`, async (t) => {
  const home = testHome(t, { watchdog: WATCHDOG });
  assert.equal((await home.run(['daemon-start'])).code, 0);
  const { run, ended, task, log, change } = daemonApi(home, ESTIMATES);
  const set = async (...setting: string[]) =>
    assert.equal((await home.run(['config', 'set', ...setting])).code, 0);

  await t.test(
    'memory: warns above the estimate, kills above twice the estimate for the window',
    async () => {
      const go = join(home.work, 'go');
      await run('risky', hold(24 * MIB, until(go)));
      await run('brief', hold(40 * MIB, until(go)));
      await run('greedy', hold(40 * MIB, 'sleep 600'));
      await run('hog', 'tail /dev/zero');
      for (const name of ['risky', 'brief'])
        assert.equal((await home.run(['wait', name, '--event=runaway_risk'])).code, 0);
      const hasSeen = async (name: string, bytes: number) => Number((await task(name)).mem_bytes) > bytes;
      await waitUntil(async () => (await hasSeen('risky', 24 * MIB)) && (await hasSeen('brief', 40 * MIB)), {
        what: 'the samples above the estimate',
      });
      writeFileSync(go, '');
      for (const name of ['risky', 'brief']) {
        const end = await ended(name);
        assert.equal(end.task.status, 'completed', JSON.stringify(end.task));
        const listed = jsonLines((await home.run(['events', '--since=0', '--full'])).stdout);
        const own = (listed as unknown as EventView[]).filter((event) => event.name === name);
        assert.equal(eventsOf(own, 'runaway_risk', 'mem').length, 1, JSON.stringify(own));
        const peakMib = Number(end.task.peak_mem_bytes) / MIB;
        assert.ok(name === 'risky' ? peakMib > 24 && peakMib < 32 : peakMib > 32, `${name}: ${peakMib} MiB`);
      }
      const hog = await ended('hog');
      assert.equal(hog.task.kill_reason, DRIVER === 'none' ? 'mem_exceeded' : 'cgroup_oom_killed');
      await set('watchdog.tolerance_window', '4s');
      const greedy = await ended('greedy');
      assert.equal(greedy.task.kill_reason, 'estimated_mem_exceeded', JSON.stringify(greedy.task));
      const { sustained_ms, mem_bytes } = greedy.task.kill_detail ?? {};
      assert.ok(Number(sustained_ms) >= 4000 && Number(mem_bytes) > 32 * MIB, `${sustained_ms} ${mem_bytes}`);
      assert.match(
        String(greedy.task.kill_hint),
        /^Used 4\d(\.\d+)?M, estimated 16M: audit the script first, raise the estimate last \(--estimated_mem_bytes=4\d(\.\d+)?M\)/,
      );
    },
  );

  await t.test('the kill ladder: ends processes that resist, and no others', async (t) => {
    const loop = 'while :; do sleep 0.2; done';
    const nasty: Readonly<Record<string, string>> = {
      ignores: `trap '' TERM; echo ready; ${loop}`,
      forks: `trap 'for i in 1 2 3; do (trap "" TERM; sleep 600) & done' TERM; echo ready; ${loop}`,
      daemonises: `setsid bash -c '(setsid bash -c "trap : TERM; echo ready; ${loop}" &)'`,
      stopped: 'echo ready; kill -STOP $$; sleep 600',
      // PTRACE_TRACEME: its parent traces it, and never lets it go on.
      traced: `exec perl -e 'syscall ${PTRACE}, 0, 0, 0, 0; $| = 1; print "ready\\n"; kill "STOP", $$; sleep 600'`,
    };
    const names = Object.keys(nasty);
    const beside = [neighbour(t)];
    await run('neighbour', `echo ready; ${loop}`);
    for (const name of names)
      await run(name, String(nasty[name]), { env: { PATH: process.env.PATH ?? '', LADDER_TEST: name } });
    beside.push(neighbour(t));
    for (const name of [...names, 'neighbour'])
      await waitUntil(async () => (await log(name)) === 'ready\n', {
        what: `${name} to be ready`,
      });
    const { pid } = await task('neighbour');
    for (const name of names) await change(name, 'kill');
    for (const name of names) {
      assert.equal((await ended(name)).task.kill_reason, 'manual');
      assert.deepEqual(processesOf(`LADDER_TEST=${name}`), []);
    }
    const after = await task('neighbour');
    assert.deepEqual([after.status, after.pid], ['running', pid]);
    for (const { exitCode, signalCode } of beside) assert.deepEqual([exitCode, signalCode], [null, null]);
    await change('neighbour', 'kill');
  });

  await t.test('a sign of life is output, reported progress, or a file that grows', async () => {
    const every = (line: string) => `for i in $(seq 1 999); do ${line}; sleep 0.2; done`;
    const signs: Readonly<Record<string, string>> = {
      counted: every('echo "[$i/999] item"'),
      reported: every(`echo '{"done":1,"total":9}' >>"$BABYSIT_PROGRESS_FILE"`),
      'into-a-file': every('echo "line $i" >>into-a-file.log'),
      silent: every('echo same; : >>silent.log'),
    };
    const watch = { observability_interval: '5s', observability: 'strict' } as const;
    for (const [name, line] of Object.entries(signs))
      await run(name, line, { ...watch, observe: `?${name.slice(1)}.lo*` });
    assert.equal((await ended('silent')).task.kill_reason, 'observability_stall');
    for (const name of ['counted', 'reported', 'into-a-file']) {
      const isOlder = async () => Number((await task(name)).elapsed_ms) > 5000;
      await waitUntil(isOlder, { what: `${name} to run for longer than the interval` });
      assert.equal((await task(name)).status, 'running', name);
      await change(name, 'kill');
    }
  });

  await t.test('a paused task can be ended, gracefully', async () => {
    await run('polite', `trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done`);
    await waitUntil(async () => (await log('polite')) === 'ready\n', { what: 'the trap' });
    // SIGKILL must come after the end by itself, however late that is.
    await set('watchdog.kill_grace', '10m');
    await change('polite', 'pause');
    await change('polite', 'kill');
    assert.equal((await ended('polite')).task.stopped_gracefully, true);
    assert.match(await log('polite'), /bye\n$/);
  });
});

test(`memory pressure on ${DRIVER ?? 'the driver found'}: ends the task above its estimate, not the larger one within`, async (t) => {
  const home = testHome(t, {
    watchdog: { ...WATCHDOG, pressure_window: '1500ms', pressure_cooldown: '10m' },
  });
  // Other programs of the machine may take or release memory; a guest has none.
  const host = HAS_SMALL_HOST ? daemonOnSmallHost(t, home, 1024 * MIB) : null;
  if (host === null) assert.equal((await home.run(['daemon-start'])).code, 0);
  const { run, ended, task, status } = daemonApi(home, ESTIMATES);
  const [runaway, big] = [28 * MIB, 40 * MIB];
  await run('runaway', hold(runaway, 'sleep 600'), { estimated_mem_bytes: Math.round(runaway / 1.5) });
  await run('big', hold(big, 'sleep 600'), { estimated_mem_bytes: Math.round(big * 1.3) });
  const held = async () =>
    (await status()).running.reduce((sum, { mem_bytes: memBytes }) => sum + (memBytes ?? 0), 0);
  await waitUntil(async () => (await held()) >= runaway + big, {
    what: 'the memory to be held',
  });
  // Halfway between none and all of the memory of the tasks.
  const moreBytes = -(runaway + big) / 2;
  const limitPct = host?.usedPct(moreBytes) ?? pctOfHostInUse(moreBytes);
  const set = ['config', 'set', 'admission.max_sys_mem_pct', limitPct.toFixed(1)];
  assert.equal((await home.run(set)).code, 0);
  const victim = (await ended('runaway')).task;
  assert.equal(victim.kill_reason, 'system_mem_pressure', JSON.stringify(victim));
  const detail = victim.kill_detail ?? {};
  assert.equal(detail.victim_tier, 'above_estimate');
  assert.ok(Number(detail.host_mem_pct) >= Math.floor(limitPct), JSON.stringify(detail));
  assert.ok(
    Number(detail.sustained_s) >= 1 && Number(detail.our_mem_bytes) >= runaway + big,
    JSON.stringify(detail),
  );
  assert.equal((await task('big')).status, 'running');
});

function eventsOf(events: readonly EventView[], event: EventView['event'], dim?: string): EventView[] {
  return events.filter((line) => line.event === event && line.dim === dim);
}

/** A process of the same user that babysit did not start. */
function neighbour(t: TestContext): ChildProcess {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  return child;
}
