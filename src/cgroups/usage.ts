// Defines the memory usage of a group and parses the kernel's counter files.
//
// Working set = all memory charged to the group minus what the kernel can reclaim at once:
//   v2: memory.current - inactive_file - active_file - slab_reclaimable
//   v1: memory.usage_in_bytes - total_inactive_file - total_active_file - memory.kmem.usage_in_bytes
//       (its memory.stat does not list slab. Most kernel memory of a group is the cache of names and inodes of the files
//       that it visits; stacks and page tables are left out with it, but count for the limit.)
// Source: Documentation/admin-guide/cgroup-v2.rst, memory.stat. The file LRU lists hold only page cache. Shmem and
// tmpfs pages are on the anon lists and count, because they need memory or swap. The working set of kubelet (usage -
// inactive_file) differs: it includes the cache of a file that a task reads twice.

/** Reclaimable memory in bytes. */
export function cacheBytesV2(memoryStat: string): number {
  return (
    keyed(memoryStat, 'inactive_file') +
    keyed(memoryStat, 'active_file') +
    keyed(memoryStat, 'slab_reclaimable')
  );
}

/** Reclaimable memory in bytes. */
export function reclaimableBytesV1(memoryStat: string, kernelBytes: number): number {
  return keyed(memoryStat, 'total_inactive_file') + keyed(memoryStat, 'total_active_file') + kernelBytes;
}

/** Multiples of this come from a clock with ticks of 1, 4 or 10 ms, too coarse to prove idleness. 0: not counted. */
const TICK_USEC = 1000;

/**
 * Returns true when the group was idle between two readings of its CPU time in µs. A failed fork, a kill, an exit and a
 * write all use CPU time, which the kernel counts afterwards.
 */
export function wasIdle(beforeUsec: number, nowUsec: number): boolean {
  return nowUsec === beforeUsec && nowUsec % TICK_USEC !== 0;
}

export interface CacheReading {
  readonly cacheBytes: number;
  /** Infinity without a limit. */
  readonly capBytes: number;
}

/** Above this share of its limit, the group replaces page cache with new memory, and the total does not change. */
const NEAR_CAP = 0.9;
/**
 * Cache and other memory may shift within the same total (mlock(2), memory pressure). So memory.stat is read at every
 * fifth sample of an active group, and at every thirtieth of an idle one.
 */
const MAX_AGE = 30;
const AGE_PER_SAMPLE = { active: 6, idle: 1 };

/**
 * The working set of a group. Reading memory.stat costs as much as all other counters together, so a reading is reused
 * while the total does not change and is far from the limit.
 */
export class WorkingSet {
  #totalBytes = Number.NaN;
  #reading: CacheReading = { cacheBytes: 0, capBytes: 0 };
  #cpuUsec = Number.NaN;
  #age = 0;

  /** `totalBytes`: all memory charged to the group. `cpuUsec`: its CPU time; 0 if not counted. */
  bytes(totalBytes: number, cpuUsec: number, read: () => CacheReading): number {
    this.#age += wasIdle(this.#cpuUsec, cpuUsec) ? AGE_PER_SAMPLE.idle : AGE_PER_SAMPLE.active;
    this.#cpuUsec = cpuUsec;
    if (!this.#isCurrent(totalBytes)) {
      this.#totalBytes = totalBytes;
      this.#reading = read();
      this.#age = 0;
    }
    // The two files are not read at the same moment, and memory.stat may be older.
    return Math.max(0, totalBytes - this.#reading.cacheBytes);
  }

  #isCurrent(nowBytes: number): boolean {
    return (
      nowBytes === this.#totalBytes && nowBytes < NEAR_CAP * this.#reading.capBytes && this.#age < MAX_AGE
    );
  }
}

// Readers of their own, and none of src/text: they run for every task at every sample and allocate nothing.
const ZERO = 48;
const LETTER_M = 109;

/** The value of `key` in a file of `key value` lines; 0 without such a line. */
export function keyed(text: string, key: string): number {
  const needle = `${key} `;
  if (text.startsWith(needle)) return digits(text, needle.length);
  const at = text.indexOf(`\n${needle}`);
  return at < 0 ? 0 : digits(text, at + 1 + needle.length);
}

/** The number in a one-line file; null for an absent file, Infinity for `max`. */
export function single(text: string | null): number | null {
  if (text === null || text === '') return null;
  return text.startsWith('max') ? Number.POSITIVE_INFINITY : digits(text, 0);
}

/** As `single`, from the first `length` bytes. */
export function singleIn(bytes: Uint8Array, length: number): number | null {
  if (length === 0) return null;
  if (bytes[0] === LETTER_M) return Number.POSITIVE_INFINITY;
  let value = 0;
  for (let at = 0; at < length; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/** Cores of a quota `50000 100000`, cpu.max in v2; Infinity without one. */
export function quotaCoresV2(cpuMax: string | null): number {
  const [quota, period] = (cpuMax ?? 'max').trim().split(' ');
  return quotaCoresV1(quota ?? null, period ?? null);
}

/** Cores of cpu.cfs_quota_us (-1: none) and cpu.cfs_period_us; Infinity without a quota. */
export function quotaCoresV1(quota: string | null, period: string | null): number {
  const cores = Number(quota) / Number(period);
  return cores > 0 ? cores : Number.POSITIVE_INFINITY;
}

/** The CPUs in a list `0-3,8`; Infinity for none: an empty cpuset does not limit. */
export function cpuCount(list: string | null): number {
  let count = 0;
  for (const [, first, last] of (list ?? '').matchAll(/(\d+)(?:-(\d+))?/g))
    count += Number(last ?? first) - Number(first) + 1;
  return count > 0 ? count : Number.POSITIVE_INFINITY;
}

export interface IoBytes {
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** v2 io.stat: `8:0 rbytes=4096 wbytes=0 rios=1 …`, one line per device. */
export function ioStatV2(text: string | null): IoBytes | null {
  if (text === null) return null;
  return { readBytes: sumAfter(text, ' rbytes='), writeBytes: sumAfter(text, ' wbytes=') };
}

/** v1 blkio.throttle.io_service_bytes_recursive: `8:0 Read 4096`, one line per device and direction. */
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

function digits(text: string, from: number): number {
  let value = 0;
  for (let at = from; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}
