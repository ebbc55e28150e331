// Faults that a task and its daemon survive: a full disk, a stopped supervisor, a process that left its group, a deleted
// home. BABYSIT_TEST_DRIVER names the driver that babysit must find, as in tasks.test.ts.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readRecords } from '../../src/exec/records.ts';
import { listPids } from '../../src/procfs/proc-files.ts';
import { signalProcess } from '../../src/procfs/process/process-group.ts';
import { isPidAlive } from '../../src/procfs/process/process-identity.ts';
import { isDead, readStat } from '../../src/procfs/process/stat.ts';
import { DEADLINE_MS, EVENT_MS, RARE_SAMPLES, SMALL } from '../support/budget.ts';
import { lastJson } from '../support/cli.ts';
import { expectedDriver } from '../support/expected-driver.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { NEEDS_MOUNT, smallDisk } from '../support/small-disk.ts';
import { hasStarted, read, runToEnd, show, submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const DRIVER = expectedDriver();

/** Where a process writes its id to be in the daemon's own groups. */
function groupFiles(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  return lines
    .map((line) => line.split(':'))
    .map(([, controllers, path]) => join('/sys/fs/cgroup', controllers ?? '', path ?? '', 'cgroup.procs'))
    .filter((file) => existsSync(file));
}

/** Returns the id of a task whose supervisor has recorded itself, has not started the command, and is stopped. */
async function submitStopped(home: TestHome, command: string): Promise<string> {
  await home.run(['daemon-start']);
  const tasks = join(home.dir, 'tasks');
  for (const end = performance.now() + DEADLINE_MS; performance.now() < end; ) {
    const before = new Set(readdirSync(tasks));
    const submission = home.start(['run', ...SMALL, `--command=${command}`]);
    // Without a pause: the command begins a fork later.
    const [id, pid] = supervisorOf(tasks, before);
    // It may have ended since.
    signalProcess(pid, 'SIGSTOP');
    await submission.done;
    const children = listPids().flatMap((each) => readStat(each) ?? []);
    const hasChild = children.some((child) => child.ppid === pid && !isDead(child));
    if (!hasChild && readRecords(join(tasks, id, '1')).started === null) return id;
    signalProcess(pid, 'SIGCONT');
    await home.run(['kill', '--force', id]);
  }
  return assert.fail('no supervisor was stopped in time');
}

/** The first task that is not in `before` and has a supervisor: its id, and the supervisor's. */
function supervisorOf(tasks: string, before: ReadonlySet<string>): [id: string, pid: number] {
  for (const end = performance.now() + DEADLINE_MS; performance.now() < end; ) {
    const id = readdirSync(tasks).find((each) => !before.has(each));
    const supervisor = id === undefined ? null : readRecords(join(tasks, id, '1')).supervisor;
    if (id !== undefined && supervisor !== null) return [id, supervisor.pid];
  }
  return assert.fail('no supervisor in time');
}

describe(`faults on ${DRIVER ?? 'the driver found'}`, () => {
  /** Of the tests that leave its daemon as it was. */
  const shared = testHome({ after });

  it('keeps a task running when the disk of its log is full, and counts its output as progress', {
    skip: NEEDS_MOUNT,
  }, async (t) => {
    const watchdog = { kill_grace: '1s', monitor_interval: '250ms' };
    const home = testHome(t, { admission: { min_free_disk: '1K' }, watchdog });
    const disk = smallDisk(t, '2m');
    symlinkSync(disk.dir, join(home.dir, 'tasks'));
    const [begun, full, go] = ['begun', 'full', 'go'].map((name) => join(home.work, name)) as [
      string,
      string,
      string,
    ];
    await submit(
      home,
      'printer',
      `echo begin; touch ${begun}; ${until(full)}
      until [ -e ${go} ]; do printf '%05000d\\n' 0; sleep 0.1; done; echo end`,
    );
    await waitUntil(() => existsSync(begun), { what: 'the task to run' });
    const makeRoom = disk.fill();
    writeFileSync(full, '');
    const { id } = await show(home, 'printer');
    const log = join(home.dir, 'tasks', String(id), '1.log');
    let last = { bytes: Number.NaN, silentMs: Number.NaN };
    // Silence that is counted only grows.
    const isHeard = async () => {
      const now = { bytes: statSync(log).size, silentMs: Number((await show(home, 'printer')).silent_ms) };
      const isLess = now.bytes === last.bytes && now.silentMs < last.silentMs;
      last = now;
      return isLess;
    };
    await waitUntil(isHeard, { what: 'output to end the silence while the log is full' });
    makeRoom();
    writeFileSync(go, '');
    const ended = lastJson((await home.run(['wait', 'printer'])).stdout);
    assert.equal(ended.status, 'completed', JSON.stringify(ended));
    const text = (await home.run(['log', 'printer', '--full'])).stdout;
    assert.match(text, /^begin\n/);
    // The mark stands at the gap, or at the end when a copier waited for output as room came back.
    assert.match(text, /\n\[babysit: output is missing above[^\n]*\]\n/);
    assert.match(text, /\nend\n/);
  });

  it('adopts its tasks when the disk is full', { skip: NEEDS_MOUNT }, async (t) => {
    const home = testHome(t);
    const disk = smallDisk(t, '4m');
    writeFileSync(join(disk.dir, 'config.json'), JSON.stringify({ admission: { min_free_disk: '1K' } }));
    const env = { BABYSIT_HOME: disk.dir };
    const onDisk: TestHome = {
      ...home,
      dir: disk.dir,
      run: (args, options) => home.run(args, { ...options, env }),
    };
    try {
      const go = join(home.work, 'go');
      await submit(onDisk, 'long', `${until(go)}; exit 7`);
      await waitUntil(() => hasStarted(onDisk, 'long'), {
        what: 'the start',
      });
      const pid = daemonPid(onDisk);
      process.kill(pid, 'SIGKILL');
      await waitUntil(() => !isPidAlive(pid), { what: 'the daemon to die' });
      const makeRoom = disk.fill();
      assert.equal((await show(onDisk, 'long')).status, 'running');
      assert.notEqual(daemonPid(onDisk), pid);
      writeFileSync(go, '');
      makeRoom();
      const ended = lastJson((await onDisk.run(['wait', 'long'])).stdout);
      assert.deepEqual([ended.status, ended.exit_code], ['failed', 7]);
    } finally {
      await onDisk.run(['daemon-stop', '--kill_tasks']);
    }
  });

  it('reports the end of a command that stopped its supervisor', async () => {
    const { task } = await runToEnd(shared, 'kill -STOP $PPID; exit 3');
    assert.deepEqual([task.status, task.exit_code], ['failed', 3]);
  });

  it('continues a supervisor that was stopped before its command began', async () => {
    const stopped = await submitStopped(shared, 'exit 7');
    const ended = lastJson((await shared.run(['wait', stopped])).stdout);
    assert.deepEqual([ended.status, ended.exit_code], ['failed', 7]);
  });

  it('kills a task whose supervisor was stopped before its command began', async (t) => {
    const home = testHome(t, RARE_SAMPLES);
    const stopped = await submitStopped(home, 'exec sleep 600');
    await home.run(['kill', stopped]);
    const ended = lastJson((await home.run(['wait', stopped], { deadlineMs: EVENT_MS })).stdout);
    assert.deepEqual([ended.status, ended.kill_reason], ['killed', 'manual']);
  });

  it('waits for a slow supervisor to record the exit of a command that was killed', async (t) => {
    const home = testHome(t, { 'watchdog.monitor_interval': '3s' });
    await submit(home, 'sleeper', 'exec sleep 600');
    await waitUntil(() => hasStarted(home, 'sleeper'), { what: 'the start' });
    const { id } = await show(home, 'sleeper');
    const { supervisor } = readRecords(join(home.dir, 'tasks', String(id), '1'));
    // The next sample continues it.
    process.kill(Number(supervisor?.pid), 'SIGSTOP');
    await home.run(['kill', '--force', 'sleeper']);
    const ended = lastJson((await home.run(['wait', 'sleeper', '--full'])).stdout);
    assert.deepEqual([ended.status, ended.signal], ['killed', 'SIGKILL']);
  });

  it('counts the time of a child that only keeps the output open', async () => {
    const { task } = await runToEnd(shared, 'sleep 1 & exit 0', '--full');
    assert.equal(task.status, 'completed');
    // The times of files go by the tick of the kernel, 10 ms at most.
    assert.ok(Number(task.elapsed_ms) >= 990, `took ${task.elapsed_ms} ms`);
  });

  it('kills a task whose output is held open by a process that left it without a trace', {
    skip: DRIVER === 'none' && 'without cgroups there is no group to leave',
  }, async (t) => {
    const home = testHome(t, { watchdog: { kill_grace: '1s' } });
    const pidFile = join(home.work, 'pid');
    await home.run(['daemon-start']);
    const leave = groupFiles(daemonPid(home)).map((file) => `echo $$ >${file}`);
    await submit(
      home,
      'leaver',
      // Without its marker, its process group and its parent, babysit does not take it for a process of the task.
      `env -i setsid bash -c '${leave.join('; ')}; echo $$ >${pidFile}; exec sleep 600' & wait_for=${pidFile}
      until [ -s $wait_for ]; do sleep 0.05; done; exit 0`,
    );
    await waitUntil(() => read(pidFile) !== '', { what: 'the child to leave' });
    const pid = Number(read(pidFile));
    try {
      assert.equal((await show(home, 'leaver')).status, 'running');
      assert.equal((await home.run(['kill', 'leaver'])).code, 0);
      const ended = lastJson((await home.run(['wait', 'leaver', '--full'])).stdout);
      assert.deepEqual([ended.status, ended.kill_reason, ended.exit_code], ['killed', 'manual', 0]);
      assert.ok(isPidAlive(pid), 'a process of unknown origin must live');
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  it('keeps the exit code of a task that removes its own records, unless the whole directory is gone', async () => {
    const own = `${join(shared.dir, 'tasks')}/$BABYSIT_TASK_ID`;
    for (const [name, what] of [
      ['attempt', `${own}/1`],
      ['claim', `${own}/1/claim`],
      ['task', own],
    ])
      await submit(shared, String(name), `echo out; rm -r ${what}; exit 3`);
    for (const name of ['attempt', 'claim']) {
      const { status, reason, exit_code } = lastJson((await shared.run(['wait', name])).stdout);
      assert.deepEqual([status, reason, exit_code], ['failed', 'exit', 3], name);
    }
    const { status, reason, hint } = lastJson((await shared.run(['wait', 'task'])).stdout);
    assert.deepEqual([status, reason], ['interrupted', 'records_removed']);
    assert.match(String(hint), /were removed .* babysit retry task$/);
  });

  it('ends the daemon when its state directory is deleted', async (t) => {
    const home = testHome(t);
    await home.run(['daemon-start']);
    const pid = daemonPid(home);
    rmSync(home.dir, { recursive: true });
    await waitUntil(() => !isPidAlive(pid), { what: 'the daemon to end' });
    mkdirSync(home.dir);
  });

  it('keeps its tasks when its state directory is moved, starts nothing more, and says where it is', async (t) => {
    const home = testHome(t);
    const go = join(home.work, 'go');
    const done = join(home.work, 'done');
    await submit(home, 'long', `${until(go)}; touch ${done}`);
    await waitUntil(() => hasStarted(home, 'long'), { what: 'the start' });
    const pid = daemonPid(home);
    const moved = `${home.dir}.moved`;
    renameSync(home.dir, moved);
    mkdirSync(home.dir, { mode: 0o700 });
    const there = { env: { BABYSIT_HOME: moved } };
    const refused = await home.run(['run', ...SMALL, 'true'], there);
    assert.deepEqual([refused.code, lastJson(refused.stderr).error], [75, 'home_lost'], refused.stderr);
    const { notices } = lastJson((await home.run(['status', '--full'], there)).stdout);
    assert.match(JSON.stringify(notices), new RegExp(`moved to ${moved}`));
    // The next daemon at the old path has another database, and other groups.
    assert.equal((await home.run(['daemon-start'])).code, 0);
    assert.match((await home.run(['doctor'])).stdout, new RegExp(`pid ${pid} in ${moved}`));
    assert.ok(!existsSync(done) && isPidAlive(pid));
    writeFileSync(go, '');
    await waitUntil(() => !isPidAlive(pid), { what: 'the daemon to end with its task' });
    assert.ok(existsSync(done));
    assert.equal((await home.run(['ping'])).code, 0, 'the other daemon must keep its socket');
    const ended = lastJson((await home.run(['wait', 'long'], there)).stdout);
    assert.deepEqual([ended.status, ended.exit_code], ['completed', 0]);
    await home.run(['daemon-stop'], there);
  });
});
