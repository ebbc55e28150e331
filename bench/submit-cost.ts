// What one submission costs with nothing, ten thousand and a hundred thousand tasks in the queue.
import type { Run } from './benchmark.ts';
import { holdHost, type Product, withProduct } from './product.ts';
import { atMost, type Row } from './row.ts';
import { median } from './statistics.ts';

export function submitCost({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    await holdHost(product);
    const levels = isQuick ? [0, 10_000] : [0, 10_000, 100_000];
    const samples = isQuick ? 100 : 400;
    // A process that has just started is slower; what is measured is the queue.
    await submitOnce(product, samples);
    let queued = 0;
    const rows: Row[] = [];
    for (const [index, level] of levels.entries()) {
      progress(index, levels.length);
      for (; queued < level; queued += 1000) await fill(product, queued);
      const ms = await submitOnce(product, samples);
      const empty = rows[0]?.ours ?? ms;
      rows.push({
        name: `submission behind ${level} pending`,
        unit: 'ms',
        ours: ms,
        against: index === 0 ? null : { what: 'behind 0', value: empty },
        ratio: index === 0 ? null : ms / empty,
        aim: index === 0 ? null : atMost(1.3, 'ratio'),
        samples,
      });
    }
    return rows;
  }, MORE_PENDING);
}

/** The samples come on top of the highest level. */
const MORE_PENDING = { BABYSIT_ADMISSION_MAX_PENDING: '200000' };

/** Median wall time of a request and its answer. */
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
