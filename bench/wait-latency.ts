// Time from the end of a task to the exit of `babysit wait`, minus the time that a bare Node takes to exit.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { fineClock, readStamp, stampInto } from './support/clock.ts';
import { LAUNCHER, type Product, withProduct } from './support/product.ts';
import { median, p95 } from './support/statistics.ts';

/** Long enough for `wait` to connect, become idle and leave the CPU caches, as in real use. */
const TASK_S = 0.6;

interface Sample {
  readonly printedMs: number;
  readonly goneMs: number;
}

export function waitLatency({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const rounds = isQuick ? 8 : 60;
    const bare: Sample[] = [];
    const waits: Sample[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(round, rounds);
      bare.push(await bareExit(product));
      waits.push(await waitExit(product, round));
    }
    const exitMs = median(bare.map(({ goneMs }) => goneMs));
    const beyond = waits.map(({ goneMs }) => goneMs - exitMs);
    const printed = waits.map(({ printedMs }) => printedMs);
    return [
      row('end -> wait gone p95', 'ms', p95(beyond), rounds, { aim: atMost(20) }),
      row('end -> wait gone', 'ms', median(beyond), rounds),
      row('end -> wait printed p95', 'ms', p95(printed), rounds),
      row('end -> wait printed', 'ms', median(printed), rounds),
      row("node's own exit", 'ms', exitMs, rounds),
    ];
  });
}

async function waitExit({ api, body, env, scratch }: Product, round: number): Promise<Sample> {
  const file = join(scratch, `end-${round}`);
  const { id } = await api.submit(body(`sleep ${TASK_S}; ${stampInto(file)}`));
  const now = fineClock();
  const child = spawn(LAUNCHER, ['wait', id], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const seen = await watch(child, now);
  const end = readStamp(file);
  return { printedMs: seen.printedAt - end, goneMs: seen.goneAt - end };
}

/** A Node that idles for the same time, prints a line and exits like the CLI. */
async function bareExit({ env }: Product): Promise<Sample> {
  const script = `setTimeout(() => {
    const at = process.hrtime.bigint();
    process.stdout.write(at + '\\n');
    process.exit(0);
  }, ${TASK_S * 1000})`;
  const child = spawn(process.execPath, ['-e', script], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const seen = await watch(child, () => Number(process.hrtime.bigint()) / 1e6);
  const end = Number(seen.text) / 1e6;
  return { printedMs: seen.printedAt - end, goneMs: seen.goneAt - end };
}

async function watch(child: ChildProcess, now: () => number) {
  let printedAt = Number.NaN;
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    if (text === '') printedAt = now();
    text += chunk;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  const goneAt = now();
  if (code !== 0) throw new Error(`the waiting process ended with ${code}: ${text}`);
  while (text === '') await delay(1);
  return { printedAt, goneAt, text };
}
