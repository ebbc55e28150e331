// What "memory use" of a group means, and the parsers of the kernel's counter files.
//
// Working set = everything charged to the group, less what the kernel can take back at once:
//   v2: memory.current - inactive_file - active_file - slab_reclaimable
//   v1: memory.usage_in_bytes - total_inactive_file - total_active_file   (its memory.stat does not list slab)
// Source: Documentation/admin-guide/cgroup-v2.rst, memory.stat. The file LRU lists hold page cache only: shmem and
// tmpfs pages have no other home than memory or swap, live on the anon lists and are therefore counted. Compare
// kubelet's working set (usage - inactive_file), which counts the cache of a task that reads a file twice.

export function workingSetV2(current: number, memoryStat: string): number {
  const cache =
    keyed(memoryStat, 'inactive_file') +
    keyed(memoryStat, 'active_file') +
    keyed(memoryStat, 'slab_reclaimable');
  // The two files are not read at the same instant, and memory.stat may lag behind.
  return Math.max(0, current - cache);
}

export function workingSetV1(usageInBytes: number, memoryStat: string): number {
  const cache = keyed(memoryStat, 'total_inactive_file') + keyed(memoryStat, 'total_active_file');
  return Math.max(0, usageInBytes - cache);
}

/** The value of `key` in a file of `key value` lines; 0 where this kernel has no such line. */
export function keyed(text: string, key: string): number {
  const needle = `${key} `;
  if (text.startsWith(needle)) return digits(text, needle.length);
  const at = text.indexOf(`\n${needle}`);
  return at < 0 ? 0 : digits(text, at + 1 + needle.length);
}

/** The only number of a one-line file; null for an absent file, Infinity for `max`. */
export function single(text: string | null): number | null {
  if (text === null || text === '') return null;
  return text.startsWith('max') ? Number.POSITIVE_INFINITY : digits(text, 0);
}

export interface IoBytes {
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** v2 io.stat: `8:0 rbytes=4096 wbytes=0 rios=1 …`, a line per device. */
export function ioStatV2(text: string | null): IoBytes | null {
  if (text === null) return null;
  return { readBytes: sumAfter(text, ' rbytes='), writeBytes: sumAfter(text, ' wbytes=') };
}

/** v1 blkio.throttle.io_service_bytes_recursive: `8:0 Read 4096`, a line per device and direction. */
export function ioStatV1(text: string | null): IoBytes | null {
  if (text === null) return null;
  return { readBytes: sumAfter(text, ' Read '), writeBytes: sumAfter(text, ' Write ') };
}

function sumAfter(text: string, marker: string): number {
  let sum = 0;
  for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + marker.length)) {
    sum += digits(text, at + marker.length);
  }
  return sum;
}

const ZERO = 48;
/** The decimal number that begins at `from`. */
function digits(text: string, from: number): number {
  let value = 0;
  for (let at = from; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}
