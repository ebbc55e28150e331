// What the watchdog leaves alone: pressure from outside, pauses, time in which nobody watched, output that says something new.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { daemonApi } from '../support/daemon-api.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { hold, MIB, pctOfHostInUse, shareOfHost } from '../support/host-memory.ts';
import { waitUntil } from '../support/wait-until.ts';

const WATCHDOG = { monitor_interval: '250ms', kill_grace: '1s', tolerance_window: '4s' };
const ESTIMATES = { estimated_mem_bytes: '16M', estimated_cpu_cores: '0.1', estimated_time: '60s' };

test('a watchdog that is right', async (t) => {
  const home = testHome(t, { watchdog: WATCHDOG });
  assert.equal((await home.run(['daemon-start'])).code, 0);
  const { run, ended, task, change } = daemonApi(home, ESTIMATES);

  await t.test('strict: only what is new counts as output', async () => {
    const strict = { observability: 'strict', observability_interval: '3s' } as const;
    await run('dots', 'n=0; while :; do echo "try $((n += 1)) ..."; sleep 0.2; done', strict);
    await run('steps', 'for item in one two three four five; do echo "$item"; sleep 1; done', strict);
    const dots = await ended('dots');
    assert.equal(dots.task.kill_reason, 'observability_stall', JSON.stringify(dots.task));
    assert.match(String(dots.task.kill_hint), /^No progress in the output for /);
    assert.ok(
      dots.events.some(({ event }) => event === 'stall_risk'),
      JSON.stringify(dots.events),
    );
    const steps = await ended('steps');
    assert.equal(steps.task.status, 'completed', JSON.stringify(steps.task));
  });

  await t.test('a pause is no running time, also when the daemon is restarted meanwhile', async () => {
    await run('slow', 'sleep 600');
    const hasStarted = async () => (await task('slow')).started_at !== null;
    await waitUntil(hasStarted, { what: 'the command to start' });
    await change('slow', 'pause');
    await change('slow', 'adjust', { kill_timeout: '1s' });
    await lasts(3000);
    assert.equal((await home.run(['daemon-restart'])).code, 0);
    assert.equal((await task('slow')).status, 'paused');
    await change('slow', 'resume');
    const slow = (await ended('slow')).task;
    assert.equal(slow.kill_reason, 'elapsed_exceeded', JSON.stringify(slow));
    const ranMs = Number(slow.kill_detail?.elapsed_ms);
    const tookMs = Date.parse(String(slow.ended_at)) - Date.parse(String(slow.started_at));
    // Where a pause begins and ends is known to one interval.
    assert.ok(ranMs >= 1000 && tookMs - ranMs >= 2000, `ran ${ranMs} of ${tookMs} ms`);
  });

  await t.test('a daemon that stood still kills nothing that behaves', async () => {
    const [held, go] = [join(home.work, 'held'), join(home.work, 'go')];
    const untilGo = (line: string) => `until [ -e ${go} ]; do ${line}; sleep 0.2; done`;
    await run('chatty', untilGo('echo on'), { observability_interval: '4s' });
    await run('spiky', hold(40 * MIB, `sleep 0.5; touch ${held}; ${untilGo(':')}`));
    await waitUntil(() => existsSync(held), { what: 'the memory to be held' });
    const pid = Number(readFileSync(join(home.dir, 'daemon.pid'), 'utf8'));
    process.kill(pid, 'SIGSTOP');
    try {
      await lasts(4500);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await lasts(1000);
    writeFileSync(go, '');
    for (const name of ['chatty', 'spiky']) {
      const end = await ended(name);
      assert.equal(end.task.status, 'completed', JSON.stringify(end.task));
    }
  });
});

test('pressure from outside: ends nothing, names who it is, and dispatches nothing meanwhile', async (t) => {
  const outside = shareOfHost(0.1, 200);
  // As far from what is in use without the process outside as from what is in use with it.
  const home = testHome(t, {
    admission: { max_sys_mem_pct: pctOfHostInUse(outside / 2) },
    watchdog: { ...WATCHDOG, pressure_window: '1500ms' },
  });
  assert.equal((await home.run(['daemon-start'])).code, 0);
  const { run, ended, task, status } = daemonApi(home, ESTIMATES);
  await run('good', hold(8 * MIB, 'sleep 600'));
  const hog = spawn('bash', ['-c', hold(outside, 'sleep 600')], { stdio: 'ignore', detached: true });
  const free = () => hog.signalCode === null && process.kill(-Number(hog.pid), 'SIGKILL');
  t.after(free);
  await waitUntil(() => logged(home, 'external_cause').length > 0, { what: 'the cause' });
  const [cause] = logged(home, 'external_cause');
  assert.deepEqual([cause?.dim, cause?.top_outside_name], ['mem', 'tail'], JSON.stringify(cause));
  await run('waits', 'exit 0', { queue: true, estimated_mem_bytes: '1M' });
  const [pressure] = (await status()).pressure;
  assert.deepEqual(
    [pressure?.dim, pressure?.cause, pressure?.detail?.top_outside_name],
    ['mem', 'external', 'tail'],
  );
  assert.equal((await task('waits')).status, 'pending');
  free();
  await once(hog, 'exit');
  assert.equal((await ended('waits')).task.status, 'completed');
  assert.equal((await task('good')).status, 'running');
});

/** What the daemon's log has with this message. */
function logged(home: TestHome, msg: string): Record<string, unknown>[] {
  const lines = readFileSync(join(home.dir, 'daemon.log'), 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line)).filter((line) => line.msg === msg);
}

function lasts(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
