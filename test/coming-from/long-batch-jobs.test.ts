// docs/guide/coming-from.md, From the guide for long batch jobs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileView } from '../../src/api/schemas/profile.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { Heartbeat } from '../../src/engine/attempt/heartbeat.ts';
import { readStat } from '../../src/procfs/process/stat.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import type { DaemonApi } from '../support/daemon-api.ts';
import { onTerminal } from '../support/screens/terminal.ts';
import { until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';
import { exerciseSection, type UnitOfWork } from './exercise.ts';
import { groupFile } from './group-file.ts';

/** Runs a line within the command of a task. */
async function within({ api, env }: UnitOfWork, line: string): Promise<TaskView> {
  return api.run('batch', line, { env: env as Record<string, string> });
}

async function processOf(api: DaemonApi, name: string): Promise<number> {
  // The daemon may read the first line before it reads of the start.
  const isKnown = async () => (await api.log(name)).includes('[3/42]') && (await api.task(name)).pid !== null;
  await waitUntil(isKnown, { what: 'the task' });
  return Number((await api.task(name)).pid);
}

function schedulingOf(pid: number) {
  const stat = readStat(pid);
  return { nice: stat?.field(19), policy: stat?.field(41) };
}
const SCHED_IDLE = 5;

function progressOf(api: DaemonApi) {
  return async (done: number) => {
    const seen = async () => (await api.task('batch')).progress?.done === done;
    await waitUntil(seen, { what: `${done} items` });
    return (await api.task('batch')).progress;
  };
}

/** The profile that the crons of the page have switched to last. */
function profileAt(now: Date): 'day' | 'night' {
  const isDay = (at: Date) => at.getDay() % 6 !== 0 && at.getHours() >= 8 && at.getHours() < 20;
  return isDay(now) ? 'day' : 'night';
}

async function switched({ sh, api }: UnitOfWork, command: string, coresShare: number): Promise<void> {
  await api.run('train', 'echo "[3/42]"; sleep 600', {
    estimated_cpu_cores: 1,
    cpu_pct_limit: 100,
    force: true,
  });
  const pid = await processOf(api, 'train');
  assert.equal(jsonLine((await sh(command)).stdout).by, 'hand');
  const { cpu_max_cores, driver } = await api.task('train');
  const { cores } = (await api.status()).host;
  assert.equal(cpu_max_cores, Math.min(3, coresShare * cores));
  if (driver !== 'none') {
    const quota = groupFile(pid, ['cpu', 'cpu.cfs_quota_us'], 'cpu.max')?.split(' ')[0];
    assert.equal(Number(quota), Math.round(100_000 * Number(cpu_max_cores)));
  }
}

exerciseSection('From the guide for long batch jobs', {
  async '`tmux new -d`'({ sh, api }, command) {
    await sh(command);
    const pid = await processOf(api, 'train');
    assert.equal(readStat(pid)?.field(7), 0, 'it has no terminal');
  },
  async '`tmux attach`'({ api, env, project }, command) {
    await api.run('train', `echo "[3/42] loss=0.1"; ${until('attached')}`);
    const terminal = onTerminal(command, project, env);
    const line = /\rtrain {2}\S+\/10m \[[#-]{12}\].*\/32M.*\/0\.1 cores.*3\/42 7%.*\[3\/42\] loss=0\.1/;
    const isDrawn = () => line.test(terminal.shown().replaceAll('^[[K', ''));
    await waitUntil(isDrawn, { what: 'the status line' });
    await api.run('end', 'touch attached');
    assert.equal(await terminal.done, 0);
    assert.match(terminal.shown(), /train \S*completed/);
  },
  async 'the pane of all jobs'({ api, runToEnd, env, project }, command) {
    await runToEnd('bad', 'exit 3');
    await api.run('train', './train.sh');
    const shownWith = async (more: NodeJS.ProcessEnv) => {
      const terminal = onTerminal(command, project, { ...env, NO_COLOR: '', ...more });
      assert.equal(await terminal.done, 0);
      return terminal.shown();
    };
    assert.match(await shownWith({}), /\nbad +\w+ +\^\[\[31mfailed\^\[\[0m .* exit 3\n/);
    const plain = await shownWith({ NO_COLOR: '1' });
    assert.ok(!plain.includes('^['));
    const columns = plain
      .trimEnd()
      .split('\n')
      .map((line) => line.search(/STATUS|failed|killed|completed|running/));
    assert.equal(new Set(columns).size, 1, plain);
  },
  async 'a terminal for programs that buffer without one'({ sh }, command) {
    assert.equal(jsonLine((await sh(command)).stdout).exit_code, 0);
    await sh(command.replace('--pty', ''), {}, 1);
  },
  async '`nice -n 15`'({ sh, api }, command) {
    await sh(command);
    assert.equal(schedulingOf(await processOf(api, 'train')).nice, 15);
  },
  async 'lowest CPU and IO class'({ sh, api }, command) {
    await sh(command);
    const pid = await processOf(api, 'train');
    assert.deepEqual(schedulingOf(pid), { nice: 19, policy: SCHED_IDLE });
    assert.equal(execFileSync('ionice', ['-p', String(pid)], { encoding: 'utf8' }).trim(), 'idle');
    const idle = groupFile(pid, ['cpu', 'cpu.idle'], 'cpu.idle');
    // Absent before Linux 5.15.
    if ((await api.task('train')).driver !== 'none') assert.ok(idle === '1' || idle === null, String(idle));
  },
  async 'thread caps'({ sh, api }, command) {
    await sh(command, { OMP_NUM_THREADS: undefined, RAYON_NUM_THREADS: '8' });
    assert.equal(await api.log('threads'), '1 8\n');
  },
  async 'day and night by cron'({ sh, home, t }, command) {
    // As if no switch by hand had come since.
    rmSync(join(home.dir, 'profile.json'), { force: true });
    const before = profileAt(new Date());
    await sh(command);
    const view = jsonLine((await sh('babysit profile')).stdout) as unknown as ProfileView;
    const allowed = [before, profileAt(new Date())];
    t.diagnostic(`${view.profile} since ${view.since}, then ${view.next?.profile} at ${view.next?.at}`);
    assert.ok(view.by === 'schedule' && allowed.some((profile) => profile === view.profile), view.profile);
    const next = new Date(view.next?.at ?? 0);
    assert.deepEqual([next.getHours(), next.getMinutes()], view.next?.profile === 'day' ? [8, 0] : [20, 0]);
    await sh('babysit daemon-restart');
  },
  async 'the day profile by hand'(stage, command) {
    await switched(stage, command, 0.5);
  },
  async 'the night profile by hand'(stage, command) {
    await switched(stage, command, 1);
    await stage.sh('babysit profile normal');
  },
  async 'progress lines in the log'({ sh, api }, command) {
    await sh(command);
    const progress = await progressOf(api)(3);
    assert.deepEqual([progress?.total, progress?.source], [42, 'output']);
  },
  async 'a heartbeat told by the job'(stage, command) {
    await within(stage, `${command}; sleep 600`);
    const progress = await progressOf(stage.api)(3);
    assert.deepEqual([progress?.total, progress?.phase, progress?.failed], [42, 'upload', 1]);
  },
  async '… written to a file'(stage, command) {
    await within(stage, `${command}; sleep 600`);
    const progress = await progressOf(stage.api)(4);
    assert.deepEqual([progress?.total, progress?.source], [42, 'reported']);
  },
  async 'the heartbeat as CSV'(stage, command) {
    await beaten(stage);
    const { stdout } = await stage.sh(command);
    assert.equal(stdout, '1970-01-01T00:01:00Z,batch,load,42,21,0,NA,64,50\n');
  },
  async '… with the names of the columns'(stage, command) {
    await beaten(stage);
    assert.equal(
      (await stage.sh(command)).stdout.split('\n')[0],
      'timestamp,job_name,phase,items_total,items_done,items_failed,eta_minutes,rss_mb,cpu_pct',
    );
  },
  async '… as JSON lines'(stage, command) {
    await beaten(stage);
    const [record] = jsonLines((await stage.sh(command)).stdout);
    assert.deepEqual([record?.job_name, record?.items_done, record?.cpu_pct], ['batch', 21, 50]);
  },
  async 'a stop flag'(stage, command) {
    const { api, sh, project } = stage;
    // SIGTERM comes with the file; a task that only looks for the file ignores it.
    writeFileSync(join(project, 'item.sh'), '#!/bin/sh\necho item >>items\nsleep 0.05\n');
    chmodSync(join(project, 'item.sh'), 0o755);
    await within(stage, `trap '' TERM; ${command}; echo finished`);
    await waitUntil(() => readdirSync(project).includes('items'), { what: 'an item' });
    await sh('babysit kill batch');
    const { status, stopped_gracefully } = (await api.ended('batch')).task;
    assert.deepEqual([status, stopped_gracefully], ['killed', true]);
    assert.equal(await api.log('batch'), 'finished\n');
  },
  async 'a manifest of what is done'(stage, command) {
    const { project, api } = stage;
    writeFileSync(join(project, 'items'), '');
    await within(stage, `${command}; ${command}; babysit checkpoint list`);
    assert.equal((await api.ended('batch')).task.exit_code, 0);
    assert.equal(readFileSync(join(project, 'items'), 'utf8'), 'item\n');
    assert.equal(await api.log('batch'), 'a\n');
  },
  async '… shown'(stage, command) {
    await within(stage, `babysit checkpoint add b a; ${command}`);
    await stage.api.ended('batch');
    assert.equal(await stage.api.log('batch'), 'b\na\n');
  },
  async '… begun anew'(stage, command) {
    await within(stage, `babysit checkpoint add a; ${command}; babysit checkpoint has a || echo gone`);
    await stage.api.ended('batch');
    assert.equal(await stage.api.log('batch'), 'gone\n');
  },
  async resume(stage, command) {
    const { sh, api } = stage;
    await within(stage, 'babysit checkpoint has a && exit 0; babysit checkpoint add a; exit 3');
    assert.equal((await api.ended('batch')).task.exit_code, 3);
    await sh(command);
    const { attempt, status } = (await api.ended('batch')).task;
    assert.deepEqual([attempt, status], [2, 'completed']);
  },
  async '… with a new `run`'({ sh }, command) {
    const first = "babysit run --wait --name=first --checkpoint=nightly 'babysit checkpoint add a'";
    await sh(first);
    await sh(command);
    await sh(command.replace('nightly', 'weekly'), {}, 1);
  },
  async '… from outside of a task'({ sh }, command) {
    await sh('babysit checkpoint clear --all --checkpoint=nightly');
    await sh('babysit checkpoint add --checkpoint=nightly b a');
    assert.equal((await sh(command)).stdout, 'b\na\n');
    await sh('babysit checkpoint clear --all --checkpoint=nightly');
    assert.equal((await sh(command)).stdout, '');
  },
});

/** A task with a heartbeat of one minute: the real writer, with a clock of the test. */
async function beaten({ home, runToEnd }: UnitOfWork): Promise<void> {
  const task = await runToEnd('batch', 'true');
  const heartbeat = new Heartbeat(join(home.dir, 'tasks', task.id));
  const progress = {
    done: 21,
    total: 42,
    pct: 50,
    phase: 'load',
    failed: 0,
    eta_s: null,
    note: null,
    source: 'reported',
  } as const;
  for (const minute of [0, 1])
    heartbeat.beat(
      'batch',
      {
        now: { wallMs: minute * 60_000, monoMs: minute * 60_000 },
        memBytes: 64 * 1024 ** 2,
        cpuUsec: minute * 30e6,
      } as Parameters<Heartbeat['beat']>[1],
      () => progress,
    );
}
