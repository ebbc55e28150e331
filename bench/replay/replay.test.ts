// A trace small enough to be scheduled by hand.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { progressBar } from '../progress.ts';
import { DOMINANT } from './dominant.ts';
import { boundedSlowdown, figuresOf, jainIndex } from './figures.ts';
import { POLICIES } from './policies.ts';
import { type EstimateUsed, simulate } from './simulate.ts';
import { parseSwf, type Trace } from './swf.ts';

const SAMPLE = join(import.meta.dirname, 'sample.swf');
const trace = parseSwf(readFileSync(SAMPLE, 'utf8'));

function startsS(policyName: string, estimate: EstimateUsed): number[] {
  const policy = POLICIES[policyName];
  assert.ok(policy);
  return [...simulate(trace, policy, estimate, () => {}).startsMs].map((startMs) => startMs / 1000);
}

describe('parseSwf', () => {
  it('reads the machine and its jobs by submission, without jobs that did not run or are too large', () => {
    assert.equal(trace.processors, 4);
    assert.deepEqual(
      trace.jobs.map(({ id }) => Number(id)),
      [1, 2, 3, 4, 5, 9, 10],
    );
    assert.deepEqual(trace.jobs[1], {
      id: '000000002',
      submitMs: 10_000,
      runMs: 50_000,
      processors: 4,
      requestedMs: 60_000,
      user: '2',
      owner: '2',
    });
  });

  it('falls back to allocation and run time without a request, and cuts a job that exceeded its request', () => {
    const [nothingRequested, outran] = trace.jobs.slice(5);
    assert.deepEqual([nothingRequested?.processors, nothingRequested?.requestedMs], [4, 2000]);
    assert.deepEqual([outran?.runMs, outran?.requestedMs], [60_000, 60_000]);
  });

  it('refuses text that is not a trace', () => {
    assert.throws(() => parseSwf('; Version: 2.2\n'), /MaxProcs/);
    assert.throws(() => parseSwf('; MaxProcs: 4\n1 2 x\n'), /line 2/);
  });
});

describe('simulate', () => {
  // Job 2 waits for all processors until job 1 ends. Job 3 is over before that is expected; jobs 4 and 5 are not.
  it('backfills by the requested times', () =>
    assert.deepEqual(startsS('fcfs-easy', 'requested'), [0, 100, 20, 150, 150, 400, 500]));

  // Job 5 takes 40 s, and 50 remain.
  it('backfills by the actual times', () =>
    assert.deepEqual(startsS('fcfs-easy', 'actual'), [0, 100, 20, 150, 50, 400, 500]));

  it('backfills the shortest estimate first', () => {
    const job = (id: number, processors: number, runS: number) =>
      `${id} 0 -1 ${runS} ${processors} -1 -1 ${processors} ${runS} -1 1 ${id} 1 -1 1 -1 -1 -1`;
    const jobs = [job(1, 2, 50), job(2, 4, 10), job(3, 1, 40), job(4, 1, 30), job(5, 1, 20)];
    const swf = parseSwf(`; MaxProcs: 4\n${jobs.join('\n')}\n`);
    const starts = (name: string) => {
      const policy = POLICIES[name];
      assert.ok(policy);
      return [...simulate(swf, policy, 'requested', () => {}).startsMs].map((startMs) => startMs / 1000);
    };
    // Two processors are free next to job 1; job 2 waits for all four until 50 s.
    assert.deepEqual(starts('fcfs-easy'), [0, 50, 0, 0, 30]);
    assert.deepEqual(starts('fcfs-easy-shortest'), [0, 50, 60, 0, 0]);
  });

  it('of first come first served ignores the owner', () => {
    const sameUser = { ...trace, jobs: trace.jobs.map((job) => ({ ...job, owner: 'x' })) };
    const policy = POLICIES['fcfs-easy'];
    assert.ok(policy);
    const { startsMs } = simulate(sameUser, policy, 'requested', () => {});
    assert.deepEqual(
      [...startsMs].map((startMs) => startMs / 1000),
      startsS('fcfs-easy', 'requested'),
    );
  });

  it('starts jobs in order without backfill', () =>
    assert.deepEqual(startsS('fcfs', 'requested'), [0, 100, 150, 150, 150, 400, 500]));

  it('starts every job under every policy', () => {
    assert.ok(Object.keys(POLICIES).length >= 3);
    for (const policy of Object.keys(POLICIES)) {
      const starts = startsS(policy, 'requested');
      assert.equal(starts.length, trace.jobs.length);
      for (const [n, { submitMs }] of trace.jobs.entries())
        assert.ok(Number(starts[n]) >= submitMs / 1000, `${policy}: job ${n} starts at ${starts[n]}`);
    }
  });
});

