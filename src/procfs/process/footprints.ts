// The physical footprint of processes on macOS, as top prints it. The resident set that ps prints leaves out what the kernel
// has compressed, which on a host short of memory is most of it.
import { execFile } from 'node:child_process';

interface Sized {
  readonly pid: number;
  readonly startTicks: number;
  readonly rssBytes: number;
}

export interface Footprints {
  /** The last reading, and what the resident set has grown by since. Null before a reading of this process. */
  bytesOf(process: Sized): number | null;
  /** Starts a reading unless one runs or the last one is recent. Returns at once: top takes a second or more. */
  refresh(): void;
}

interface Reading {
  readonly bytes: number;
  /** Of the first look after the reading. */
  seen: Pick<Sized, 'startTicks' | 'rssBytes'> | null;
}

/** Prints the processes of all users. -F leaves out the frameworks, which take time. */
const TOP = ['/usr/bin/top', '-l', '1', '-F', '-stats', 'pid,mem'] as const;
const TIMEOUT_MS = 20_000;
const EVERY_MS = 5_000;
/** At most a tenth of the time is spent in top. */
const REST = 9;
const AFTER_FAILURE_MS = 60_000;

export function footprints(
  print: () => Promise<string> = printTop,
  nowMs: () => number = () => performance.now(),
): Footprints {
  let readings = new Map<number, Reading>();
  let isReading = false;
  let nextMs = Number.NEGATIVE_INFINITY;

  async function read(): Promise<void> {
    const begunMs = nowMs();
    const found = await print().then(parseTop, () => new Map<number, number>());
    const tookMs = nowMs() - begunMs;
    readings = new Map([...found].map(([pid, bytes]) => [pid, { bytes, seen: null }]));
    nextMs = nowMs() + (found.size === 0 ? AFTER_FAILURE_MS : Math.max(EVERY_MS, REST * tookMs));
    isReading = false;
  }

  return {
    bytesOf(process) {
      const reading = readings.get(process.pid);
      if (reading === undefined) return null;
      reading.seen ??= process;
      // Another process has the pid since.
      if (reading.seen.startTicks !== process.startTicks) return null;
      return reading.bytes + Math.max(0, process.rssBytes - reading.seen.rssBytes);
    },
    refresh() {
      if (isReading || nowMs() < nextMs) return;
      isReading = true;
      void read();
    },
  };
}

const UNIT_BYTES = { B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** The lines below `PID MEM`, such as `501  2929M+`: the sign says how the size has changed. */
export function parseTop(text: string): Map<number, number> {
  const sizes = new Map<number, number>();
  const [, rows = ''] = text.split(/^PID\s+MEM\s*$/m);
  for (const [, pid, size, unit] of rows.matchAll(/^\s*(\d+)\*?\s+(\d+(?:\.\d+)?)([BKMGT])[+-]?\s*$/gm))
    sizes.set(Number(pid), Math.round(Number(size) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES]));
  return sizes;
}

function printTop(): Promise<string> {
  const [top, ...words] = TOP;
  const options = { encoding: 'utf8', timeout: TIMEOUT_MS, env: { LC_ALL: 'C' } } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(top, words, options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    child.unref();
  });
}
