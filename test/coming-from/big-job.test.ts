// docs/guide/coming-from.md, From big-job.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { type DaemonApi, daemonApi } from '../support/daemon-api.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';
import { BUILD_LOG, exerciseSection } from './exercise.ts';
import { groupFile, isV1 } from './group-file.ts';

const GIB = 1024 ** 3;
const NO_CAPS = 'the driver found here cannot cap memory';

async function capsMemory(api: DaemonApi): Promise<boolean> {
  return (await api.status()).daemon.driver !== 'none';
}

/** The process of a task, once it has started. */
async function pidOf(api: DaemonApi, name: string): Promise<number> {
  let pid: number | null = null;
  const known = async () => {
    pid = (await api.task(name)).pid;
    return pid !== null;
  };
  await waitUntil(known, { what: `${name} to have a process` });
  return Number(pid);
}

async function memory(api: DaemonApi): Promise<{ total: number; limit: number }> {
  const { host, capacity } = await api.status();
  return { total: host.mem_total_bytes, limit: capacity.mem_limit_bytes };
}

exerciseSection('From big-job', {
  async 'a name of label, date and time when none is given'({ sh }, command) {
    const { stdout } = await sh(command);
    const now = new Date();
    const day = `${now.getMonth() + 1}`.padStart(2, '0') + `${now.getDate()}`.padStart(2, '0');
    assert.match(stdout, new RegExp(`^queued: train\\.sh-${day}-\\d{6}\\n$`));
  },
  async 'a memory reserve for the rest of the machine'({ sh, api }, command) {
    const { value, source } = jsonLine((await sh(command)).stdout);
    assert.deepEqual([value, source], ['auto', 'default']);
    const { total, limit } = await memory(api);
    const reserve = Math.min(24 * GIB, total / 4);
    assert.equal(limit, Math.floor(Math.min(0.7 * total, total - reserve)));
  },
  async 'the reserve as a flag'({ sh, api }, command) {
    const { total, limit: before } = await memory(api);
    // A larger reserve than the default, so that the change shows on a host of any size.
    await sh(command.replace('2G', String(Math.ceil(total - before / 2))));
    assert.equal((await memory(api)).limit, Math.floor(before / 2));
    await sh(command);
    const [row] = jsonLines((await sh('babysit config show admission.memory_reserve')).stdout);
    assert.deepEqual([row?.value, row?.source], ['2G', 'env']);
    await sh('babysit daemon-restart');
    assert.equal((await memory(api)).limit, before);
  },
  async 'a hard cap of all the rest'({ sh, api, t }, command) {
    const { total } = await memory(api);
    const rest = Math.floor(total - Math.min(24 * GIB, total / 4));
    await sh(command, { mem: String(total) });
    const pid = await pidOf(api, 'train');
    assert.equal((await api.task('train')).mem_max_bytes, rest);
    if (!(await capsMemory(api))) return t.skip(NO_CAPS);
    // The kernel counts pages; v1 adds room for kernel memory.
    const cap = Number(groupFile(pid, ['memory', 'memory.limit_in_bytes'], 'memory.max'));
    assert.ok(Math.abs(cap - rest) <= 0.01 * rest, `${cap}, not ${rest}`);
  },
  async 'swap off'({ sh, api, t }, command) {
    await sh(command);
    const pid = await pidOf(api, 'train');
    if (!(await capsMemory(api))) return t.skip(NO_CAPS);
    const swap = groupFile(pid, ['memory', 'memory.memsw.limit_in_bytes'], 'memory.swap.max');
    const max = (await api.task('train')).mem_max_bytes;
    if (swap !== null) assert.equal(swap, isV1(pid) ? String(max) : '0');
    else assert.equal(groupFile(pid, ['memory', 'memory.swappiness'], 'memory.swap.max'), '0');
  },
  async 'killed whole when out of memory'({ sh, api, home, t }, command) {
    if (!(await capsMemory(api))) return t.skip(NO_CAPS);
    const task = jsonLine((await sh(command, {}, 1)).stdout);
    assert.deepEqual([task.status, task.kill_reason], ['killed', 'cgroup_oom_killed']);
    const { cap_bytes } = task.kill_detail as Record<string, number>;
    const peak = Number(task.peak_mem_bytes);
    assert.equal(cap_bytes, 48 * 1024 ** 2);
    assert.ok(peak > 0.9 * cap_bytes && peak <= cap_bytes, `${peak}`);
    assert.match(
      `${task.kill_hint} ${task.suggested_command}`,
      /^Reached its memory cap of 48M: audit the script first, raise the estimate last.*--estimated_mem_bytes=/,
    );
    assert.deepEqual(
      processesOf(dirname(home.dir)).filter((line) => line.includes('sleep')),
      [],
    );
    assert.equal((await api.status()).tasks.running, 0);
  },
  async '`oom_score_adj`'({ sh, api }, command) {
    await sh(command);
    assert.equal(await api.log('adj'), '500\n');
  },
  async 'survives the agent that started it'({ project, env, api }, command) {
    // An agent: a shell with a session of its own, whose process group is killed.
    const agent = spawn('bash', ['-c', `${command}; sleep 600`], {
      cwd: project,
      env,
      detached: true,
      stdio: 'ignore',
    });
    const isRunning = async () => (await api.status()).running.some(({ name }) => name === 'train');
    await waitUntil(isRunning, { what: 'the task' });
    const pid = await pidOf(api, 'train');
    process.kill(-Number(agent.pid), 'SIGKILL');
    await once(agent, 'exit');
    process.kill(pid, 0);
    assert.equal((await api.task('train')).status, 'running');
  },
  async '… and babysit itself'({ sh, api }, command) {
    await api.run('train', `${until('go-on')}; exit 5`);
    const pid = await pidOf(api, 'train');
    const { daemon } = await api.status();
    await sh(command);
    assert.notEqual((await api.status()).daemon.pid, daemon.pid);
    assert.equal(await pidOf(api, 'train'), pid);
    await api.run('go', 'touch go-on');
    assert.equal((await api.ended('train')).task.exit_code, 5);
  },
  async 'finished ones stay visible with result, exit status, peak memory'({ sh, runToEnd }, command) {
    await runToEnd('peak', 'x=$(head -c 8000000 /dev/zero | tr "\\0" x); sleep 0.5; exit 3');
    const row = jsonLines((await sh(command)).stdout).find(({ name }) => name === 'peak');
    assert.deepEqual([row?.status, row?.exit_code], ['failed', 3]);
    assert.ok(Number(row?.peak_mem_bytes) > 8e6, String(row?.peak_mem_bytes));
  },
  async follow({ start, api }, command) {
    await api.run('train', `echo first; ${until('followed')}; echo last`);
    const following = start(command);
    await waitUntil(() => following.stdout() === 'first\n', { what: 'the first line' });
    await api.run('go', 'touch followed');
    assert.equal((await following.done).stdout, 'first\nlast\n');
  },
  async tail({ sh, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    assert.equal((await sh(command)).stdout, 'step 3\nbuilt\n');
  },
  async 'the full log'({ sh, runToEnd }, command) {
    await runToEnd('build', 'seq 1000; ./build.sh');
    const { stdout } = await sh(command);
    assert.equal(stdout, `${Array.from({ length: 1000 }, (_, n) => `${n + 1}\n`).join('')}${BUILD_LOG}`);
  },
  async 'graceful stop'({ sh, api }, command) {
    await api.run('train', `trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.02; done`);
    await waitUntil(async () => (await api.log('train')) === 'ready\n', { what: 'the trap' });
    await sh(command);
    assert.equal((await api.ended('train')).task.stopped_gracefully, true);
    assert.match(await api.log('train'), /^ready\n[\s\S]*saved\n$/);
  },
  async 'forced stop'({ sh, api, home }, command) {
    await api.run('train', `trap '' TERM; setsid sleep 601 & while :; do sleep 1; done`);
    const child = () => processesOf(dirname(home.dir)).filter((line) => line.includes('sleep 601'));
    await waitUntil(() => child().length > 0, { what: 'the child' });
    await sh(command);
    assert.equal((await api.ended('train')).task.signal, 'SIGKILL');
    assert.deepEqual(child(), []);
  },
  async 'full stop'({ sh, api, home }, command) {
    for (const name of ['one', 'two']) await api.run(name, 'sleep 600');
    await sh(command);
    assert.ok(!existsSync(join(home.dir, 'daemon.sock')));
    assert.deepEqual(processesOf(dirname(home.dir)), []);
    await sh('babysit daemon-start');
    for (const name of ['one', 'two'])
      assert.equal((await daemonApi(home, {}).task(name)).kill_reason, 'manual');
  },
  async 'sweep of finished ones'({ sh, api, home }, command) {
    const { id } = await api.run('build', './build.sh');
    await api.ended(id);
    await sh(command);
    assert.ok(!readdirSync(join(home.dir, 'tasks')).includes(id));
    const left = jsonLines((await sh('babysit list --all')).stdout).map(({ status }) => status);
    assert.deepEqual([...new Set(left)], ['killed']);
  },
});
