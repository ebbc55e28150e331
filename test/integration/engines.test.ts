// The same verbs on every engine, from one table, and what only a cluster can do to a task.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LONG } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { type Cluster, NO_SLURM, startCluster } from '../support/slurm/cluster.ts';
import { hasStarted, show } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const PREEMPTION = [
  'PreemptType=preempt/partition_prio',
  'PreemptMode=REQUEUE',
  'PartitionName=urgent Nodes=n1,n2 PriorityTier=10 DefaultTime=60',
];
const started = NO_SLURM === false ? await startCluster({ after }, { lines: PREEMPTION }) : null;
const SMALL = ['--estimated_mem_bytes=50M', '--estimated_cpu_cores=0.1'];
/** The agent of a job takes up to a second. */
const RESTS_MS = 500;
const ENGINES = ['local', 'slurm'] as const;

function engineHome(cluster: Cluster) {
  // SIGKILL must come after the end by itself, however late that is.
  const config = { 'engine.slurm.conf': cluster.conf, 'watchdog.kill_grace': '10m' };
  const home = testHome({ after }, config);
  const file = (name: string) => join(home.work, name);
  return {
    ...home,
    file,
    submit: async (engine: string, name: string, command: string, ...flags: readonly string[]) => {
      const argv = ['run', `--engine=${engine}`, `--name=${name}`, ...SMALL, '--queue', ...flags, command];
      const { code, stderr } = await home.run(argv);
      assert.equal(code, 0, stderr);
    },
    ended: async (name: string) => jsonLine((await home.run(['wait', name])).stdout),
    log: async (name: string) => (await home.run(['log', name, '--full'])).stdout,
    /** The command has made the file of its name, and the daemon knows of its start. */
    appears: (name: string) =>
      waitUntil(async () => existsSync(file(name)) && (await hasStarted(home, name)), { what: name }),
    kill9: () => process.kill(Number(readFileSync(join(home.dir, 'daemon.pid'), 'utf8')), 'SIGKILL'),
  };
}

describe('every engine', { skip: NO_SLURM, concurrency: 4 }, () => {
  const home = engineHome(started as Cluster);

  for (const engine of ENGINES) {
    it(`${engine}: output, environment and exit code are those of the command`, async () => {
      const name = `run-${engine}`;
      const line = 'echo "$WORDS|$PWD|$(umask)|$BABYSIT_TASK_NAME"; echo two >&2; exit 3';
      await home.submit(engine, name, line, "--env=WORDS=a 'b' $c");
      const { status, exit_code, attempt } = await home.ended(name);
      assert.deepEqual([status, exit_code, attempt], ['failed', 3, 1]);
      const umask = process.umask().toString(8).padStart(4, '0');
      assert.equal(await home.log(name), `a 'b' $c|${home.work}|${umask}|${name}\ntwo\n`);
    });

    it(`${engine}: kill asks first, and keeps the exit code`, async () => {
      const name = `kill-${engine}`;
      await home.submit(engine, name, `trap 'exit 7' TERM; >${name}; while :; do sleep 0.1; done`);
      await home.appears(name);
      await home.run(['kill', name]);
      const { status, exit_code, kill_reason, stopped_gracefully } = await home.ended(name);
      assert.deepEqual([status, exit_code, kill_reason, stopped_gracefully], ['killed', 7, 'manual', true]);
    });

    it(`${engine}: kill --force sends SIGKILL, and retry runs it again`, async () => {
      const name = `force-${engine}`;
      await home.submit(engine, name, `[ -e ${name} ] || { >${name}; sleep 600; }`);
      await home.appears(name);
      await home.run(['kill', '--force', name]);
      const killed = await home.ended(name);
      assert.deepEqual([killed.status, killed.signal], ['killed', 'SIGKILL']);
      await home.run(['retry', name]);
      const again = await home.ended(name);
      assert.deepEqual([again.status, again.attempt], ['completed', 2]);
    });

    it(`${engine}: pause stops it, and adjust changes its time while it runs`, async () => {
      const name = `pause-${engine}`;
      await home.submit(engine, name, `while :; do echo x >>${name}; sleep 0.05; done`);
      await home.appears(name);
      assert.equal((await home.run(['pause', name])).code, 0);
      const size = () => readFileSync(home.file(name)).length;
      let [last, since] = [0, 0];
      const rests = () => {
        const now = performance.now();
        if (size() !== last) [last, since] = [size(), now];
        return now - since > RESTS_MS;
      };
      await waitUntil(rests, { what: 'it to stop' });
      const { kill_timeout_ms } = jsonLine((await home.run(['adjust', name, '--kill_timeout=3h'])).stdout);
      assert.equal(kill_timeout_ms, 10_800_000);
      assert.equal((await home.run(['resume', name])).code, 0);
      await waitUntil(() => size() > last, { what: 'it to continue' });
      await home.run(['kill', '--force', name]);
    });

    it(`${engine}: starts after a task of the other engine, and a directory that is gone is an error`, async () => {
      const [name, first] = [`cwd-${engine}`, `first-${engine}`];
      mkdirSync(home.file(name));
      await home.submit(
        engine === 'local' ? 'slurm' : 'local',
        first,
        `until [ -e ${first} ]; do sleep 0.1; done`,
      );
      await home.submit(engine, name, 'true', `--after=${first}`, `--cwd=${home.file(name)}`);
      rmSync(home.file(name), { recursive: true });
      writeFileSync(home.file(first), '');
      const { status, reason, message } = await home.ended(name);
      assert.deepEqual([status, reason], ['failed', 'could_not_start']);
      assert.match(String(message), /cannot enter the working directory/);
    });
  }
});

