// Reads the CPU time of the host: busy, and in all.
import { availableParallelism, cpus } from 'node:os';
import { readKernelFile } from './proc-files.ts';
import { TICK_MS } from './process/stat.ts';

/** Sums over all cores, in clock ticks. */
export interface HostCpuTime {
  readonly busyTicks: number;
  readonly totalTicks: number;
}

/** Returns null without /proc/stat. */
export function readHostCpu(path = '/proc/stat'): HostCpuTime | null {
  const text = readKernelFile(path);
  return text === null ? null : parseHostCpu(text);
}

/**
 * Source: proc(5). Time of a virtual machine (`guest`) is part of `user`. Time that the hypervisor takes (`steal`) is
 * busy: no program of this host gets it.
 */
export function parseHostCpu(text: string): HostCpuTime | null {
  const line = /^cpu +(.+)$/m.exec(text)?.[1];
  if (line === undefined) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .split(' ')
    .map(Number);
  const busyTicks = user + nice + system + irq + softirq + steal;
  return { busyTicks, totalTicks: busyTicks + idle + iowait };
}

/** CPU time in us of all programs on the cores that this process may use; null without /proc/stat. */
export function busyReader(procRoot = '/proc'): () => number | null {
  const isRestricted = availableParallelism() < cpus().length;
  const allowed = isRestricted ? allowedCores(readKernelFile(`${procRoot}/self/status`) ?? '') : null;
  return () => {
    const text = readKernelFile(`${procRoot}/stat`);
    const ticks = text === null ? null : busyTicksOf(text, allowed);
    return ticks === null ? null : ticks * TICK_MS * 1000;
  };
}

/** `allowed`: counts these cores only. */
export function busyTicksOf(text: string, allowed: ReadonlySet<number> | null): number | null {
  if (allowed === null) return parseHostCpu(text)?.busyTicks ?? null;
  return [...text.matchAll(/^cpu(\d+) +(.+)$/gm)]
    .filter(([, core]) => allowed.has(Number(core)))
    .reduce((sum, [, , fields]) => sum + (parseHostCpu(`cpu  ${fields}`)?.busyTicks ?? 0), 0);
}

/** `Cpus_allowed_list:	0-3,8`, see proc_pid_status(5). Null without such a line. */
export function allowedCores(status: string): ReadonlySet<number> | null {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1];
  if (list === undefined) return null;
  return new Set(
    list.split(',').flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, n) => first + n);
    }),
  );
}
