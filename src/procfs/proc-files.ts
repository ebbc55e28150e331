// Reads files of the kernel. A process can end at any time: an unreadable file gives null, not an error.
import { readdirSync, readFileSync } from 'node:fs';

/** Returns null when the process has ended, belongs to another user, or /proc does not exist. */
export function readProcFile(pid: number, file: string, procRoot = '/proc'): string | null {
  return readKernelFile(`${procRoot}/${pid}/${file}`);
}

export function readKernelFile(path: string): string | null {
  try {
    // 'utf8' selects a native fast path of Node, without fstat and without a JavaScript buffer.
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Throws without /proc. */
export function listPids(procRoot = '/proc'): number[] {
  return readdirSync(procRoot).map(Number).filter(Number.isInteger);
}

/** Bytes of a line `VmRSS:     1234 kB`, as in status and /proc/meminfo. Returns null without such a line. */
export function sizeField(text: string, name: string): number | null {
  const field = `${name}:`;
  const at = text.startsWith(field) ? 0 : text.indexOf(`\n${field}`);
  if (at < 0) return null;
  const kib = Number.parseInt(text.slice(text.indexOf(':', at) + 1, text.indexOf(' kB', at)), 10);
  return Number.isNaN(kib) ? null : kib * 1024;
}
