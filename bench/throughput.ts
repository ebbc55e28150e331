// Trivial tasks a second through the API, each recorded durably and in a cgroup of its own, against bare spawns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Run } from './benchmark.ts';
import { cpuMs, rssMb } from './proc.ts';
import { assertCompleted, type Product, withProduct } from './product.ts';
import { atLeast, type Row } from './row.ts';
import { median } from './statistics.ts';

const IN_FLIGHT = 4;

export function throughput({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const rounds = isQuick ? 3 : 9;
    const batch = isQuick ? 100 : 250;
    await ours(product, batch);
    const bare: number[] = [];
    const tasks: number[] = [];
    const ratios: number[] = [];
    const daemonCpu: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(round, rounds);
      const spawned = await perSecond(batch, bareSpawn);
      const cpuBefore = cpuMs(product.daemonPid);
      const ran = await ours(product, batch);
      daemonCpu.push((cpuMs(product.daemonPid) - cpuBefore) / batch);
      bare.push(spawned);
      tasks.push(ran);
      ratios.push(ran / spawned);
    }
    const samples = rounds * batch;
    return [
      {
        name: `tasks, ${IN_FLIGHT} in flight`,
        unit: '/s',
        ours: median(tasks),
        against: { what: 'spawn of bash -c true', value: median(bare) },
        ratio: median(ratios),
        aim: atLeast(0.4, 'ratio'),
        samples,
      },
      {
        name: 'CPU of the daemon for each task',
        unit: 'ms',
        ours: median(daemonCpu),
        against: null,
        ratio: null,
        aim: null,
        samples,
      },
      {
        name: 'daemon RSS after them',
        unit: 'MB',
        ours: rssMb(product.daemonPid),
        against: null,
        ratio: null,
        aim: null,
        samples,
      },
    ];
  });
}

function ours(product: Product, batch: number): Promise<number> {
  return perSecond(batch, async () => {
    const { id } = await product.api.submit(product.body('true'));
    assertCompleted(await product.api.ended(id), product);
  });
}

async function bareSpawn(): Promise<void> {
  await once(spawn('bash', ['-c', 'true'], { stdio: 'ignore' }), 'exit');
}

/** Keeps `IN_FLIGHT` of them going until `count` have ended. */
async function perSecond(count: number, once: () => Promise<void>): Promise<number> {
  let begun = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await once();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return count / ((performance.now() - start) / 1000);
}
