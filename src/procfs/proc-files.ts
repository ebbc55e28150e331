// Reads files that the kernel makes. A process may end at any moment: a file that cannot be read is null, not an error.
import { readdirSync, readFileSync } from 'node:fs';

/** The text of /proc/<pid>/<file>. Null when the process has gone, its owner is another user, or there is no /proc. */
export function readProcFile(pid: number, file: string, procRoot = '/proc'): string | null {
  return readKernelFile(`${procRoot}/${pid}/${file}`);
}

export function readKernelFile(path: string): string | null {
  try {
    // utf8 alone has a way in Node that neither asks for the size nor takes a new buffer because there is none.
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Of every process that /proc shows. Throws where there is no /proc. */
export function listPids(procRoot = '/proc'): number[] {
  return readdirSync(procRoot).map(Number).filter(Number.isInteger);
}

/** Bytes of a line `VmRSS:     1234 kB`, as in status, smaps_rollup and /proc/meminfo. Null where there is none. */
export function sizeField(text: string, name: string): number | null {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}
