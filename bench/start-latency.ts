// Time from the acceptance of a task to the first instruction of its command, compared with a spawn of the command.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { fineClock, readStamp, stampInto } from './support/clock.ts';
import { assertCompleted, type Product, withProduct } from './support/product.ts';
import { median, p95 } from './support/statistics.ts';

export function startLatency({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const rounds = isQuick ? 20 : 200;
    const bare: number[] = [];
    const accepted: number[] = [];
    const sent: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(round, rounds);
      bare.push(await bareStart(product, round));
      const ours = await taskStart(product, round);
      accepted.push(ours.sinceAccepted);
      sent.push(ours.sinceSent);
    }
    const versus = (name: string, ours: number, spawned: number, aim: Row['aim'] = null): Row =>
      row(name, 'ms', ours, rounds, {
        against: { what: 'spawn of bash', value: spawned },
        ratio: ours / spawned,
        aim,
      });
    return [
      versus('accepted -> first instruction p95', p95(accepted), p95(bare), atMost(25)),
      versus('accepted -> first instruction', median(accepted), median(bare)),
      versus('request sent -> first instruction p95', p95(sent), p95(bare)),
      versus('request sent -> first instruction', median(sent), median(bare)),
    ];
  });
}

async function taskStart(product: Product, round: number) {
  const { api, body, scratch } = product;
  const file = join(scratch, `ours-${round}`);
  const now = fineClock();
  const sentAt = now();
  const { id } = await api.submit(body(stampInto(file)));
  const acceptedAt = now();
  assertCompleted(await api.ended(id), product);
  const first = readStamp(file);
  return { sinceAccepted: first - acceptedAt, sinceSent: first - sentAt };
}

async function bareStart({ scratch }: Product, round: number): Promise<number> {
  const file = join(scratch, `bare-${round}`);
  const now = fineClock();
  const start = now();
  await once(spawn('bash', ['-c', stampInto(file)], { stdio: 'ignore' }), 'exit');
  return readStamp(file) - start;
}
