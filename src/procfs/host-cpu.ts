// Reads the CPU time of the host: busy, and in all.
import { readKernelFile } from './proc-files.ts';

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
