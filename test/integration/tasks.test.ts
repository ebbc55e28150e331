// Tasks from submission to report on the kernel of this machine: caps, watchdog, survival. BABYSIT_TEST_DRIVER names the
// driver that babysit must find, so that a weaker one is a failure.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isPidAlive } from '../../src/procfs/process/process-identity.ts';
import { readStat } from '../../src/procfs/process/stat.ts';
import { SMALL, SMALL_BODY } from '../support/budget.ts';
import { type Json, jsonAmong, lastJson } from '../support/cli.ts';
import { daemonApi } from '../support/daemon-api.ts';
import { expectedDriver, UNKNOWN_DRIVER } from '../support/expected-driver.ts';
import { testHome } from '../support/home.ts';
import { daemonPid, processesOf } from '../support/processes.ts';
import { isClosed, read, runToEnd, show, submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const DRIVER = expectedDriver();
describe(`tasks on ${DRIVER ?? 'the driver found'}`, () => {
  describe('of one daemon', () => {
    const home = testHome(
      { after },
      { envelope: { pids_max: 40 }, watchdog: { pids_window: '1s', kill_grace: '1s' } },
    );
    // A process for each command would take longer in a guest than what it asks for.
    const api = daemonApi(home, SMALL_BODY);
    const toEnd = async (name: string, command: string, changes: object = {}) => {
      await api.run(name, command, changes);
      return (await api.ended(name)).task;
    };
    before(async () => {
      assert.equal((await home.run(['daemon-start'])).code, 0);
    });

    it('uses the expected driver', { skip: DRIVER === null && UNKNOWN_DRIVER }, async () => {
      const doctor = lastJson((await home.run(['doctor', '--json'])).stdout);
      assert.equal(doctor.driver, DRIVER, JSON.stringify(doctor));
    });

    it('runs in a group with the caps written before its first instruction', async () => {
      // By builtins of bash and cat: the first run of another program would leave its pages in the group.
      const find = (controller: string) =>
        `while IFS=: read -r _ controllers path; do [ "$controllers" != "${controller}" ] || break; done </proc/self/cgroup`;
      const caps = {
        v1: `${find('memory')}; cat "/sys/fs/cgroup/memory$path/memory.limit_in_bytes"`,
        v2: `${find('')}; cat "/sys/fs/cgroup$path/memory.max"`,
        none: 'echo',
      }[DRIVER ?? 'none'];
      const line = `${caps}; cat /proc/self/cgroup; nice; cat /proc/self/oom_score_adj`;
      assert.equal((await toEnd('groups', line)).status, 'completed');
      const log = await api.log('groups');
      if (DRIVER === 'v1' || DRIVER === 'v2')
        assert.equal(log.split('\n')[0], String(3 * 32 * 1024 ** 2), log);
      assert.match(log, /babysit-[0-9a-f]{8}\/t-/);
      assert.match(log, /\n10\n500\n$/);
    });

    // v1 does not count them.
    if (DRIVER === 'v2')
      it('leaves no dying group in the kernel, which one written page of a file would keep', async () => {
        for (let count = 1; count <= 5; count += 1) await toEnd(`gone-${count}`, 'cat /proc/self/cgroup');
        const log = await api.log('gone-5');
        const [, parent = ''] = /^0::(.*)\/t-/m.exec(log) ?? [];
        const dying = () =>
          Number(/nr_dying_descendants (\d+)/.exec(read(`/sys/fs/cgroup${parent}/cgroup.stat`))?.[1]);
        await waitUntil(() => dying() === 0, { what: 'the groups of five tasks to be gone' });
      });

    it('reports an end as the kernel does: a code stays a code, and a signal is no OOM', async () => {
      const notOurs = (signal: string) => `ended by ${signal}, not sent by babysit`;
      const ENDS: [line: string, code: number | null, signal: string | null][] = [
        ['exit 130', 130, null],
        ['exit 137', 137, null],
        ['exit 141', 141, null],
        ['kill -INT $$', null, 'SIGINT'],
        ['kill -PIPE $$', null, 'SIGPIPE'],
        ['kill -9 $$', null, 'SIGKILL'],
        ['kill -XCPU $$', null, 'SIGXCPU'],
      ];
      const ended = await Promise.all(ENDS.map(([line]) => runToEnd(home, line, '--queue')));
      assert.deepEqual(
        ended.map(({ task }) => [task.status, task.exit_code ?? null, task.signal ?? null, task.message]),
        ENDS.map(([, code, signal]) => [
          'failed',
          code,
          signal,
          signal === null ? undefined : notOurs(signal),
        ]),
      );
    });

    it('ends a memory hog in its own group while a neighbor runs on', async () => {
      await api.run('neighbour', 'for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done');
      const flags = ['--name=hog', '--estimated_mem_bytes=40M', '--estimated_cpu_cores=1', '--force'];
      const hog = await runToEnd(home, 'tail /dev/zero', ...flags);
      const { driver, kill_hint } = await api.task('hog');
      assert.equal(driver, DRIVER ?? driver);
      assert.equal(hog.code, 1);
      assert.equal(hog.task.status, 'killed');
      assert.equal(hog.task.kill_reason, 'cgroup_oom_killed');
      assert.deepEqual(Object.keys(hog.task).slice(0, 3), ['kill_reason', 'kill_hint', 'kill_detail']);
      const cap = 3 * 40 * 1024 ** 2;
      const detail = hog.task.kill_detail as Json;
      assert.equal(detail.cap_bytes, cap);
      const peak = Number(hog.task.peak_mem_bytes);
      assert.ok(peak > 0.9 * cap && peak <= cap, String(hog.stdout));
      assert.match(String(kill_hint), /raise the estimate last \(--estimated_mem_bytes=160M/);
      assert.equal((await api.ended('neighbour')).task.status, 'completed');
    });

    it('keeps a CPU hog below its cap', async () => {
      await api.run('busy', 'while :; do :; done', { estimated_cpu_cores: 0.1 });
      // 1.2 s in ticks of 10 ms, which take four seconds at the cap.
      const usedTicks = async () => Number(readStat(Number((await api.task('busy')).pid))?.field(14));
      await waitUntil(async () => (await usedTicks()) >= 120, { what: 'some CPU time' });
      await api.change('busy', 'kill');
      const hog = (await api.ended('busy')).task;
      const cores = Number(hog.cpu_seconds) / (Number(hog.elapsed_ms) / 1000);
      assert.ok(cores <= 0.3 * 1.2, `used ${cores} cores, the cap is 0.3`);
    });

    it('kills a fork bomb whole', async () => {
      const line = 'b() { b | b & }; b; while :; do sleep 0.1; (:) & done';
      const bomb = await toEnd('bomb', line, { estimated_mem_bytes: '200M' });
      assert.equal(bomb.kill_reason, 'pids_exceeded', JSON.stringify(bomb));
      assert.match(String(bomb.kill_hint), /40 processes/);
      assert.deepEqual(processesOf('BABYSIT_TASK_NAME=bomb'), []);
    });

    it('kills a child that made itself a daemon, and waits for it', async () => {
      const pidFile = join(home.work, 'pid');
      await api.run(
        'parent',
        `setsid nohup bash -c 'echo $$ >${pidFile}; exec sleep 600' >/dev/null 2>&1 & exit 0`,
      );
      await waitUntil(() => read(pidFile) !== '', { what: 'the child to run' });
      const pid = Number(read(pidFile));
      const { id } = await api.task('parent');
      await waitUntil(() => isClosed(home, id), { what: 'the main process to end' });
      assert.equal((await api.task('parent')).status, 'running');
      assert.ok(isPidAlive(pid));
      await api.change('parent', 'kill');
      assert.equal((await api.ended('parent')).task.kill_reason, 'manual');
      assert.ok(!isPidAlive(pid), 'the daemonised child is still there');
    });

    it('warns of a task that runs too long, then kills it', async () => {
      const late = await runToEnd(home, 'sleep 600', '--estimated_time=3s', '--full');
      const risk = late.events.find(({ event, dim }) => event === 'runaway_risk' && dim === 'elapsed');
      assert.ok(risk, late.stderr);
      assert.equal(late.task.kill_reason, 'elapsed_exceeded');
      assert.ok(Number(late.task.elapsed_ms) >= 6000, `killed after ${late.task.elapsed_ms} ms`);
      assert.ok(Number(risk.actual) >= 3000 && risk.kill_at === 6000, JSON.stringify(risk));
    });

    it('warns of silence, then kills, and names the cause and the remedy', async () => {
      const silent = await runToEnd(home, 'echo begin; sleep 600', '--observability_interval=2s');
      assert.ok(
        silent.events.some(({ event }) => event === 'stall_risk'),
        silent.stderr,
      );
      assert.equal(silent.task.kill_reason, 'observability_stall');
      // In a slow guest the start of bash is the CPU time of a task that computes.
      const remedy = /sleep.*it hangs, do not raise the interval|computes silently: print progress/;
      assert.match(String(silent.task.kill_hint), remedy);
    });

    it('kills a task that ignores SIGTERM, and marks one that stopped gracefully', async () => {
      await api.run('stubborn', 'trap "" TERM; echo ready; while :; do sleep 0.1; done');
      await api.run('polite', `trap "" TERM; echo ready; ${until('"$BABYSIT_STOP_FILE"')}; exit 3`);
      const ends = [];
      for (const name of ['stubborn', 'polite']) {
        await waitUntil(async () => (await api.log(name)) === 'ready\n', { what: `${name} to be ready` });
        // SIGKILL must come after the end by itself, however late that is.
        if (name === 'polite') await home.run(['config', 'set', 'watchdog.kill_grace', '10m']);
        await api.change(name, 'kill');
        ends.push((await api.ended(name)).task);
      }
      assert.deepEqual(
        ends.map((task) => [task.name, task.status, task.stopped_gracefully]),
        [
          ['stubborn', 'killed', false],
          ['polite', 'killed', true],
        ],
      );
    });

    it('lets tasks and waiters survive a SIGKILL of the daemon', async () => {
      const go = join(home.work, 'go');
      await submit(home, 'long', `echo begin; ${until(go)}; exit 7`);
      const wait = home.start(['wait', 'long']);
      await waitUntil(() => wait.stderr().includes('"started"'), {
        what: 'the started event',
      });
      process.kill(daemonPid(home), 'SIGKILL');
      await waitUntil(() => wait.stderr().includes('"daemon_restarted"'), {
        what: 'the waiter to reconnect',
      });
      await home.run(['ping']);
      assert.equal((await show(home, 'long')).status, 'running');
      writeFileSync(go, '');
      const result = await wait.done;
      assert.deepEqual(
        [result.code, lastJson(result.stdout).status, lastJson(result.stdout).exit_code],
        [1, 'failed', 7],
      );
      assert.equal(jsonAmong(result.stdout).length, 1);
      const names = jsonAmong(result.stderr).map(({ event }) => event);
      assert.deepEqual(
        names.filter((name) => name !== 'runaway_risk'),
        ['started', 'daemon_restarted'],
      );
    });

    it('reports the exit code of a task that ended without a daemon', async () => {
      const go = join(home.work, 'orphan-go');
      const { id } = await api.run('orphan', `${until(go)}; exit 9`);
      await waitUntil(async () => (await api.task('orphan')).started_at !== null, { what: 'the start' });
      process.kill(daemonPid(home), 'SIGKILL');
      writeFileSync(go, '');
      await waitUntil(() => isClosed(home, id), { what: 'the end' });
      const ended = lastJson((await home.run(['wait', 'orphan', '--full'])).stdout);
      assert.deepEqual([ended.status, ended.exit_code], ['failed', 9]);
      assert.ok(Number(ended.cpu_seconds) > 0, 'the counters of the group were still there');
    });
  });

  it('gives the command the environment and cwd of the caller, not of the daemon', async (t) => {
    const home = testHome(t);
    await home.run(['daemon-start'], { env: { ONLY_DAEMON: 'yes' } });
    const result = await home.run(
      ['run', '--wait', '--name=env', ...SMALL, '--env', 'EXTRA=a b', '--command=pwd; env'],
      { env: { SECRET_TOKEN: 'hunter2', RAYON_NUM_THREADS: '7' } },
    );
    assert.equal(result.code, 0, result.stderr);
    const log = (await home.run(['log', 'env', '--full'])).stdout;
    assert.ok(log.startsWith(`${home.work}\n`), log);
    for (const line of [
      'SECRET_TOKEN=hunter2',
      'EXTRA=a b',
      'RAYON_NUM_THREADS=7',
      'OMP_NUM_THREADS=1',
      'PYTHONUNBUFFERED=1',
      'BABYSIT_TASK_NAME=env',
    ])
      assert.ok(log.includes(`\n${line}\n`), `${line} is missing in:\n${log}`);
    assert.doesNotMatch(log, /ONLY_DAEMON|BABYSIT_NODE/);
    const shown = await home.run(['status', 'env', '--full', '--json']);
    assert.doesNotMatch(shown.stdout + read(join(home.dir, 'daemon.log')), /hunter2/);
  });

  it('never promises the same room to two simultaneous callers', async (t) => {
    const home = testHome(t, { admission: { max_sys_mem_pct: 60 } });
    await home.run(['daemon-start']);
    const { mem_available_bytes } = lastJson((await home.run(['status', '--json'])).stdout);
    const each = Math.floor(Number(mem_available_bytes) / 3.5);
    const results = await Promise.all(
      Array.from({ length: 8 }, () =>
        home.run([
          'run',
          '--full',
          `--estimated_mem_bytes=${each}`,
          '--estimated_cpu_cores=0.01',
          '--command=sleep 600',
        ]),
      ),
    );
    assert.deepEqual(results.map(({ code }) => code).sort(), [0, 0, 0, 2, 2, 2, 2, 2]);
    const denied = lastJson(results.find(({ code }) => code === 2)?.stderr ?? '');
    assert.deepEqual([denied.error, denied.dim, denied.requested], ['capacity_exceeded', 'mem', each]);
    assert.equal((denied.blocked_by as string[]).length, 3);
    assert.ok(Date.parse(String(denied.expected_start)) > Date.now());
    assert.match(String(denied.suggested_command), /^babysit run --queue /);
  });

  it('starts queued tasks in order when room becomes free', async (t) => {
    const home = testHome(t, { admission: { max_running: 1 } });
    const order = join(home.work, 'order');
    const names = ['one', 'two', 'three'];
    const go = join(home.work, 'go');
    for (const name of names) await submit(home, name, `echo ${name} >>${order}; ${until(go)}`, '--queue');
    const waiting = (await show(home, 'three')).waiting as Json;
    assert.deepEqual([waiting.dim, waiting.blocked_by], ['slots', ['one', 'two']]);
    writeFileSync(go, '');
    const done = await home.run(['wait', ...names, '--all']);
    assert.equal(done.code, 0, done.stderr);
    assert.equal(read(order), 'one\ntwo\nthree');
  });
});
