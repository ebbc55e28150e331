// Memory of the supervisor of a running task, without the command.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readRecords } from '../src/exec/records.ts';
import { listPids } from '../src/procfs/proc-files.ts';
import { readStat } from '../src/procfs/process/stat.ts';
import { openMemoryCharge } from './memory-charge.ts';
import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { footprint } from './support/proc.ts';
import { type Product, TINY, withProduct } from './support/product.ts';
import { median } from './support/statistics.ts';

/** `processes`: the parent of the command, the log writer, and after the first output a copier. */
const SILENT = { name: 'silent task', line: 'exec sleep 3600', processes: 2 };
const PRINTING = { name: 'task that prints', line: 'echo asleep; exec sleep 3600', processes: 3 };

export function supervisorMemory({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const tasks = isQuick ? 5 : 20;
    const alone = footprint(await supervisorOf(product, PRINTING));
    const charge = openMemoryCharge(spawnerOf(product.daemonPid));
    const series = async (kind: typeof SILENT, done: number) => {
      const before = charge?.mb();
      const supervisors: number[][] = [];
      for (let count = 0; count < tasks; count += 1) {
        progress(done + count, 2 * tasks);
        supervisors.push(await supervisorOf(product, kind));
      }
      const charged = before === undefined || charge === null ? [] : [(charge.mb() - before) / tasks];
      return { name: kind.name, supervisors, charged };
    };
    try {
      const all = [await series(SILENT, 0), await series(PRINTING, tasks)];
      const rows = all.flatMap(({ name, supervisors, charged }) => {
        const each = supervisors.map(footprint);
        const rss = median(each.map(({ rssMb }) => rssMb));
        const pss = median(each.map(({ pssMb }) => pssMb));
        return [
          supervisorRow(`RSS, ${name}`, rss, tasks),
          supervisorRow(`PSS, ${name}, of ${2 * tasks + 1}`, pss, tasks),
          ...charged.map((mb) => supervisorRow(`charge, ${name}`, mb, tasks)),
        ];
      });
      return [...rows, supervisorRow(`PSS, ${PRINTING.name}, alone`, alone.pssMb, 1)];
    } finally {
      charge?.close();
    }
  });
}

function supervisorRow(name: string, ours: number, samples: number): Row {
  return row(`supervisor ${name}`, 'MB', ours, samples, { aim: atMost(5) });
}

/** Starts a task and returns the processes of its supervisor, as soon as all run. */
async function supervisorOf(product: Product, { line, processes }: typeof SILENT): Promise<number[]> {
  const { id } = await product.api.submit(product.body(line, TINY));
  for (;;) {
    const { supervisor } = readRecords(product.attemptDir(id));
    const pids = supervisor?.groupId ? processGroup(supervisor.groupId) : [];
    if (pids.length === processes) return pids;
    await delay(20);
  }
}

function spawnerOf(daemonPid: number): number {
  const children = readFileSync(`/proc/${daemonPid}/task/${daemonPid}/children`, 'utf8').trim().split(' ');
  const isSpawner = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/spawner.sh\0');
  return Number(children.find(isSpawner));
}

function processGroup(groupId: number): number[] {
  return listPids().filter((pid) => readStat(pid)?.groupId === groupId);
}
