// Memory that babysit itself needs beside each running task: its supervisor, without the command.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Run } from './benchmark.ts';
import { type Footprint, footprint, tree } from './proc.ts';
import { type Product, TINY, withProduct } from './product.ts';
import { atMost, type Row } from './row.ts';
import { median } from './statistics.ts';

export function supervisorMemory({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const tasks = isQuick ? 3 : 10;
    const alone = await supervisorOf(product, await startSleep(product));
    const ids: string[] = [];
    for (let count = 0; count < tasks; count += 1) {
      progress(count, tasks);
      ids.push(await startSleep(product));
    }
    const each = await Promise.all(ids.map((id) => supervisorOf(product, id)));
    const row = (name: string, ours: number, aim: Row['aim'], samples: number): Row => ({
      name,
      unit: 'MB',
      ours,
      against: null,
      ratio: null,
      aim,
      samples,
    });
    return [
      row(
        'supervisor RSS, shared pages counted each time',
        median(each.map(({ rssMb }) => rssMb)),
        atMost(5),
        tasks,
      ),
      row('supervisor PSS, one task', alone.pssMb, atMost(5), 1),
      row(`supervisor PSS, ${tasks + 1} tasks`, median(each.map(({ pssMb }) => pssMb)), atMost(5), tasks),
    ];
  });
}

async function startSleep({ api, body }: Product): Promise<string> {
  return (await api.submit(body('exec sleep 3600', TINY))).id;
}

async function supervisorOf({ api, attemptDir }: Product, id: string): Promise<Footprint> {
  let { pid } = await api.task(id);
  while (pid === null) {
    await delay(20);
    ({ pid } = await api.task(id));
  }
  const supervisor = Number.parseInt(readFileSync(join(attemptDir(id), 'claim'), 'utf8'), 10);
  return footprint(tree(supervisor, new Set([pid])));
}
