// What one sampling pass over 200 running tasks costs the daemon: its CPU time while nobody asks it anything.
import { setTimeout as delay } from 'node:timers/promises';
import type { Run } from './benchmark.ts';
import { cpuMs } from './proc.ts';
import { type Product, TINY, withProduct } from './product.ts';
import { atMost, type Row } from './row.ts';
import { median } from './statistics.ts';

const TASKS = 200;
/** A daemon with idle tasks does nothing else than to sample them, once in this time. */
const MONITOR_INTERVAL_MS = 1000;
/** Passes measured together. The heartbeats of all tasks, once a minute, are in one of twelve such windows. */
const WINDOW_PASSES = 5;
/** After a burst of submissions V8 still compiles and collects. */
const SETTLE_MS = 3000;

export function sampling({ isQuick, progress }: Run): Promise<Row[]> {
  const settings = { BABYSIT_WATCHDOG_MONITOR_INTERVAL: `${MONITOR_INTERVAL_MS}ms` };
  return withProduct(async (product) => {
    for (let count = 0; count < TASKS; count += 1) {
      progress(count, TASKS);
      await product.api.submit(product.body('echo begin; exec sleep 3600', { ...TINY, force: true }));
    }
    await delay(SETTLE_MS);
    const passMs: number[] = [];
    for (let window = 0; window < (isQuick ? 1 : 12); window += 1) {
      const cpu = await cpuMsWithin(product, WINDOW_PASSES * MONITOR_INTERVAL_MS);
      passMs.push(cpu / WINDOW_PASSES);
    }
    return [
      {
        name: `sampling pass over ${TASKS} tasks, CPU time`,
        unit: 'ms',
        ours: median(passMs),
        against: null,
        ratio: null,
        aim: atMost(10),
        samples: passMs.length,
      },
    ];
  }, settings);
}

async function cpuMsWithin({ daemonPid }: Product, windowMs: number): Promise<number> {
  const before = cpuMs(daemonPid);
  await delay(windowMs);
  return cpuMs(daemonPid) - before;
}
