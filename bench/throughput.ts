// Trivial tasks a second through the API, each recorded durably and in a cgroup of its own, against bare spawns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Run } from './benchmark.ts';
import { cpuMs, rssMb } from './proc.ts';
import { assertCompleted, type Product, withProduct } from './product.ts';
import { atLeast, type Row } from './row.ts';
import { median } from './statistics.ts';

/** What is asked for at once shares rounds and commits. A command that prints also needs a process that copies its output. */
const LOADS = [
  { line: 'true', inFlight: 4, aim: atLeast(0.4, 'ratio') },
  { line: 'true', inFlight: 16, aim: atLeast(0.4, 'ratio') },
  { line: 'echo done', inFlight: 16, aim: null },
] as const;

/** With more of them at once bare spawns only get slower. */
const BARE_IN_FLIGHT = 4;

/** Sixteen of them fit on two cores; the cap of three times as much throttles no command as short as these. */
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
      rows.push({
        name: `tasks \`${load.line}\`, ${load.inFlight} in flight`,
        unit: '/s',
        ours: median(tasks),
        against: { what: `spawn of bash -c '${load.line}'`, value: median(bare) },
        ratio: median(ratios),
        aim: load.aim,
        samples: rounds * batch,
      });
    }
    const row = (name: string, unit: Row['unit'], ours: number): Row => ({
      name,
      unit,
      ours,
      against: null,
      ratio: null,
      aim: null,
      samples: LOADS.length * rounds * batch,
    });
    return [
      ...rows,
      row('CPU of the daemon for each task', 'ms', median(daemonCpu)),
      row('daemon RSS after them', 'MB', rssMb(product.daemonPid)),
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

/** The same for both: a bash without HOME asks the system's user database for it, which costs a quarter of its start. */
function callersEnv({ env }: Product): Env {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Keeps `inFlight` of them going until `count` have ended. */
async function perSecond(count: number, inFlight: number, once: () => Promise<void>): Promise<number> {
  let begun = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await once();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return count / ((performance.now() - start) / 1000);
}
