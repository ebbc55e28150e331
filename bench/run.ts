// node bench/run.ts [name…] [--quick] [--json]: runs the benchmarks one after the other and prints their rows.
import { parseArgs } from 'node:util';
import { batch } from './batch.ts';
import { cliRun } from './cli-run.ts';
import { daemonIdle } from './daemon-idle.ts';
import { exec } from './exec.ts';
import { hook } from './hook.ts';
import { showProgress } from './progress.ts';
import { sampling } from './sampling.ts';
import { schedulerPass } from './scheduler-pass.ts';
import { slurm } from './slurm.ts';
import { startLatency } from './start-latency.ts';
import { submitCost } from './submit-cost.ts';
import { supervisorMemory } from './supervisor-memory.ts';
import { type Benchmark, isMet, type Row } from './support/benchmark.ts';
import { buildProduct } from './support/product.ts';
import { table } from './support/table.ts';
import { throughput } from './throughput.ts';
import { top } from './top.ts';
import { underLoad } from './under-load.ts';
import { waitLatency } from './wait-latency.ts';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  hook,
  'cli-run': cliRun,
  exec,
  'wait-latency': waitLatency,
  'start-latency': startLatency,
  throughput,
  'daemon-idle': daemonIdle,
  'supervisor-memory': supervisorMemory,
  batch,
  sampling,
  'submit-cost': submitCost,
  'scheduler-pass': schedulerPass,
  slurm,
  top,
  ...underLoad,
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
process.exitCode = await main(positionals.length === 0 ? Object.keys(BENCHMARKS) : positionals);

/** Returns 0 also when an aim is missed: on a noisy machine that is not a failure. */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown.length > 0) {
    process.stderr.write(
      `unknown benchmark: ${unknown.join(', ')}; known are ${Object.keys(BENCHMARKS).join(', ')}\n`,
    );
    return 64;
  }
  buildProduct();
  const rows: Row[] = [];
  for (const name of names) {
    const benchmark = BENCHMARKS[name];
    const found = await benchmark?.({
      isQuick: flags.quick,
      progress: (done, of) => showProgress(`${name} ${done}/${of}`),
    });
    for (const row of found ?? []) {
      rows.push(row);
      if (flags.json)
        process.stdout.write(`${JSON.stringify({ benchmark: name, ...row, met: isMet(row) })}\n`);
    }
  }
  showProgress('');
  if (!flags.json) process.stdout.write(table(rows));
  return 0;
}
