// What "memory use" of a group means, and the parsers of the kernel's counter files.
//
// Working set = everything charged to the group, less what the kernel can take back at once:
//   v2: memory.current - inactive_file - active_file - slab_reclaimable
//   v1: memory.usage_in_bytes - total_inactive_file - total_active_file   (its memory.stat does not list slab)
// Source: Documentation/admin-guide/cgroup-v2.rst, memory.stat. The file LRU lists hold page cache only: shmem and
// tmpfs pages have no other home than memory or swap, live on the anon lists and are therefore counted. Compare
// kubelet's working set (usage - inactive_file), which counts the cache of a task that reads a file twice.

/** What is taken off, in bytes. */
export function cacheBytesV2(memoryStat: string): number {
  return (
    keyed(memoryStat, 'inactive_file') +
    keyed(memoryStat, 'active_file') +
    keyed(memoryStat, 'slab_reclaimable')
  );
}

/** What is taken off, in bytes. */
export function cacheBytesV1(memoryStat: string): number {
  return keyed(memoryStat, 'total_inactive_file') + keyed(memoryStat, 'total_active_file');
}

/** Counts in multiples of this come from a clock that ticks every 1, 4 or 10 ms, in which much can happen; 0: not counted. */
const TICK_USEC = 1000;

/**
 * True: the group has done nothing between two readings of its CPU time, in µs. Whoever forks in vain, is killed, ends or
 * writes a file uses some, and the kernel counts it after the act.
 */
export function hasRested(beforeUsec: number, nowUsec: number): boolean {
  return nowUsec === beforeUsec && nowUsec % TICK_USEC !== 0;
}

/** What memory.stat and the cap file of a group say. */
export interface CacheReading {
  readonly cacheBytes: number;
  /** Infinity: none. */
  readonly capBytes: number;
}

/** Nearer to its cap than this, page cache makes room for what is added, and the total stands still. */
const NEAR_CAP = 0.9;
/**
 * What else shifts within the same total (mlock(2), a host short of memory) is seen at every fifth sample; of a group that
 * uses no CPU time, and therefore shifts nothing itself, at every thirtieth.
 */
const MAX_AGE = 30;
const AGE_OF_A_SAMPLE = { active: 6, rested: 1 };

/**
 * The working set of one group, sample by sample. memory.stat costs as much as all other counters of a sample, so a reading
 * is used again as long as the total charged to the group stands still, far from its cap.
 */
export class WorkingSet {
  #totalBytes = Number.NaN;
  #reading: CacheReading = { cacheBytes: 0, capBytes: 0 };
  #cpuUsec = Number.NaN;
  #age = 0;

  /** `totalBytes`: all that is charged to the group. `cpuUsec`: used by it so far; 0: not counted. */
  bytes(totalBytes: number, cpuUsec: number, read: () => CacheReading): number {
    this.#age += hasRested(this.#cpuUsec, cpuUsec) ? AGE_OF_A_SAMPLE.rested : AGE_OF_A_SAMPLE.active;
    this.#cpuUsec = cpuUsec;
    if (!this.#isGood(totalBytes)) {
      this.#totalBytes = totalBytes;
      this.#reading = read();
      this.#age = 0;
    }
    // The two files are not read at the same instant, and memory.stat may lag behind.
    return Math.max(0, totalBytes - this.#reading.cacheBytes);
  }

  #isGood(nowBytes: number): boolean {
    return (
      nowBytes === this.#totalBytes && nowBytes < NEAR_CAP * this.#reading.capBytes && this.#age < MAX_AGE
    );
  }
}

// Readers of their own, and none of src/text: they run for every task at every sample and allocate nothing.
const ZERO = 48;
const LETTER_M = 109;

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

/** The same of the first `length` bytes. */
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
