// How much memory the host has and how much of it is free to use, page cache counted as free.
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { sizeField } from './proc-files.ts';

export interface HostMemory {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/** The limit of the container, read once: it costs as much as the rest of a sample. */
let constrained: number | null = null;

/**
 * MemTotal and MemAvailable of /proc/meminfo (Linux 3.14+: what can be used without swapping), both bounded by the
 * memory limit of the container the daemon runs in, if it has one.
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

/** Null when a field is missing. */
export function parseMeminfo(text: string): HostMemory | null {
  const totalBytes = sizeField(text, 'MemTotal');
  const availableBytes = sizeField(text, 'MemAvailable');
  return totalBytes === null || availableBytes === null ? null : { totalBytes, availableBytes };
}
