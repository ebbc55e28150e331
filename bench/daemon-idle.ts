// What the daemon costs while nobody asks it anything: memory, and CPU with nothing running and with 100 idle tasks.
import { setTimeout as delay } from 'node:timers/promises';
import type { Run } from './benchmark.ts';
import { cpuMs, rssMb } from './proc.ts';
import { type Product, TINY, withProduct } from './product.ts';
import { type Aim, atMost, type Row } from './row.ts';

const TASKS = 100;
/** After a start or a burst of submissions V8 still compiles and collects. */
const SETTLE_MS = 3000;

export function daemonIdle({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const windowMs = isQuick ? 5000 : 30_000;
    progress(0, 3);
    await delay(SETTLE_MS);
    const rssEmpty = rssMb(product.daemonPid);
    const cpuEmpty = await cpuPercent(product, windowMs);
    progress(1, 3);
    for (let count = 0; count < TASKS; count += 1)
      await product.api.submit(product.body('exec sleep 3600', { ...TINY, observability_interval: '0' }));
    await delay(SETTLE_MS);
    progress(2, 3);
    const cpuBusy = await cpuPercent(product, windowMs);
    const rssBusy = rssMb(product.daemonPid);
    const row = (name: string, unit: Row['unit'], ours: number, aim: Aim): Row => ({
      name,
      unit,
      ours,
      against: null,
      ratio: null,
      aim,
      samples: 1,
    });
    return [
      row('daemon RSS, nothing running', 'MB', rssEmpty, atMost(90)),
      row(`daemon RSS, ${TASKS} idle tasks`, 'MB', rssBusy, atMost(90)),
      row('daemon CPU, nothing running', '%', cpuEmpty, atMost(0.2)),
      row(`daemon CPU, ${TASKS} idle tasks`, '%', cpuBusy, atMost(3)),
    ];
  });
}

/** Of one core. */
async function cpuPercent({ daemonPid }: Product, windowMs: number): Promise<number> {
  const start = performance.now();
  const before = cpuMs(daemonPid);
  await delay(windowMs);
  return (100 * (cpuMs(daemonPid) - before)) / (performance.now() - start);
}
