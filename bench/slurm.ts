// The engine of a Slurm cluster beside the programs of Slurm: a submission, an end, a thousand jobs, and a long queue.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, NO_SLURM, startCluster } from '../test/support/slurm/cluster.ts';
import { waitUntil } from '../test/support/wait-until.ts';
import { atLeast, atMost, type Row, type Run, row } from './support/benchmark.ts';
import { fineClock, readStamp, stampInto } from './support/clock.ts';
import { cpuPercent } from './support/proc.ts';
import { LAUNCHER, type Product, withProduct } from './support/product.ts';
import { median, p95 } from './support/statistics.ts';

/** One core, 16M and its cap fit sixteen times on each node. */
const JOB = { engine: 'slurm', estimated_cpu_cores: '1' } as const;
const ESTIMATES = ['--estimated_time=10m', '--estimated_mem_bytes=16M', '--estimated_cpu_cores=1'];
/** Submissions. */
const IN_FLIGHT = 16;
const ALL_ENDED_MS = 300_000;

/** Returns no row where Slurm is not installed. */
export async function slurm({ isQuick, progress }: Run): Promise<Row[]> {
  if (NO_SLURM !== false) {
    process.stderr.write(`slurm: ${NO_SLURM}\n`);
    return [];
  }
  const closing: (() => void | Promise<void>)[] = [];
  try {
    const cluster = await startCluster({ after: (close) => closing.push(close) }, { cpus: 16 });
    const settings = { BABYSIT_ENGINE_SLURM_CONF: cluster.conf };
    return await withProduct(async (product) => {
      const count = isQuick ? 100 : 1000;
      const { rows, runMs } = await submissions(product, cluster, isQuick ? 10 : 40);
      progress(1, 4);
      rows.push(await ends(product, isQuick ? 8 : 40, 2 * runMs));
      progress(2, 4);
      rows.push(...(await thousand(product, cluster, count)));
      progress(3, 4);
      rows.push(await queue(product, cluster, count, isQuick ? 5_000 : 20_000));
      return rows;
    }, settings);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** From the start of the program to its exit. The task is queued then; the daemon submits the job. */
async function submissions({ env, scratch }: Product, cluster: Cluster, rounds: number) {
  const ours: number[] = [];
  const here: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await wall('sbatch', ['--mem=48M', '--output=/dev/null', '--wrap=true'], cluster.env, scratch));
    here.push(await wall(LAUNCHER, ['run', '--queue', ...ESTIMATES, '--command=true'], env, scratch));
    ours.push(await wall(LAUNCHER, ['run', '--engine=slurm', ...ESTIMATES, '--command=true'], env, scratch));
  }
  const beyond = ours.map((ms, at) => ms - (bare[at] ?? Number.NaN));
  const rows = [
    row('run --engine=slurm', 'ms', median(ours), rounds, {
      against: { what: 'sbatch', value: median(bare) },
      ratio: median(ours) / median(bare),
    }),
    row('run --queue on this host', 'ms', median(here), rounds),
    row('run --engine=slurm beyond sbatch', 'ms', median(beyond), rounds, { aim: atMost(60) }),
  ];
  return { rows, runMs: median(ours) };
}

async function wall(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<number> {
  const before = performance.now();
  const child = spawn(file, args, { env, cwd, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}`);
  return performance.now() - before;
}

/** `startMs`: in which `wait` has surely started. On a busy host it takes longer to start than a short job to run. */
async function ends({ api, body, env, scratch }: Product, rounds: number, startMs: number): Promise<Row> {
  const late: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const file = `${scratch}/slurm-end-${round}`;
    const command = `until [ -e ${file}.go ]; do sleep 0.05; done; ${stampInto(file)}`;
    const { id } = await api.submit(body(command, JOB));
    const now = fineClock();
    const waiting = wall(LAUNCHER, ['wait', id], env, scratch);
    await delay(startMs);
    writeFileSync(`${file}.go`, '');
    await waiting;
    late.push(now() - readStamp(file));
  }
  return row('end of a job -> wait gone p95', 'ms', p95(late), rounds, { aim: atMost(1200) });
}

/** From the first submission to the last end, as each side sees it: as a batch, and one by one. */
async function thousand(
  { api, body, env, scratch }: Product,
  cluster: Cluster,
  count: number,
): Promise<Row[]> {
  const rate = async (run: () => Promise<void>) => {
    const began = performance.now();
    await run();
    return (1000 * count) / (performance.now() - began);
  };
  const bare = await rate(async () => {
    for (let job = 0; job < count; job += 1)
      await wall('sbatch', ['--mem=48M', '--output=/dev/null', '--wrap=true'], cluster.env, '/');
    const hasNone = async () => (await cluster.slurm('squeue', '--noheader')) === '';
    await waitUntil(hasNone, { what: 'the jobs of sbatch', deadlineMs: ALL_ENDED_MS });
  });
  const file = `${scratch}/thousand`;
  const line = JSON.stringify({ ...JOB, estimated_mem_bytes: '16M', command: 'true', tag: 'thousand' });
  writeFileSync(file, `${line}\n`.repeat(count));
  const batch = await rate(async () => {
    await wall(LAUNCHER, ['run', '--batch', file], env, scratch);
    await wall(LAUNCHER, ['wait', '--summary', '--tag=thousand'], env, scratch);
  });
  const single = await rate(async () => {
    const ended: Promise<unknown>[] = [];
    await submit(count, async () => {
      const { id } = await api.submit(body('true', JOB));
      ended.push(api.ended(id));
    });
    await Promise.all(ended);
  });
  const against = { what: 'a loop of sbatch', value: bare };
  return [
    row(`${count} trivial jobs, a batch`, '/s', batch, count, {
      against,
      ratio: batch / bare,
      aim: atLeast(0.8, 'ratio'),
    }),
    row(`${count} trivial jobs, one by one`, '/s', single, count, { against, ratio: single / bare }),
  ];
}

/** More connections at once than the backlog of the socket are refused. */
async function submit(count: number, one: () => Promise<unknown>): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (left-- > 0) await one();
    }),
  );
}

/** The nodes are full, so that nothing but the queue is left to look at. */
async function queue(product: Product, cluster: Cluster, count: number, ms: number): Promise<Row> {
  const { api, body, daemonPid } = product;
  for (const node of ['n1', 'n2'])
    await cluster.slurm(
      'sbatch',
      `--nodelist=${node}`,
      '--exclusive',
      '--output=/dev/null',
      '--wrap=exec sleep 3600',
    );
  await submit(count, () => api.submit(body('true', JOB)));
  const areQueued = async () =>
    (await cluster.slurm('squeue', '--noheader', '--states=PENDING')).split('\n').length > count;
  await waitUntil(areQueued, { what: 'the jobs to be queued', deadlineMs: ALL_ENDED_MS });
  // The submissions are over, and the daemon looks at growing distances.
  await delay(5000);
  const pct = await cpuPercent(daemonPid, ms);
  await cluster.slurm('scancel', '--state=PENDING', `--user=${userInfo().username}`);
  return row(`daemon CPU with ${count} queued jobs`, '%', pct, 1, { aim: atMost(2) });
}
