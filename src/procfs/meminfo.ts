// Reads the total and available memory of the host. Page cache counts as available.
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { sizeField } from './proc-files.ts';

export interface HostMemory {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/** Memory limit of the container. Read once: reading it costs as much as the rest of a sample. */
let constrained: number | null = null;

/**
 * MemTotal and MemAvailable of /proc/meminfo (Linux 3.14+: available without swapping), limited by the memory limit of the
 * daemon's container.
 */
export function readHostMemory(): HostMemory {
  const host = process.platform === 'linux' ? parseMeminfo(readFileSync('/proc/meminfo', 'utf8')) : null;
  const memory = host ?? { totalBytes: totalmem(), availableBytes: freemem() };
  constrained ??= process.constrainedMemory();
  if (constrained === 0 || constrained >= memory.totalBytes) return memory;
  return {
    totalBytes: constrained,
    availableBytes: Math.min(memory.availableBytes, process.availableMemory()),
  };
}

/** Returns null when a field is missing. */
function parseMeminfo(text: string): HostMemory | null {
  const totalBytes = sizeField(text, 'MemTotal');
  const availableBytes = sizeField(text, 'MemAvailable');
  return totalBytes === null || availableBytes === null ? null : { totalBytes, availableBytes };
}
