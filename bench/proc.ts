// Reads memory and CPU time of processes. Linux only.
import { readdirSync, readFileSync } from 'node:fs';

const KIB_PER_MB = 1024;

export function rssMb(pid: number): number {
  return field(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS') / KIB_PER_MB;
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
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    rss += field(text, 'Rss');
    pss += field(text, 'Pss');
  }
  return { rssMb: rss / KIB_PER_MB, pssMb: pss / KIB_PER_MB };
}

/** CPU time of all threads. schedstat counts nanoseconds, stat only ticks of 10 ms. */
export function cpuMs(pid: number): number {
  try {
    let ns = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`))
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    return ns / 1e6;
  } catch {
    const [utime, stime] = statFields(pid).slice(11, 13).map(Number);
    return ((utime ?? 0) + (stime ?? 0)) * 10;
  }
}

/** The fields after the name, which may hold spaces and parentheses: state, ppid, … */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
}
