// docs/guide/coming-from.md, From the babysit skill.
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { realClock } from '../../src/daemon/clock.ts';
import { keepClean } from '../../src/service/clean.ts';
import { openStore } from '../../src/store/store.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';
import { BUILD_LOG, exerciseSection, type UnitOfWork } from './exercise.ts';

const MIB = 1024 ** 2;
const names = (text: string) => jsonLines(text).map(({ name }) => name);

/** Submits a task that takes all cores; the variable makes the next one wait for it. */
async function fullHost({ api }: UnitOfWork): Promise<{ cores: string }> {
  const cores = (await api.status()).capacity.cpu_limit_cores;
  await api.run('whole', 'sleep 600', { estimated_cpu_cores: cores });
  return { cores: String(cores) };
}

exerciseSection('From the babysit skill', {
  async '`run --name --command`'({ sh, api }, command) {
    assert.equal((await sh(command)).stdout, 'queued: build\n');
    assert.equal((await api.ended('build')).task.status, 'completed');
    assert.equal(await api.log('build'), BUILD_LOG);
  },
  async 'the defaults'({ sh, api, home }, command) {
    const config = join(home.dir, 'config.json');
    const ours = readFileSync(config);
    writeFileSync(config, '{}');
    await sh('babysit daemon-restart');
    await sh(command);
    const task = await api.task('train');
    const { host, capacity } = await api.status();
    assert.deepEqual(
      [task.estimated_time_ms, task.kill_timeout_ms, task.observability_interval_ms],
      [600_000, 1_200_000, 300_000],
    );
    assert.deepEqual([task.mem_pct_limit, task.cpu_pct_limit], [40, 90]);
    assert.deepEqual(
      [task.estimated_mem_bytes, task.estimated_cpu_cores],
      [
        Math.min(
          4096 * MIB,
          Math.floor(capacity.mem_limit_bytes / 3),
          Math.floor(0.4 * host.mem_total_bytes),
        ),
        Math.min(4, capacity.cpu_limit_cores / 2),
      ],
    );
    writeFileSync(config, ours);
    await sh('babysit daemon-restart');
  },
  async 'a program and its arguments'({ sh, api }, command) {
    await sh(command);
    await api.ended('words');
    assert.equal(await api.log('words'), 'a b\n$HOME\n');
  },
  async 'flags with `-` for `_`, and with a blank'({ sh, api }, command) {
    await sh(command);
    assert.equal((await api.task('train')).estimated_time_ms, 3_600_000);
  },
  async '`--estimated_time`'({ sh, api }, command) {
    await sh(command);
    const { estimated_time_ms, kill_timeout_ms } = await api.task('train');
    assert.deepEqual([estimated_time_ms, kill_timeout_ms], [3_600_000, 7_200_000]);
  },
  async '`--estimated_mem_bytes`'({ sh, api }, command) {
    const before = (await api.status()).capacity;
    await sh(command);
    // What earlier runs of the command used can only widen the cap.
    assert.ok(Number((await api.task('train')).mem_max_bytes) >= 192 * MIB);
    const { mem_running_bytes } = (await api.status()).capacity;
    assert.equal(mem_running_bytes - before.mem_running_bytes, 64 * MIB);
  },
  async '`--estimated_cpu_cores`'({ sh, api }, command) {
    await sh(command);
    assert.equal((await api.task('train')).cpu_max_cores, 1.5);
    assert.equal((await api.status()).capacity.cpu_reserved_cores, 0.5);
  },
  async '`--kill_timeout`'({ sh, api }, command) {
    await sh(command);
    assert.equal((await api.ended('train')).task.kill_reason, 'elapsed_exceeded');
  },
  async '`--observability_interval`'({ sh }, command) {
    const { stdout, stderr } = await sh(command, {}, 1);
    assert.equal(jsonLine(stdout).kill_reason, 'observability_stall');
    assert.match(stderr, /"stall_risk"/);
  },
  async '`--mem_pct_limit`'({ sh, api }, command) {
    const percent = Math.floor((await api.status()).host.mem_total_bytes / 100);
    await sh(command.replace('128M', String(percent - 1)));
    assert.equal((await api.task('train')).mem_max_bytes, percent);
    const beyond = command.replace('128M', String(percent + 1)).replace('train', 'beyond');
    assert.match((await sh(beyond, {}, 1)).stderr, /"infeasible".*--mem_pct_limit/);
  },
  async '`--cpu_pct_limit`'({ sh, api }, command) {
    await sh(command);
    const { host } = await api.status();
    assert.equal((await api.task('train')).cpu_max_cores, Math.min(0.3, 0.1 * host.cores));
  },
  async '`--cwd`'({ sh, api }, command) {
    await sh(command);
    assert.equal(await api.log('where'), '/\n');
  },
  async '`--env`'({ sh, api }, command) {
    await sh(command, { SEED: '1' });
    assert.equal(await api.log('seed'), '7\n');
  },
  async 'soft-deny, exit 2'(stage, command) {
    const { stdout, stderr } = await stage.sh(command, await fullHost(stage), 2);
    const { error, dim, blocked_by } = jsonLine(stderr);
    assert.deepEqual([stdout, error, dim, blocked_by], ['', 'capacity_exceeded', 'cpu', ['whole']]);
    await stage.sh('babysit status second', {}, 1);
  },
  async '`--queue`'(stage, command) {
    const { sh, api } = stage;
    await sh(command, await fullHost(stage));
    const { status, waiting } = await api.task('second');
    assert.deepEqual([status, waiting?.blocked_by], ['pending', ['whole']]);
    await sh('babysit kill --force whole');
    assert.equal((await api.ended('second')).task.status, 'completed');
  },
  async '`--force`'(stage, command) {
    await stage.sh(command, await fullHost(stage));
    assert.equal((await stage.api.ended('second')).task.status, 'completed');
    assert.equal((await stage.api.task('whole')).status, 'running');
  },
  async '`--priority`'(stage, command) {
    const { sh, api } = stage;
    const env = await fullHost(stage);
    await api.run('usual', './build.sh', { queue: true, estimated_cpu_cores: env.cores });
    await sh(command, env);
    const { queue } = await api.status();
    assert.deepEqual(
      queue.map(({ name }) => name),
      ['urgent', 'usual'],
    );
  },
  async '`--after`'({ sh, api }, command) {
    await api.run('build', until('built'));
    await sh(command);
    const { status, waiting } = await api.task('report');
    assert.deepEqual([status, waiting?.dim, waiting?.blocked_by], ['pending', 'after', ['build']]);
    await api.run('end', 'touch built');
    const [report, build] = [(await api.ended('report')).task, (await api.ended('build')).task];
    assert.ok(Date.parse(report.started_at ?? '') >= Date.parse(build.ended_at ?? ''));
  },
  async '`--after_any`'({ sh, api }, command) {
    await api.run('build', `${until('broken')}; exit 1`);
    await sh(command);
    assert.equal((await api.task('report')).status, 'pending');
    await api.run('end', 'touch broken');
    assert.equal((await api.ended('report')).task.status, 'completed');
  },
  async '`--tag`'({ sh, api }, command) {
    await sh(command);
    await api.ended('build');
    assert.deepEqual(names((await sh('babysit list --tag=nightly')).stdout), ['build']);
  },
  async '`--lease`'(stage, command) {
    const { sh, api } = stage;
    const [mem, cores] = [32 * MIB, (await api.status()).capacity.cpu_limit_cores];
    const held = await sh(
      `babysit wait_for_capacity --owner=me --lease_ttl=1h --mem_bytes=${mem} --cpu_cores=${cores}`,
    );
    const lease = String(jsonLine(held.stdout).lease);
    await sh(`babysit run --estimated_cpu_cores=${cores} true`, {}, 2);
    await sh(command, { lease });
    assert.equal((await api.ended('build')).task.status, 'completed');
    assert.deepEqual((await api.status()).leases, []);
  },
  async '`--retries`'({ sh, project }, command) {
    const flaky = join(project, 'flaky.sh');
    writeFileSync(flaky, '#!/bin/sh\necho x >>tries\n[ "$(wc -l <tries)" -ge 3 ]\n');
    chmodSync(flaky, 0o755);
    const { status, attempt } = jsonLine((await sh(command)).stdout);
    assert.deepEqual([status, attempt], ['completed', 3]);
  },
  async '`--batch`'({ sh, api, project }, command) {
    const lines = ['one', 'two'].map((name) => JSON.stringify({ name, command: `echo ${name}` }));
    writeFileSync(join(project, 'steps.jsonl'), `${lines.join('\n')}\n`);
    assert.deepEqual(names((await sh(command)).stdout), ['one', 'two']);
    for (const name of ['one', 'two']) {
      await api.ended(name);
      assert.equal(await api.log(name), `${name}\n`);
    }
  },
  async '`wait --all`'({ sh, api }, command) {
    await api.run('build', './build.sh');
    await api.run('report', 'exit 3');
    const ended = jsonLines((await sh(command, {}, 1)).stdout);
    assert.deepEqual(ended.map(({ name, exit_code }) => `${name} ${exit_code}`).sort(), [
      'build 0',
      'report 3',
    ]);
  },
  async '`wait --any`'({ sh, api }, command) {
    await api.run('train', './train.sh');
    await api.run('build', './build.sh');
    assert.equal(jsonLine((await sh(command)).stdout).name, 'build');
    assert.equal((await api.task('train')).status, 'running');
  },
  async '`wait_for_capacity`'({ sh, api }, command) {
    const { event, lease, expires_at } = jsonLine((await sh(command)).stdout);
    assert.equal(event, 'capacity_available');
    const { leases } = await api.status();
    assert.deepEqual(
      leases.map(({ id, mem_bytes, cpu_cores }) => [id, mem_bytes, cpu_cores]),
      [[lease, 32 * MIB, 0.1]],
    );
    const heldMs = Date.parse(String(expires_at)) - Date.now();
    assert.ok(heldMs > 0 && heldMs <= 60_000, String(heldMs));
    // The next run of the same owner takes it.
    await sh('babysit run --name=build --estimated_mem_bytes=32M --estimated_cpu_cores=0.1 ./build.sh');
    assert.deepEqual((await api.status()).leases, []);
  },
  async '`list --columns`'({ sh, runToEnd }, command) {
    await runToEnd('bad', 'exit 3');
    const row = jsonLines((await sh(command)).stdout).at(-1) ?? {};
    assert.deepEqual(Object.entries(row), [
      ['name', 'bad'],
      ['exit_code', 3],
    ]);
  },
  async '`list --since`'({ sh, api, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    await api.run('train', './train.sh');
    assert.deepEqual(names((await sh(command)).stdout), ['train']);
    assert.ok(names((await sh(command.replace('1ms', '1h'))).stdout).includes('build'));
  },
  async '`list --all`'({ sh, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    assert.ok(names((await sh(command)).stdout).includes('build'));
    assert.ok(names((await sh(`cd / && ${command}`)).stdout).includes('build'));
    assert.ok(!names((await sh('cd / && babysit list')).stdout).includes('build'));
  },
  async '`list --format`'({ sh, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    assert.match((await sh(command)).stdout, /^name,status\n(.+,\w+\n)*build,completed\n$/);
    assert.match(
      (await sh(command.replace('csv', 'table'))).stdout,
      /^NAME +STATUS\n[\s\S]*\nbuild +completed\n$/,
    );
  },
  async '`log --head`'({ sh, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    assert.equal((await sh(command)).stdout, 'step 1\nstep 2\n');
  },
  async '`log --since`'({ sh, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    assert.equal((await sh(command)).stdout, BUILD_LOG);
    const isOld = async () => (await sh(command.replace('5m', '500ms'))).stdout === '';
    await waitUntil(isOld, { what: 'the log to be older' });
  },
  async '`log --grep`'({ sh, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    assert.equal((await sh(command)).stdout, 'step 1\nstep 2\n');
  },
  async '`log --max_bytes`'({ sh, runToEnd }, command) {
    await runToEnd('build', './build.sh');
    assert.equal((await sh(command)).stdout, BUILD_LOG.slice(0, 6));
  },
  async '`kill --signal`'({ sh, api }, command) {
    await api.run('train', 'exec sleep 600');
    await waitUntil(async () => (await api.task('train')).pid !== null, { what: 'its start' });
    await sh(command);
    assert.equal((await api.ended('train')).task.signal, 'SIGINT');
  },
  async '`pause`'({ sh, api }, command) {
    await api.run('train', './train.sh');
    await sh(command);
    assert.equal((await api.task('train')).status, 'paused');
  },
  async '`resume`'({ sh, api }, command) {
    await api.run('train', until('resumed'));
    await sh('babysit pause train');
    await api.run('end', 'touch resumed');
    await api.ended('end');
    assert.equal((await api.task('train')).status, 'paused');
    await sh(command);
    assert.equal((await api.ended('train')).task.status, 'completed');
  },
  async '`adjust`'({ sh, api }, command) {
    await api.run('train', './train.sh');
    await sh(command);
    const { estimated_mem_bytes, mem_max_bytes, kill_timeout_ms } = await api.task('train');
    assert.deepEqual([estimated_mem_bytes, kill_timeout_ms], [64 * MIB, 7_200_000]);
    assert.ok(Number(mem_max_bytes) >= 192 * MIB);
  },
  async '`clean --dry_run`'({ sh, api, runToEnd }, command) {
    const { id } = await runToEnd('build', './build.sh');
    const { removed, dry_run } = jsonLine((await sh(command)).stdout);
    assert.ok(dry_run === true && Number(removed) > 0);
    assert.equal((await api.task(id)).status, 'completed');
  },
  async '`clean --status`'({ sh, runToEnd }, command) {
    await runToEnd('bad', 'false');
    await runToEnd('build', './build.sh');
    await sh(command);
    const left = jsonLines((await sh('babysit list --all')).stdout);
    assert.ok(left.some(({ name }) => name === 'build') && left.every(({ status }) => status !== 'failed'));
  },
  async 'automatic purge'({ sh, runToEnd, home }, command) {
    const rows = jsonLines((await sh(command)).stdout).map(({ key, value }) => [key, value]);
    assert.deepEqual(rows, [
      ['retention.schedule', '17 4 * * *'],
      ['retention.older_than', '30d'],
    ]);
    // The same on this database, with a schedule that comes every second.
    await runToEnd('build', './build.sh');
    await sh('babysit daemon-stop');
    const store = openStore(join(home.dir, 'babysit.db'));
    const log = pino({ level: 'silent' });
    const tasksDir = join(home.dir, 'tasks');
    const stop = keepClean(
      { store, clock: realClock, tasksDir, log, unloadUnits: () => {} },
      '* * * * * *',
      1,
    );
    await waitUntil(() => readdirSync(tasksDir).length === 0, { what: 'the purge' });
    stop();
    store.close();
    assert.equal((await sh('babysit list --all')).stdout, '');
  },
  async 'the session id is recorded'({ sh, api }, command) {
    await sh(command);
    assert.equal((await api.ended('build')).task.owner, 'session-1');
    assert.deepEqual(names((await sh('babysit list --owner=session-1')).stdout), ['build']);
    assert.deepEqual(names((await sh('babysit list --owner=session-2')).stdout), []);
  },
  async '`hooks install`'({ sh, home }, command) {
    await sh(command, { CLAUDE_CONFIG_DIR: '' });
    const { hooks } = JSON.parse(readFileSync(join(home.work, '.claude/settings.json'), 'utf8'));
    assert.deepEqual(Object.keys(hooks).sort(), ['PreToolUse', 'SessionStart']);
  },
  async '`ping`'({ sh, api }, command) {
    assert.equal(jsonLine((await sh(command)).stdout).pid, (await api.status()).daemon.pid);
  },
  async '`daemon-status`'({ sh, home }, command) {
    const { running, home: dir } = jsonLine((await sh(command)).stdout);
    assert.deepEqual([running, dir], [true, home.dir]);
  },
  async '`daemon-stop`'({ sh, api }, command) {
    await api.run('train', `${until('without')}; exit 4`);
    await waitUntil(async () => (await api.task('train')).pid !== null, { what: 'its start' });
    await sh(command);
    await sh('babysit ping', { BABYSIT_NO_AUTOSTART: '1' }, 69);
    await sh('touch without; babysit daemon-start');
    assert.equal((await api.ended('train')).task.exit_code, 4);
  },
  async '`daemon-start`'({ sh }, command) {
    assert.equal(jsonLine((await sh(command)).stdout).started, false);
    await sh('babysit daemon-stop');
    assert.equal(jsonLine((await sh(command)).stdout).started, true);
  },
  async '`doctor`'({ start, api }, command) {
    const { code, stdout } = await start(command).done;
    const { ok, driver, checks } = jsonLine(stdout);
    assert.deepEqual([code, driver], [ok ? 0 : 1, (await api.status()).daemon.driver]);
    assert.ok((checks as unknown[]).length > 5, stdout);
    for (const check of checks as { ok: boolean; reason: string; fix: string | null }[])
      assert.ok(check.reason !== '' && (check.ok || check.fix !== null), JSON.stringify(check));
  },
});
