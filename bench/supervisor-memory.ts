// Memory that babysit itself needs beside each running task: its supervisor, without the command.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseIdentity } from '../src/exec/process-identity.ts';
import { readRecords } from '../src/exec/records.ts';
import type { Run } from './benchmark.ts';
import { type Footprint, footprint } from './proc.ts';
import { type Product, TINY, withProduct } from './product.ts';
import { atMost, type Row } from './row.ts';
import { median } from './statistics.ts';

/** `processes`: the parent of the command and the log writer, and a copier once there is output. */
const SILENT = { line: 'exec sleep 3600', processes: 2 };
const PRINTING = { line: 'echo asleep; exec sleep 3600', processes: 3 };

export function supervisorMemory({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const tasks = isQuick ? 3 : 10;
    const start = async ({ line, processes }: typeof SILENT) => {
      const { id } = await product.api.submit(product.body(line, TINY));
      return () => supervisorOf(product, id, processes);
    };
    const alone = await (await start(PRINTING))();
    const silent: (() => Promise<Footprint>)[] = [];
    const printing: typeof silent = [];
    for (let count = 0; count < tasks; count += 1) {
      progress(count, tasks);
      silent.push(await start(SILENT));
      printing.push(await start(PRINTING));
    }
    const measure = (each: typeof silent) => Promise.all(each.map((of) => of()));
    const [quiet, loud] = [await measure(silent), await measure(printing)];
    const row = (name: string, ours: number, samples: number): Row => ({
      name: `supervisor ${name}`,
      unit: 'MB',
      ours,
      against: null,
      ratio: null,
      aim: atMost(5),
      samples,
    });
    const rss = (each: readonly Footprint[]) => median(each.map(({ rssMb }) => rssMb));
    const pss = (each: readonly Footprint[]) => median(each.map(({ pssMb }) => pssMb));
    return [
      row('RSS, silent task', rss(quiet), tasks),
      row('RSS, task that prints', rss(loud), tasks),
      row('PSS, task that prints, alone', alone.pssMb, 1),
      row(`PSS, task that prints, of ${2 * tasks + 1}`, pss(loud), tasks),
    ];
  });
}

async function supervisorOf({ attemptDir }: Product, id: string, processes: number): Promise<Footprint> {
  for (;;) {
    const { supervisor } = readRecords(attemptDir(id));
    const pids = supervisor?.groupId ? processGroup(supervisor.groupId) : [];
    if (pids.length === processes) return footprint(pids);
    await delay(20);
  }
}

function processGroup(groupId: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => parseIdentity(statOf(name)) ?? [])
    .filter((identity) => identity.groupId === groupId)
    .map(({ pid }) => pid);
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // Gone since the listing.
    return '';
  }
}
