// Trivial tasks a second through the API, each recorded durably and in a cgroup of its own, against bare spawns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Run } from './benchmark.ts';
import { cpuMs, rssMb } from './proc.ts';
import { assertCompleted, type Product, withProduct } from './product.ts';
import { atLeast, type Row } from './row.ts';
import { median } from './statistics.ts';

const IN_FLIGHT = 4;

/** A command that prints also needs a process that copies its output. */
const COMMANDS = [
  { line: 'true', aim: atLeast(0.4, 'ratio') },
  { line: 'echo done', aim: null },
] as const;

export function throughput({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const rounds = isQuick ? 3 : 9;
    const batch = isQuick ? 100 : 250;
    const env = callersEnv(product);
    await ours(product, env, batch, 'true');
    const rows: Row[] = [];
    const daemonCpu: number[] = [];
    for (const [index, { line, aim }] of COMMANDS.entries()) {
      const bare: number[] = [];
      const tasks: number[] = [];
      const ratios: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        progress(index * rounds + round, COMMANDS.length * rounds);
        const spawned = await perSecond(batch, () => bareSpawn(env, line));
        const cpuBefore = cpuMs(product.daemonPid);
        const ran = await ours(product, env, batch, line);
        daemonCpu.push((cpuMs(product.daemonPid) - cpuBefore) / batch);
        bare.push(spawned);
        tasks.push(ran);
        ratios.push(ran / spawned);
      }
      rows.push({
        name: `tasks \`${line}\`, ${IN_FLIGHT} in flight`,
        unit: '/s',
        ours: median(tasks),
        against: { what: `spawn of bash -c '${line}'`, value: median(bare) },
        ratio: median(ratios),
        aim,
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
      samples: COMMANDS.length * rounds * batch,
    });
    return [
      ...rows,
      row('CPU of the daemon for each task', 'ms', median(daemonCpu)),
      row('daemon RSS after them', 'MB', rssMb(product.daemonPid)),
    ];
  });
}

type Env = Readonly<Record<string, string>>;

function ours(product: Product, env: Env, batch: number, command: string): Promise<number> {
  return perSecond(batch, async () => {
    const { id } = await product.api.submit(product.body(command, { env }));
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
