// What the watchdog leaves alone: pressure from outside, pauses, time without samples, new output.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DaemonApi, daemonApi, type TaskEnd } from '../support/daemon-api.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { hold, MIB } from '../support/host-memory.ts';
import { daemonOnSmallHost, HAS_SMALL_HOST, NEEDS_V1 } from '../support/small-host.ts';
import { until } from '../support/tasks.ts';
import { pass, waitUntil } from '../support/wait-until.ts';

const WATCHDOG = { monitor_interval: '250ms', kill_grace: '1s', tolerance_window: '6s' };
const ESTIMATES = { estimated_mem_bytes: '16M', estimated_cpu_cores: '0.1', estimated_time: '10m' };

test('the watchdog', async (t) => {
  const home = testHome(t, { watchdog: WATCHDOG });
  assert.equal((await home.run(['daemon-start'])).code, 0);
  const { run, ended, task, change } = daemonApi(home, ESTIMATES);

  await t.test('kills for repeated output, and not for new output, under strict', async () => {
    const strict = { observability: 'strict', observability_interval: '4s' } as const;
    await run('dots', 'n=0; while :; do echo "try $((n += 1)) ..."; sleep 0.2; done', strict);
    // Without a limit of its own: a slow machine may take longer for a step.
    const [next, end] = ['next', 'end'].map((name) => join(home.work, name)) as [string, string];
    const patient = { ...strict, observability_interval: '10m' };
    await run('steps', `echo one; ${until(next)}; echo two; ${until(end)}`, patient);
    const dots = await ended('dots');
    assert.equal(dots.task.kill_reason, 'observability_stall', JSON.stringify(dots.task));
    assert.match(String(dots.task.kill_hint), /^No progress in the output for /);
    assert.ok(
      dots.events.some(({ event }) => event === 'stall_risk'),
      JSON.stringify(dots.events),
    );
    const silentMs = async () => Number((await task('steps')).silent_ms);
    await waitUntil(async () => (await silentMs()) > 2000, { what: 'the silence to be counted' });
    const counted = await silentMs();
    writeFileSync(next, '');
    await waitUntil(async () => (await silentMs()) < counted, { what: 'the new line to end it' });
    writeFileSync(end, '');
    const steps = await ended('steps');
    assert.equal(steps.task.status, 'completed', JSON.stringify(steps.task));
  });

  await t.test('does not count a pause as running time, also over a restart of the daemon', async () => {
    await run('slow', 'sleep 600');
    const hasStarted = async () => (await task('slow')).started_at !== null;
    await waitUntil(hasStarted, { what: 'the command to start' });
    await change('slow', 'pause');
    await change('slow', 'adjust', { kill_timeout: '1s' });
    await pass(3000);
    assert.equal((await home.run(['daemon-restart'])).code, 0);
    assert.equal((await task('slow')).status, 'paused');
    await change('slow', 'resume');
    const slow = (await ended('slow')).task;
    assert.equal(slow.kill_reason, 'elapsed_exceeded', JSON.stringify(slow));
    const ranMs = Number(slow.kill_detail?.elapsed_ms);
    const tookMs = Date.parse(String(slow.ended_at)) - Date.parse(String(slow.started_at));
    // The ends of a pause are known to one interval.
    assert.ok(ranMs >= 1000 && tookMs - ranMs >= 2000, `ran ${ranMs} of ${tookMs} ms`);
  });

  await t.test('kills no task within its limits after the daemon was stopped for a while', async () => {
    const [grow, held, go] = ['grow', 'held', 'go'].map((name) => join(home.work, name)) as [
      string,
      string,
      string,
    ];
    const untilGo = (line: string) => `until [ -e ${go} ]; do ${line}; sleep 0.2; done`;
    await run('chatty', untilGo('echo on'), { observability_interval: '6s' });
    await run('spiky', `${until(grow)}; ${hold(40 * MIB, `touch ${held}; ${untilGo(':')}`)}`);
    const memBytes = async (name: string) => (await task(name)).mem_bytes;
    for (const name of ['chatty', 'spiky'])
      await waitUntil(async () => (await memBytes(name)) !== null, { what: `a sample of ${name}` });
    const pid = Number(readFileSync(join(home.dir, 'daemon.pid'), 'utf8'));
    process.kill(pid, 'SIGSTOP');
    try {
      writeFileSync(grow, '');
      await waitUntil(() => existsSync(held), { what: 'the memory to be held' });
      // Longer than the interval of silence and than the tolerance window.
      await pass(6500);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    // A wrong kill would come with the samples that see it.
    await waitUntil(async () => Number(await memBytes('spiky')) > 32 * MIB, {
      what: 'a sample of the memory',
    });
    writeFileSync(go, '');
    for (const name of ['chatty', 'spiky']) {
      const end = await ended(name);
      assert.equal(end.task.status, 'completed', JSON.stringify(end.task));
    }
  });
});

test('under pressure from outside, kills nothing, names the process, and dispatches nothing', {
  skip: !HAS_SMALL_HOST && NEEDS_V1,
}, async (t) => {
  const outside = 200 * MIB;
  const others = new Set<ChildProcess>();
  const end = (one: ChildProcess) => one.signalCode === null && process.kill(-Number(one.pid), 'SIGKILL');
  // Before the group that they are in is removed.
  t.after(() => others.forEach(end));
  const startOther = (line: string) => {
    const other = spawn('bash', ['-c', line], { stdio: 'ignore', detached: true });
    others.add(other);
    return other;
  };
  const home = testHome(t, {
    watchdog: { ...WATCHDOG, tolerance_window: '20m', pressure_window: '1500ms' },
  });
  const host = daemonOnSmallHost(t, home, 1024 * MIB);
  // Halfway between the use without the process outside and the use with it.
  const maxPct = host.usedPct(outside / 2).toFixed(1);
  assert.equal((await home.run(['config', 'set', 'admission.max_sys_mem_pct', maxPct])).code, 0);
  const { run, ended, task, status, change } = daemonApi(home, ESTIMATES);
  await run('good', hold(8 * MIB, 'sleep 600'));
  await run('greedy', 'while :; do :; done', { estimated_cpu_cores: '0.05' });
  const hog = startOther(host.inside(hold(outside, 'sleep 600')));
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
  end(hog);
  await once(hog, 'exit');
  assert.equal((await ended('waits')).task.status, 'completed');
  assert.equal((await task('good')).status, 'running');
  const greedy = ended('greedy');
  for (const _ of cpus()) startOther('while :; do :; done');
  await limitsToItsEstimate({ task, change }, greedy);
});

/** The host has no idle CPU time, and only `greedy` is above its estimate. */
async function limitsToItsEstimate(
  { task, change }: Pick<DaemonApi, 'task' | 'change'>,
  end: Promise<TaskEnd>,
) {
  const isThrottled = async () => (await task('greedy')).throttled_at !== null;
  await waitUntil(isThrottled, { what: 'the throttle' });
  // Other tests may have used the CPUs before the burners did, so that this is not the last throttle.
  const isSlow = async () => {
    const { cpu_cores, cpu_max_cores } = await task('greedy');
    return cpu_max_cores === 0.05 && Number(cpu_cores) < 0.08;
  };
  await waitUntil(isSlow, { what: 'the kernel to enforce it' });
  await change('greedy', 'adjust', { estimated_cpu_cores: '1', force: true });
  await waitUntil(async () => !(await isThrottled()), { what: 'the end of the throttle' });
  assert.ok(Number((await task('greedy')).cpu_max_cores) > 0.5);
  await change('greedy', 'kill');
  const { events } = await end;
  const seen = events
    .filter(({ event }) => event.endsWith('throttled'))
    .map((event) => `${event.event} ${'cause' in event ? event.cause : event.limit_pct}`);
  assert.match(
    seen.join(', '),
    /^(throttled 95, unthrottled room, )*throttled 95, unthrottled within_estimate$/,
  );
}

/** The lines of the daemon's log with this message. */
function logged(home: TestHome, msg: string): Record<string, unknown>[] {
  const lines = readFileSync(join(home.dir, 'daemon.log'), 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line)).filter((line) => line.msg === msg);
}
