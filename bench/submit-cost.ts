// Cost of one submission with 0, 10 000 and 100 000 tasks in the queue.

import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { holdHost, type Product, withProduct } from './support/product.ts';
import { median } from './support/statistics.ts';

export function submitCost({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    await holdHost(product);
    const levels = isQuick ? [0, 10_000] : [0, 10_000, 100_000];
    const samples = isQuick ? 100 : 400;
    // A new process is slower, and this measures only the queue.
    await submitOnce(product, samples);
    let queued = 0;
    const rows: Row[] = [];
    for (const [index, level] of levels.entries()) {
      progress(index, levels.length);
      for (; queued < level; queued += 1000) await fill(product, queued);
      const ms = await submitOnce(product, samples);
      const empty = rows[0]?.ours ?? ms;
      const more = {
        against: { what: 'after 0', value: empty },
        ratio: ms / empty,
        aim: atMost(1.3, 'ratio'),
      };
      rows.push(row(`submission after ${level} pending`, 'ms', ms, samples, index === 0 ? {} : more));
    }
    return rows;
  }, MORE_PENDING);
}

/** The samples are added to the highest level. */
const MORE_PENDING = { BABYSIT_ADMISSION_MAX_PENDING: '200000' };

/** Returns the median wall time of a request with its answer. */
async function submitOnce({ api, body }: Product, samples: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < samples; i += 1) {
    const start = performance.now();
    await api.submit(body('true', { queue: true }));
    times.push(performance.now() - start);
  }
  return median(times);
}

async function fill({ api, body }: Product, from: number): Promise<void> {
  const { caller, ...request } = body('true');
  const lines = Array.from({ length: 1000 }, (_, i) => ({ ...request, name: `fill-${from + i}` }));
  await api.batch({ caller, lines });
}
