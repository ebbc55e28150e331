// Reads the total and available memory of the host. Page cache counts as available.
import { spawnSync } from 'node:child_process';
import { freemem, totalmem } from 'node:os';
import { readKernelFile, sizeField } from './proc-files.ts';

export interface HostMemory {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/** For a reading that fails because no file descriptor is left. */
let last: HostMemory | null = null;

/** MemTotal and MemAvailable of /proc/meminfo (Linux 3.14+: available without swapping). */
export function readHostMemory(): HostMemory {
  const text = process.platform === 'linux' ? readKernelFile('/proc/meminfo') : null;
  last = (text === null ? last : parseMeminfo(text)) ?? {
    totalBytes: totalmem(),
    availableBytes: availableWithoutProc(),
  };
  return last;
}

/** Slab that the kernel can free; 0 without /proc/meminfo. */
export function readSlabBytes(): number {
  return sizeField(readKernelFile('/proc/meminfo') ?? '', 'SReclaimable') ?? 0;
}

/** Returns null when a field is missing. */
function parseMeminfo(text: string): HostMemory | null {
  const totalBytes = sizeField(text, 'MemTotal');
  const availableBytes = sizeField(text, 'MemAvailable');
  return totalBytes === null || availableBytes === null ? null : { totalBytes, availableBytes };
}

/** For people: where `readHostMemory` takes the available memory from. `limits`: groups with a smaller limit. */
export function memorySource(
  limits: readonly string[],
  platform: NodeJS.Platform = process.platform,
  libuv = process.versions.uv,
): string {
  const within = limits.length === 0 ? '' : `, within the limit of ${limits.join(' and ')}`;
  if (platform === 'linux') return `/proc/meminfo${within}`;
  if (countsInactive(libuv)) return `process.availableMemory() of libuv ${libuv}`;
  return platform === 'darwin' ? 'vm_stat: free, speculative and inactive pages' : 'os.freemem()';
}

/** libuv before 1.52 returns free pages only on macOS, which caches files in nearly all of them. */
function availableWithoutProc(): number {
  if (countsInactive(process.versions.uv)) return process.availableMemory();
  if (process.platform !== 'darwin') return freemem();
  return parseVmStat(spawnSync('vm_stat', { encoding: 'utf8' }).stdout ?? '') ?? freemem();
}

export function countsInactive(libuv: string): boolean {
  const [major = 0, minor = 0] = libuv.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 52);
}

/** Free, speculative and inactive pages: the kernel gives them to a process without swapping. Null for another text. */
export function parseVmStat(text: string): number | null {
  const pageBytes = /page size of (\d+) bytes/.exec(text)?.[1];
  if (pageBytes === undefined) return null;
  const pages = ['free', 'speculative', 'inactive'].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0),
  );
  return Number(pageBytes) * pages.reduce((sum, count) => sum + count, 0);
}
