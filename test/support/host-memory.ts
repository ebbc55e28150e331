// Memory for tests of what happens when there is little of it: tasks that hold some, and parts of what the host has.
import { readHostMemory } from '../../src/procfs/meminfo.ts';

export const MIB = 1024 ** 2;

/** A shell line that holds that much memory while `meanwhile` runs: tail(1) keeps the last bytes of a pipe until its end. */
export function hold(bytes: number, meanwhile: string): string {
  return `{ head -c ${bytes} /dev/zero; ${meanwhile}; } | tail -c ${bytes} >/dev/null`;
}

/** Bytes of this part of the host's memory; at least so many that they are seen beside what comes and goes. */
export function shareOfHost(part: number, leastMib: number): number {
  return Math.round(Math.max(part * readHostMemory().totalBytes, leastMib * MIB));
}

/** Percent of the host's memory: what is in use now, and so many bytes more or, below zero, less. */
export function pctOfHostInUse(moreBytes: number): number {
  const { totalBytes, availableBytes } = readHostMemory();
  return (100 * (totalBytes - availableBytes + moreBytes)) / totalBytes;
}
