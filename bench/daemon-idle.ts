// Memory and CPU time of an idle daemon, without tasks and with 100 idle tasks.
import { setTimeout as delay } from 'node:timers/promises';
import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { cpuPercent, rssMb } from './support/proc.ts';
import { TINY, withProduct } from './support/product.ts';

const TASKS = 100;
/** After a start or a burst of submissions V8 still compiles code and collects garbage. */
const SETTLE_MS = 3000;

export function daemonIdle({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const windowMs = isQuick ? 5000 : 30_000;
    progress(0, 3);
    await delay(SETTLE_MS);
    const rssEmpty = rssMb(product.daemonPid);
    const cpuEmpty = await cpuPercent(product.daemonPid, windowMs);
    progress(1, 3);
    for (let count = 0; count < TASKS; count += 1)
      await product.api.submit(product.body('exec sleep 3600', { ...TINY, observability_interval: '0' }));
    await delay(SETTLE_MS);
    progress(2, 3);
    const cpuBusy = await cpuPercent(product.daemonPid, windowMs);
    const rssBusy = rssMb(product.daemonPid);
    return [
      row('daemon RSS, no task', 'MB', rssEmpty, 1, { aim: atMost(90) }),
      row(`daemon RSS, ${TASKS} idle tasks`, 'MB', rssBusy, 1, { aim: atMost(90) }),
      row('daemon CPU, no task', '%', cpuEmpty, 1, { aim: atMost(0.2) }),
      row(`daemon CPU, ${TASKS} idle tasks`, '%', cpuBusy, 1, { aim: atMost(3) }),
    ];
  });
}
