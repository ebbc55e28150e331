// Trivial tasks a second through the API, each recorded durably and in its own cgroup, compared with bare spawns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { atLeast, type Row, type Run, row } from './support/benchmark.ts';
import { cpuMs, rssMb } from './support/proc.ts';
import { assertCompleted, type Product, withProduct } from './support/product.ts';
import { median } from './support/statistics.ts';

/** Concurrent requests share rounds and commits. A command that prints also needs a process that copies its output. */
const LOADS = [
  { line: 'true', inFlight: 4, aim: atLeast(0.4, 'ratio') },
  { line: 'true', inFlight: 16, aim: atLeast(0.4, 'ratio') },
  { line: 'echo done', inFlight: 16, aim: null },
] as const;

/** More concurrent spawns are slower. */
const BARE_IN_FLIGHT = 4;

/** Sixteen of them fit on two cores. The cap of 3 x does not throttle such short commands. */
const ESTIMATE = { estimated_cpu_cores: '0.05' };

export function throughput({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const rounds = isQuick ? 3 : 9;
    const batch = isQuick ? 100 : 250;
    const env = callersEnv(product);
    await ours(product, env, batch, LOADS[0]);
    const rows: Row[] = [];
    const daemonCpu: number[] = [];
    for (const [index, load] of LOADS.entries()) {
      const bare: number[] = [];
      const tasks: number[] = [];
      const ratios: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        progress(index * rounds + round, LOADS.length * rounds);
        const spawned = await perSecond(batch, BARE_IN_FLIGHT, () => bareSpawn(env, load.line));
        const cpuBefore = cpuMs(product.daemonPid);
        const ran = await ours(product, env, batch, load);
        daemonCpu.push((cpuMs(product.daemonPid) - cpuBefore) / batch);
        bare.push(spawned);
        tasks.push(ran);
        ratios.push(ran / spawned);
      }
      const name = `tasks \`${load.line}\`, ${load.inFlight} in flight`;
      rows.push(
        row(name, '/s', median(tasks), rounds * batch, {
          against: { what: `spawn of bash -c '${load.line}'`, value: median(bare) },
          ratio: median(ratios),
          aim: load.aim,
        }),
      );
    }
    const all = LOADS.length * rounds * batch;
    return [
      ...rows,
      row('CPU of the daemon for each task', 'ms', median(daemonCpu), all),
      row('daemon RSS after them', 'MB', rssMb(product.daemonPid), all),
    ];
  });
}

type Env = Readonly<Record<string, string>>;

function ours(product: Product, env: Env, batch: number, load: (typeof LOADS)[number]): Promise<number> {
  return perSecond(batch, load.inFlight, async () => {
    const { id } = await product.api.submit(product.body(load.line, { env, ...ESTIMATE }));
    assertCompleted(await product.api.ended(id), product);
  });
}

async function bareSpawn(env: Env, command: string): Promise<void> {
  await once(spawn('bash', ['-c', command], { stdio: 'ignore', env }), 'exit');
}

/** The same for both: a bash without HOME reads the user database, which costs a quarter of its start. */
function callersEnv({ env }: Product): Env {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Runs `count` calls, `inFlight` at a time. */
async function perSecond(count: number, inFlight: number, once: () => Promise<void>): Promise<number> {
  let started = 0;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      await once();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return count / ((performance.now() - start) / 1000);
}
