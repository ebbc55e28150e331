// How long a ping takes beside each heavy load, and how late the watchdog enforces a time limit there.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { LOADS, type Load } from './load/loads.ts';
import { atMost, type Benchmark, type Row, row } from './support/benchmark.ts';
import { type Product, TINY, withProduct } from './support/product.ts';
import { quantile } from './support/statistics.ts';

const PINGER = join(import.meta.dirname, 'load', 'pinger.ts');
const IDLE_MS = 5000;
/** A task under the load that the watchdog ends. */
const KILL_TIMEOUT_MS = 3000;

/** One for each load, by its name. */
export const underLoad: Readonly<Record<string, Benchmark>> = Object.fromEntries(
  Object.entries(LOADS).map(([name, load]) => [name, ({ isQuick }) => measure(load, isQuick)]),
);

function measure(load: Load, isQuick: boolean): Promise<Row[]> {
  return withProduct(async (product) => {
    const idle = await pingsWhile(product, () => delay(IDLE_MS));
    await load.prepare?.(product, isQuick);
    const lateMs: number[] = [];
    const begun = pinger(product);
    const stop = await load.start(product, isQuick);
    for (let probe = 0; probe < (isQuick ? 2 : 6); probe += 1) lateMs.push(await lateness(product));
    const pings = await begun.end();
    await stop();
    const idleP99 = quantile(idle, 0.99);
    const p99 = quantile(pings, 0.99);
    const against = { what: 'idle', value: idleP99 };
    return [
      row(`ping p99: ${load.what}`, 'ms', p99, pings.length, {
        against,
        ratio: p99 / idleP99,
        aim: atMost(50),
      }),
      row('  worst ping', 'ms', Math.max(...pings), pings.length),
      row('  watchdog late, worst', 'ms', Math.max(...lateMs), lateMs.length, { aim: atMost(1000) }),
    ];
  }, load.settings);
}

/** How much later than its kill timeout a task ends. */
async function lateness({ api, body }: Product): Promise<number> {
  const limits = { ...TINY, estimated_time: '1s', kill_timeout: `${KILL_TIMEOUT_MS}ms`, force: true };
  const { id } = await api.submit(body('exec sleep 600', limits));
  const { started_at, ended_at } = await api.ended(id);
  return Date.parse(ended_at ?? '') - Date.parse(started_at ?? '') - KILL_TIMEOUT_MS;
}

async function pingsWhile(product: Product, work: () => Promise<unknown>): Promise<number[]> {
  const begun = pinger(product);
  await work();
  return begun.end();
}

/** A process of its own: the benchmark is busy with the load. */
function pinger({ home }: Product): { end(): Promise<number[]> } {
  const child: ChildProcess = spawn(process.execPath, [PINGER, join(home, 'daemon.sock')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  return {
    async end() {
      child.stdin?.end();
      const [printed] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), exited]);
      return JSON.parse(printed) as number[];
    },
  };
}
