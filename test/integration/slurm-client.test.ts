// The client of Slurm against a real cluster on this host: every end, quirk and outage that the daemon has to understand.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { BabysitError } from '../../src/core/errors.ts';
import { diagnoseSlurm } from '../../src/engines/slurm/client/diagnosis.ts';
import { type JobReading, readJob } from '../../src/engines/slurm/client/job-state.ts';
import {
  openSlurmClient,
  type SlurmSettings,
  type Submission,
} from '../../src/engines/slurm/client/slurm-client.ts';
import { DEADLINE_MS } from '../support/budget.ts';
import { type Cluster, NO_SLURM, startCluster } from '../support/slurm/cluster.ts';
import { SLURM_SETTINGS } from '../support/slurm/settings.ts';
import { waitUntil } from '../support/wait-until.ts';

const started = NO_SLURM === false ? await startCluster({ after }) : null;

describe('the client of Slurm', { skip: NO_SLURM }, () => {
  const cluster = started as Cluster;
  let count = 0;
  const clientWith = (change: Partial<SlurmSettings>) =>
    openSlurmClient(() => ({ ...SLURM_SETTINGS, conf: cluster.conf, ...change }), process.env);
  const client = clientWith({});
  const job = (script: string, change: Partial<Submission> = {}): Submission => {
    count += 1;
    return {
      name: `job-${count}`,
      comment: `babysit:test:${count}`,
      script: `#!/bin/bash\n${script}\n`,
      cwd: cluster.dir,
      environment: { PATH: '/usr/bin:/bin' },
      outputPath: join(cluster.dir, `out-${count}`),
      timeLimitMs: 600_000,
      memBytes: 50 * 1024 ** 2,
      cpus: 1,
      gpus: 0,
      licenses: [],
      after: [],
      elements: null,
      ...change,
    };
  };
  const textOf = ({ outputPath }: Pick<Submission, 'outputPath'>) => readFileSync(outputPath, 'utf8');
  const reading = async (id: string, output = ''): Promise<JobReading> => {
    const [found] = await client.jobs([id]);
    assert.ok(found !== undefined, `job ${id} is unknown`);
    return readJob(found, output);
  };
  const until = async (id: string, kind: JobReading['kind']): Promise<void> =>
    waitUntil(async () => (await reading(id)).kind === kind, { what: `job ${id} to be ${kind}` });
  const endOf = async (id: string, output: () => string = () => '') => {
    await until(id, 'ended');
    const read = await reading(id, output());
    assert.ok(read.kind === 'ended');
    return read.end;
  };
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'resolved',
      (error: unknown) => (error instanceof BabysitError ? error.code : String(error)),
    );

  describe('ends', { concurrency: true }, () => {
    it('with exit code 3, in its environment and nothing else', async () => {
      const one = job('env -0 | sort -z | tr "\\0\\n" "|~"; exit 3', {
        name: '--wrap=id\n',
        environment: { PATH: '/usr/bin:/bin', LINES_OF: 'a\nb', SBATCH_PARTITION: 'nope', LD_PRELOAD: '' },
      });
      const id = await client.submit(one);
      assert.deepEqual(await endOf(id), { kind: 'exited', code: 3, signal: null });
      const variables = textOf(one);
      assert.match(variables, /\|LINES_OF=a~b\|/);
      assert.match(variables, /\|SBATCH_PARTITION=nope\|/);
      assert.doesNotMatch(variables, /NODE_TEST_CONTEXT|\|HOME=/);
      const [seen] = await client.jobs([id]);
      assert.equal(
        await cluster.slurm('squeue', '--noheader', '--states=all', `--jobs=${id}`, '--format=%j'),
        '--wrap=id?\n',
      );
      assert.equal(seen?.comment, one.comment);
    });

    it('by a signal', async () => {
      const id = await client.submit(job('kill -SEGV $$'));
      assert.deepEqual(await endOf(id), { kind: 'exited', code: null, signal: 'SIGSEGV' });
    });

    it('over its memory', async () => {
      const one = job('x=$(head -c 150000000 /dev/zero | tr "\\0" a); sleep 600');
      const id = await client.submit(one);
      const end = await endOf(id, () => textOf(one));
      assert.equal(end.kind, 'out_of_memory');
      assert.ok(end.kind === 'out_of_memory' && end.limitBytes === one.memBytes && Number(end.usedBytes) > 0);
    });

    it('by scancel of a user, running and pending', async () => {
      const [running, held] = [
        await client.submit(job('exec sleep 600')),
        await client.submit(job('exec sleep 600')),
      ];
      await until(running, 'running');
      await cluster.slurm('scancel', running, held);
      for (const id of [running, held]) assert.deepEqual(await endOf(id), { kind: 'cancelled' });
    });

    it('in a directory that the node lacks, as an error', async () => {
      const one = job('echo ran', { cwd: join(cluster.dir, "it's missing") });
      const id = await client.submit(one);
      assert.deepEqual(await endOf(id), { kind: 'exited', code: 125, signal: null });
      assert.match(textOf(one), /babysit: cannot enter the working directory on this node: .*it's missing/);
      assert.doesNotMatch(textOf(one), /^ran$/m);
    });

    it('when its output cannot be written on the node', async () => {
      const id = await client.submit(job('true', { outputPath: '/nonexistent/out' }));
      const end = await endOf(id);
      assert.equal(end.kind, 'could_not_start');
    });

    it('when its dependency failed', async () => {
      const first = await client.submit(job('exit 1'));
      const second = await client.submit(job('true', { after: [{ id: first, kind: 'afterok' }] }));
      const third = await client.submit(job('true', { after: [{ id: first, kind: 'afterany' }] }));
      assert.deepEqual(await endOf(second), { kind: 'never_satisfied' });
      assert.deepEqual(await endOf(third), { kind: 'exited', code: 0, signal: null });
    });

    it('of each element of an array, in the order of its indices', async () => {
      const one = job('exit $SLURM_ARRAY_TASK_ID', {
        elements: [0, 1, 2],
        outputPath: join(cluster.dir, 'arr 100%j'),
      });
      const id = await client.submit(one);
      await waitUntil(async () => (await client.jobs([id])).every((each) => readJob(each).kind === 'ended'), {
        what: 'the elements to end',
      });
      const elements = (await client.jobs([id])).sort((a, b) => a.id.localeCompare(b.id));
      assert.deepEqual(
        elements.map((each) => [each.id, each.waitStatus]),
        [0, 1, 2].map((index) => [`${id}_${index}`, index << 8]),
      );
      const among = await client.jobs([`${id}_1`, '99999']);
      assert.equal(among.find((each) => each.id === `${id}_1`)?.waitStatus, 256);
      assert.equal(textOf({ outputPath: `${one.outputPath}.2` }), '');
    });
  });

  describe('signals and changes', { concurrency: true }, () => {
    it('a kill ends one that ignores SIGTERM at once', async () => {
      const file = join(cluster.dir, 'seen-term');
      const id = await client.submit(job(`trap '' TERM; touch ${file}; while :; do sleep 0.1; done`));
      await waitUntil(() => existsSync(file), { what: 'the trap' });
      await client.kill(id);
      // Slurm says which it noticed first: the cancellation, or the end of the batch script by the signal.
      const end = await endOf(id);
      assert.ok(
        end.kind === 'cancelled' || (end.kind === 'exited' && end.signal === 'SIGKILL'),
        JSON.stringify(end),
      );
      await client.kill(id);
      await client.cancel([id]);
    });

    it('a pending job: why it waits, and its size', async () => {
      const id = await client.submit(job('exec sleep 600'));
      const next = await client.submit(job('true', { after: [{ id, kind: 'afterok' }] }));
      assert.deepEqual(await reading(next), { kind: 'pending', waitingFor: 'jobs that it depends on' });
      await client.update(next, { timeLimitMs: 300_001, memBytes: 64 * 1024 ** 2, cpus: 2 });
      const shown = await cluster.slurm('scontrol', 'show', 'job', next);
      assert.match(shown, /TimeLimit=00:06:00/);
      assert.match(shown, /MinMemoryNode=64M/);
      assert.match(shown, /CPUs\/Task=2/);
      await until(id, 'running');
      await client.update(id, { timeLimitMs: 120_000 });
      assert.equal(await codeOf(client.update(id, { memBytes: 10 ** 9 })), 'not_running');
      await client.cancel([next]);
      await client.kill(id);
      assert.equal(await codeOf(client.suspend(id)), 'not_running');
    });

    it('suspend and resume', async () => {
      const id = await client.submit(job('exec sleep 600'));
      await until(id, 'running');
      await client.suspend(id);
      await until(id, 'suspended');
      await client.resume(id);
      await until(id, 'running');
      await client.kill(id);
    });
  });

  describe('questions', { concurrency: true }, () => {
    it('when slurmctld started, and when a job ended', async () => {
      const bootedAt = (await client.bootedAt()) ?? Number.NaN;
      assert.ok(bootedAt > Date.now() - 3_600_000 && bootedAt <= Date.now(), String(bootedAt));
      const id = await client.submit(job('true'));
      await until(id, 'ended');
      const [{ endsAt = null } = {}] = await client.jobs([id]);
      assert.ok(endsAt !== null && endsAt >= bootedAt && endsAt <= Date.now(), String(endsAt));
    });

    it('leaves out unknown ids, one or many', async () => {
      assert.deepEqual(await client.jobs(['99999']), []);
      assert.deepEqual(await client.jobs(['99998', '99999']), []);
      assert.deepEqual(await client.jobs([]), []);
      await client.cancel(['99999']);
      await client.kill('99999');
    });

    it('lists the jobs of this user, with the comment of each', async () => {
      const one = job('true', { comment: 'babysit:look up: x' });
      const id = await client.submit(one);
      assert.equal((await client.ownJobs()).find(({ comment }) => comment === one.comment)?.id, id);
    });

    it('names an expected start, without a submission', async () => {
      const at = await client.testOnly(job('true', { comment: 'only a test' }));
      assert.ok(at !== null && Math.abs(at - Date.now()) < 3_600_000 * 2);
      assert.ok((await client.ownJobs()).every(({ comment }) => comment !== 'only a test'));
    });

    const REFUSED: readonly [string, Partial<SlurmSettings>, Partial<Submission>, string][] = [
      ['a partition', { partition: 'nope' }, {}, 'engine_refused'],
      ['features', { constraint: 'nope' }, {}, 'engine_refused'],
      ['a flag of another version', { extraFlags: ['--nope'] }, {}, 'engine_refused'],
      ['more memory than any node has', {}, { memBytes: 10 ** 12 }, 'infeasible'],
      ['more cores', {}, { cpus: 99 }, 'infeasible'],
      ['more time', {}, { timeLimitMs: 10 ** 10 }, 'infeasible'],
      ['a GPU', {}, { gpus: 1 }, 'infeasible'],
      ['a license', {}, { licenses: ['nope'] }, 'infeasible'],
      ['too many elements', {}, { elements: [5000] }, 'engine_refused'],
    ];
    for (const [what, settings, change, code] of REFUSED)
      it(`refuses ${what} as ${code}`, async () =>
        assert.equal(await codeOf(clientWith(settings).submit(job('true', change))), code));
  });

  const diagnose = async (change: Partial<SlurmSettings>, sharedDir: string) => {
    const settings = { ...SLURM_SETTINGS, conf: cluster.conf, ...change };
    const checks = await diagnoseSlurm({ settings, env: process.env, sharedDir, token: 'test' });
    return checks
      .map(({ what, ok, reason, fix }) => `${what}: ${ok ? reason : `NO ${reason} -> ${fix}`}`)
      .join('\n');
  };

  it('doctor sends a probe job, and says what is wrong', async () => {
    const shared = join(cluster.dir, 'shared');
    mkdirSync(shared, { mode: 0o700 });
    const found = await diagnose({}, shared);
    assert.match(found, /^Slurm controller: answers, Slurm \d/m);
    assert.match(found, /^Slurm partitions: main: 2 nodes, 16 cores, at most 2-00:00:00 a job/m);
    assert.match(
      found,
      /^Slurm shared directory: node n\d reads and writes .*shared; a job of no work took \d/m,
    );
    assert.deepEqual(readdirSync(shared), []);
    chmodSync(shared, 0o777);
    const wrong = await diagnose({ partition: 'nope' }, shared);
    assert.match(wrong, /^Slurm partitions: NO the cluster has no partition nope; it has main/m);
    assert.match(wrong, /^Slurm shared directory: NO other users may write to .* -> Run: chmod go-w /m);
  });

  describe('outages', () => {
    const unreachable = async (limitMs: number) => {
      const short = clientWith({ commandTimeoutMs: limitMs });
      const before = performance.now();
      const calls = [
        short.jobs(['1']),
        short.ownJobs(),
        short.submit(job('true')),
        short.cancel(['1']),
        short.update('1', { timeLimitMs: 1 }),
        ...Array.from({ length: 20 }, () => short.jobs(['1'])),
      ];
      const codes = await Promise.all(calls.map(codeOf));
      assert.deepEqual(new Set(codes), new Set(['engine_unreachable']));
      assert.ok(performance.now() - before < limitMs + DEADLINE_MS, 'every call ends by its time limit');
    };

    it('the controller is killed and comes back: nothing blocks, and jobs keep their ends', async () => {
      const go = join(cluster.dir, 'go-on');
      const id = await client.submit(job(`until [ -e ${go} ]; do sleep 0.1; done; exit 7`));
      await until(id, 'running');
      // Slurm writes its state after a few seconds; SIGTERM makes it do so.
      await cluster.stop('slurmctld');
      writeFileSync(go, '');
      await unreachable(1000);
      const found = await diagnose({ commandTimeoutMs: 1000 }, cluster.dir);
      assert.match(
        found,
        /Slurm controller: NO scontrol gave no answer within 1 s|Slurm controller: NO The controller/,
      );
      await cluster.start('slurmctld');
      assert.deepEqual(await endOf(id), { kind: 'exited', code: 7, signal: null });
    });

    it('munged is down: the hint says what to start', async () => {
      await cluster.stop('munged');
      const error = await client.jobs(['1']).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof BabysitError && error.code === 'engine_unreachable', String(error));
      assert.match(error.message, /munged/);
      await cluster.start('munged');
      assert.deepEqual(await client.jobs(['99999']), []);
    });

    it('slurm.conf or the programs are missing', async () => {
      const short = clientWith({ conf: '/nonexistent', commandTimeoutMs: 500 });
      const error = await short.jobs(['1']).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof BabysitError && error.code === 'engine_unreachable', String(error));
      assert.match(error.message, /within 0.5 s: .*\/nonexistent/);
    });
  });
});