describe('figures', () => {
  it('match those computed by hand', () => {
    const policy = POLICIES['fcfs-easy'];
    assert.ok(policy);
    const figures = figuresOf(
      trace,
      simulate(trace, policy, 'requested', () => {}),
    );
    const close = (got: number, expected: number) => assert.ok(Math.abs(got - expected) < 1e-9, `${got}`);
    assert.equal(figures.jobs, 7);
    // 1, (90 + 50) / 50, 1, (125 + 200) / 200, (120 + 40) / 40, and 1 for the last two.
    close(figures.averageBoundedSlowdown, (1 + 2.8 + 1 + 1.625 + 4 + 1 + 1) / 7);
    close(figures.meanWaitS, (90 + 125 + 120) / 7);
    close(figures.p95WaitS, 120 + 0.7 * 5);
    close(figures.utilisation, (300 + 200 + 30 + 200 + 40 + 8 + 60) / (4 * 560));
    close(figures.fairness, jainIndex([1, (2.8 + 4) / 2, (1.625 + 1) / 2]));
  });

  it('bound the slowdown of short jobs', () => {
    assert.equal(boundedSlowdown(0, 2000), 1);
    assert.equal(boundedSlowdown(28_000, 2000), 3);
    assert.equal(boundedSlowdown(20_000, 20_000), 2);
  });

  it('are fair when all have the same, and 1/n when one has all', () => {
    assert.equal(jainIndex([3, 3, 3]), 1);
    assert.equal(jainIndex([1, 0, 0, 0]), 0.25);
  });
});

it('progressBar shows a bar and the percentage', () => {
  assert.equal(progressBar('x', 5, 10), '###############--------------- 50 % x');
});

describe('bench/replay.ts', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--no-warnings', join(import.meta.dirname, '../replay.ts'), ...args], {
      encoding: 'utf8',
      timeout: 60_000,
    });

  it('prints one JSON object a replay, and a table otherwise', () => {
    const json = run(SAMPLE, '--policy=fcfs-easy', '--estimate=requested', '--json');
    assert.equal(json.status, 0, json.stderr);
    const { policy, estimate, jobs, meanWaitS } = JSON.parse(json.stdout);
    assert.deepEqual([policy, estimate, jobs, meanWaitS], ['fcfs-easy', 'requested', 7, 335 / 7]);
    const text = run(SAMPLE);
    assert.equal(text.stdout.trim().split('\n').length, 1 + 2 * Object.keys(POLICIES).length);
    assert.equal(text.stderr, '');
  });

  it('gives one owner most of the work', () => {
    const users = DOMINANT.users(trace, 1);
    const work = (jobs: Trace['jobs']) => jobs.reduce((sum, job) => sum + job.processors * job.runMs, 0);
    const own = users.jobs.filter(({ owner }) => owner === 'dominant');
    assert.ok(work(own) >= 0.65 * work(trace.jobs));
    assert.deepEqual(
      users.jobs.map((job) => ({ ...job, owner: job.user })),
      trace.jobs,
    );
    const { jobs } = DOMINANT['whole-machine'](trace, 1);
    const added = jobs.filter(({ id }) => id.startsWith('flood'));
    assert.ok(added.length > 0 && added.every(({ processors }) => processors === trace.processors));
    const { status } = run(SAMPLE, '--policy=default', '--estimate=requested', '--dominant=users', '--json');
    assert.equal(status, 0);
  });

  it('refuses a missing file and wrong usage', () => {
    assert.equal(run(SAMPLE, '--policy=best').status, 64);
    assert.equal(run(SAMPLE, '--dominant=all').status, 64);
    assert.equal(run().status, 64);
    const { status, stderr } = run('missing.swf');
    assert.equal(status, 1);
    assert.match(stderr, /^missing\.swf: /);
  });
});
