// Reads memory and CPU time of processes. Linux only.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readProcFile, sizeField } from '../../src/procfs/proc-files.ts';
import { readStat, TICK_MS } from '../../src/procfs/process/stat.ts';

const MB = 1024 ** 2;

export function rssMb(pid: number): number {
  return bytesOf(pid, 'status', 'VmRSS') / MB;
}

export interface Footprint {
  readonly rssMb: number;
  /** Proportional set size: shared pages are divided among their processes. */
  readonly pssMb: number;
}

export function footprint(pids: readonly number[]): Footprint {
  let rss = 0;
  let pss = 0;
  for (const pid of pids) {
    rss += bytesOf(pid, 'smaps_rollup', 'Rss');
    pss += bytesOf(pid, 'smaps_rollup', 'Pss');
  }
  return { rssMb: rss / MB, pssMb: pss / MB };
}

/** Of a process in this time, in percent of one core. */
export async function cpuPercent(pid: number, windowMs: number): Promise<number> {
  const began = performance.now();
  const before = cpuMs(pid);
  await delay(windowMs);
  return (100 * (cpuMs(pid) - before)) / (performance.now() - began);
}

/** CPU time of all threads. schedstat counts nanoseconds, stat only ticks of 10 ms. */
export function cpuMs(pid: number): number {
  try {
    let ns = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`))
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    return ns / 1e6;
  } catch {
    const stat = readStat(pid);
    if (stat === null) throw new Error(`process ${pid} has gone`);
    return (stat.field(14) + stat.field(15)) * TICK_MS;
  }
}

function bytesOf(pid: number, file: string, field: string): number {
  return sizeField(readProcFile(pid, file) ?? '', field) ?? Number.NaN;
}