describe('a cluster', { skip: NO_SLURM }, () => {
  const cluster = started as Cluster;
  const home = engineHome(cluster);
  const nodes = (state: string) =>
    cluster.slurm('scontrol', 'update', 'NodeName=n1,n2', `State=${state}`, 'Reason=test');

  it('keeps a task pending while no node is free or a person holds it; a kill ends it before it begins', async () => {
    await nodes('DRAIN');
    try {
      await home.submit('slurm', 'queued', '>queued');
      const waiting = async () => (await show(home, 'queued')).waiting as { dim?: string } | null;
      const waitsFor = (dim: string) =>
        waitUntil(async () => (await waiting())?.dim === dim, { what: `to wait for ${dim}` });
      await waitsFor('engine');
      const isInSlurm = async () => (await cluster.slurm('squeue', '--noheader', '--name=queued')) !== '';
      await waitUntil(isInSlurm, { what: 'its job', seen: () => show(home, 'queued') });
      await home.run(['adjust', 'queued', '--estimated_cpu_cores=64']);
      const refusals = async () => (await home.run(['events', '--event=adjust_refused'])).stdout;
      await waitUntil(async () => /hint/.test(await refusals()), { what: 'Slurm to refuse the CPUs' });
      await home.run(['adjust', 'queued', '--estimated_cpu_cores=0.1']);
      const cpus = () => cluster.slurm('squeue', '--noheader', '--name=queued', '--Format=NumCPUs');
      await waitUntil(async () => Number(await cpus()) === 1, { what: 'Slurm to have its CPUs again' });
      // A hold takes it back from the queue of Slurm.
      await home.run(['hold', 'queued']);
      await waitsFor('hold');
      await waitUntil(async () => !(await isInSlurm()), { what: 'its job to be cancelled' });
      await home.run(['release', 'queued']);
      await waitsFor('engine');
      await home.run(['kill', 'queued']);
      const { status, kill_reason } = await home.ended('queued');
      assert.deepEqual([status, kill_reason], ['killed', 'manual']);
    } finally {
      await nodes('RESUME');
    }
    assert.equal(existsSync(home.file('queued')), false);
  });

  it('ends what Slurm starts while daemon-stop --kill_tasks waits for another task', async () => {
    await home.submit('local', 'slow', '>slow; until [ -e free ]; do sleep 0.1; done', '--stop=file');
    await home.appears('slow');
    await nodes('DRAIN');
    await home.submit('slurm', 'late', '>late; sleep 600');
    const isInSlurm = async () => (await cluster.slurm('squeue', '--noheader', '--name=late')) !== '';
    await waitUntil(isInSlurm, { what: 'its job' });
    const stop = home.run(['daemon-stop', '--kill_tasks']);
    try {
      const isKilling = async () => (await show(home, 'slow')).kill_reason === 'manual';
      await waitUntil(isKilling, { what: 'the kill of the first' });
      await nodes('RESUME');
      const { status, kill_detail } = await home.ended('late');
      assert.deepEqual(
        [status, kill_detail, existsSync(home.file('late'))],
        ['killed', { by: 'daemon-stop' }, true],
      );
    } finally {
      writeFileSync(home.file('free'), '');
      await nodes('RESUME').catch(() => {});
    }
    assert.equal((await stop).code, 0);
    assert.equal((await home.ended('slow')).status, 'killed');
  });

  it('cancels a job: its task is killed, by slurm', async () => {
    await home.submit('slurm', 'cancelled', '>cancelled; sleep 600');
    await home.appears('cancelled');
    await cluster.slurm('scancel', '--name=cancelled');
    const { status, kill_reason, kill_detail } = await home.ended('cancelled');
    assert.deepEqual([status, kill_reason, kill_detail], ['killed', 'manual', { by: 'slurm' }]);
  });

  it('preempts jobs: one is interrupted, and one starts again as its request and a setting say', async () => {
    await home.run(['config', 'set', 'engine.requeue_max', '1']);
    await home.submit('slurm', 'preempted', '>preempted; sleep 600');
    await home.submit('slurm', 'again', '[ ! -e again ] || exit 8; >again; sleep 600', '--requeue');
    const run = 'echo x >>often; >often-$(wc -l <often); sleep 600';
    await home.submit('slurm', 'often', run, '--requeue');
    for (const name of ['preempted', 'again', 'often']) await home.appears(name);
    const preempt = () =>
      cluster.slurm(
        'sbatch',
        '--partition=urgent',
        '--nodes=2',
        '--exclusive',
        '--output=/dev/null',
        '--wrap=:',
      );
    await preempt();
    const { status, reason } = await home.ended('preempted');
    assert.deepEqual([status, reason], ['interrupted', 'preempted']);
    const { exit_code, attempt } = await home.ended('again');
    assert.deepEqual([exit_code, attempt], [8, 2]);
    await waitUntil(() => existsSync(home.file('often-2')), { what: 'its second attempt' });
    await preempt();
    const often = await home.ended('often');
    assert.deepEqual([often.status, often.reason, often.attempt], ['interrupted', 'preempted', 2]);
    assert.match(String((await show(home, 'often')).hint), /lost 2 attempts .*engine.requeue_max/);
    await home.run(['config', 'unset', 'engine.requeue_max']);
  });

  it('runs no command again when Slurm launches its job a second time', async () => {
    await home.submit('slurm', 'twice', 'echo x >>twice; until [ -e once ]; do sleep 0.1; done; exit 3');
    await home.appears('twice');
    const id = (await cluster.slurm('squeue', '--noheader', '--name=twice', '--format=%i')).trim();
    const script = await cluster.slurm('scontrol', 'write', 'batch_script', id, '-');
    assert.equal(spawnSync('bash', { input: script }).status, 92);
    writeFileSync(home.file('once'), '');
    assert.equal((await home.ended('twice')).exit_code, 3);
    assert.equal(readFileSync(home.file('twice'), 'utf8'), 'x\n');
  });

  it('refuses what no node has', async () => {
    await home.submit('slurm', 'huge', 'true', '--estimated_mem_bytes=9T');
    const { status, reason, message } = await home.ended('huge');
    assert.deepEqual([status, reason], ['failed', 'could_not_start']);
    assert.match(String(message), /memory/i);
  });

  it('continues a chain while no daemon runs, and withdraws what waits for a failed task', async () => {
    const wait = 'until [ -e chain ]; do sleep 0.1; done';
    await home.submit('slurm', 'first', wait);
    await home.submit('slurm', 'bad', `${wait}; exit 1`);
    await home.submit('slurm', 'next', '>next; exit 4', '--after=first');
    await home.submit('slurm', 'never', '>never', '--after=bad');
    const isThere = async (name: string) =>
      (await cluster.slurm('squeue', '--noheader', `--name=${name}`, '--format=%E')).startsWith('after');
    const areThere = async () => (await isThere('next')) && (await isThere('never'));
    await waitUntil(areThere, { what: 'the dependencies in Slurm' });
    home.kill9();
    writeFileSync(home.file('chain'), '');
    await waitUntil(() => existsSync(home.file('next')), { what: 'the next of the chain' });
    const { status, exit_code, attempt } = await home.ended('next');
    assert.deepEqual([status, exit_code, attempt], ['failed', 4, 1]);
    const never = await home.ended('never');
    assert.deepEqual([never.status, never.reason], ['failed', 'dependency_failed']);
    assert.equal(existsSync(home.file('never')), false);
  });

  it('keeps the exit code of a command whose slurmd was killed', async () => {
    await home.submit('slurm', 'under', '>under; until [ -e go ]; do sleep 0.1; done; exit 6');
    await home.appears('under');
    for (const node of ['n1', 'n2'] as const) await cluster.stop(node, 'SIGKILL');
    writeFileSync(home.file('go'), '');
    assert.equal((await home.ended('under')).exit_code, 6);
    for (const node of ['n1', 'n2'] as const) await cluster.start(node);
  });

  it('adopts jobs that are newer than a restored backup', async () => {
    const command = (name: string) => `echo x >>${name}; until [ -e restored ]; do sleep 0.1; done; exit 9`;
    await nodes('DRAIN');
    await home.submit('slurm', 'known', command('known'));
    const backup = home.file('backup.db');
    await home.run(['backup', backup]);
    await nodes('RESUME');
    await home.submit('slurm', 'newer', command('newer'));
    for (const name of ['known', 'newer']) await home.appears(name);
    await home.run(['daemon-stop']);
    for (const end of ['', '-wal', '-shm']) rmSync(join(home.dir, `babysit.db${end}`), { force: true });
    copyFileSync(backup, join(home.dir, 'babysit.db'));
    await home.run(['list']);
    writeFileSync(home.file('restored'), '');
    for (const name of ['known', 'newer']) {
      const { exit_code, attempt } = await home.ended(name);
      assert.deepEqual([exit_code, attempt, readFileSync(home.file(name), 'utf8')], [9, 1, 'x\n']);
    }
  });

  it('loses no task and no exit code, and runs none twice, when its daemons and that of babysit are killed', async () => {
    const count = 24;
    const line = (i: number) => ({
      name: `s${i}`,
      engine: 'slurm',
      estimated_mem_bytes: '50M',
      estimated_cpu_cores: 0.1,
      command: `echo x >>ran-${i}; sleep ${(i % 4) / 4}; exit ${i}`,
    });
    writeFileSync(
      home.file('storm'),
      Array.from({ length: count }, (_, i) => JSON.stringify(line(i))).join('\n'),
    );
    await home.run(['run', '--batch', 'storm']);
    const areThere = async () => (await cluster.slurm('squeue', '--noheader')) !== '';
    await waitUntil(areThere, { what: 'the jobs of the batch' });
    await cluster.stop('slurmctld', 'SIGKILL');
    home.kill9();
    await home.run(['list']);
    await cluster.start('slurmctld');
    home.kill9();
    await home.run(['list']);
    const names = Array.from({ length: count }, (_, i) => `s${i}`);
    const waiting = home.run(['wait', '--all', ...names], LONG);
    // slurmctld drains a node that refuses a job whose id an older one still has. The administrator resumes it.
    for (let isOver = false; !isOver; ) {
      await nodes('RESUME').catch(() => {});
      isOver = await Promise.race([waiting.then(() => true), delay(1_000, false)]);
    }
    const ended = jsonLines((await waiting).stdout);
    const codes = new Map(ended.map(({ name, exit_code }) => [name, exit_code]));
    for (let i = 0; i < count; i += 1) {
      assert.equal(codes.get(`s${i}`), i);
      assert.equal(readFileSync(home.file(`ran-${i}`), 'utf8'), 'x\n');
    }
  });

  it('repeats a job that ends before its command begins, right after a start of slurmctld', async () => {
    await cluster.stop('slurmctld', 'SIGKILL');
    await cluster.start('slurmctld');
    await nodes('DRAIN');
    await home.submit('slurm', 'repeated', '>repeated; exit 5');
    const jobs = () => cluster.slurm('squeue', '--noheader', '--name=repeated', '--format=%i');
    await waitUntil(async () => (await jobs()) !== '', { what: 'its job' });
    const first = await jobs();
    // A node that still runs an older job with the same id has the new one cancelled.
    await cluster.slurm('scancel', first.trim());
    await waitUntil(async () => !['', first].includes(await jobs()), { what: 'another job' });
    await nodes('RESUME');
    const { exit_code, attempt } = await home.ended('repeated');
    assert.deepEqual([exit_code, attempt], [5, 2]);
  });
});
