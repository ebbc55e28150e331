// Counts what the processes of one task read, wrote and waited for, from their own counters, the ended ones included.
import { readdirSync } from 'node:fs';
import { addReading, type Counted, NOTHING_COUNTED, sumOf } from '../lasting-sum.ts';
import { readProcFile } from '../proc-files.ts';
import { readStat } from './stat.ts';

export interface IoCount {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** `waitedMs`: ready to run and not running. */
export interface CpuCount {
  readonly ranMs: number;
  readonly waitedMs: number;
}

/** Only so many processes, and threads of each, are read. */
const MAX_PROCESSES = 64;
const MAX_THREADS = 64;
/** A shorter run proves nothing about the share of CPU that a task gets. */
const MIN_RUN_NS = 100e6;

export class MemberCounters {
  #read = NOTHING_COUNTED;
  #written = NOTHING_COUNTED;
  #ran = NOTHING_COUNTED;
  #waited = NOTHING_COUNTED;
  #hasIo = false;
  #waitPerCpuSecond: number | null = null;

  /** `pids`: all processes of the task now. */
  read(pids: readonly number[]): void {
    const processes = pids.slice(0, MAX_PROCESSES).flatMap((pid) => {
      const stat = readStat(pid);
      return stat === null ? [] : [{ pid, ppid: stat.ppid, key: `${pid}:${stat.startTicks}` }];
    });
    const io = processes.flatMap((process) => {
      const count = parseIo(readProcFile(process.pid, 'io') ?? '');
      return count === null ? [] : [{ ...process, ...count }];
    });
    this.#hasIo ||= io.length > 0;
    this.#read = addReading(this.#read, counted(io, 'readBytes'));
    this.#written = addReading(this.#written, counted(io, 'writtenBytes'));
    // Unlike I/O, these do not pass to the parent.
    const threads = processes.flatMap(({ pid, key }) =>
      threadsOf(pid).flatMap((thread) => {
        const [ranNs = 0, waitedNs = 0] = (readProcFile(pid, `task/${thread}/schedstat`) ?? '')
          .split(' ')
          .map(Number);
        return [{ pid: thread, ppid: 0, key: `${key}:${thread}`, ranNs, waitedNs }];
      }),
    );
    this.#ran = addReading(this.#ran, counted(threads, 'ranNs'));
    this.#waited = addReading(this.#waited, counted(threads, 'waitedNs'));
    const ranNs = sumOf(this.#ran);
    this.#waitPerCpuSecond = ranNs < MIN_RUN_NS ? null : sumOf(this.#waited) / ranNs;
  }

  /** Returns null when the counters of no process were readable. */
  get io(): IoCount | null {
    return this.#hasIo ? { readBytes: sumOf(this.#read), writtenBytes: sumOf(this.#written) } : null;
  }

  /** Times of all threads so far. */
  get cpu(): CpuCount {
    return { ranMs: sumOf(this.#ran) / 1e6, waitedMs: sumOf(this.#waited) / 1e6 };
  }

  /** Seconds ready without CPU for each second of CPU time; null when not measured. Every sample asks for it. */
  get waitPerCpuSecond(): number | null {
    return this.#waitPerCpuSecond;
  }
}

/**
 * Bytes that a process and the children it waited for have read from and sent to storage, from /proc/<pid>/io, proc(5).
 * write_bytes counts when a page becomes dirty, so unlike cgroup v1 it counts buffered writes, and for their writer.
 */
export function parseIo(text: string): IoCount | null {
  const written = /^write_bytes: (\d+)$/m.exec(text)?.[1];
  if (written === undefined) return null;
  const read = /^read_bytes: (\d+)$/m.exec(text)?.[1];
  return { readBytes: Number(read ?? 0), writtenBytes: Number(written) };
}

type Reading<K extends string> = Omit<Counted, 'value'> & Readonly<Record<K, number>>;

function counted<K extends string>(readings: readonly Reading<K>[], what: K): Counted[] {
  return readings.map((reading) => ({
    key: reading.key,
    pid: reading.pid,
    ppid: reading.ppid,
    value: reading[what],
  }));
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).slice(0, MAX_THREADS).map(Number);
  } catch {
    return [];
  }
}
