// Writes one heartbeat record per minute of a running task. The file is kept for all attempts and removed with the task.
import { appendFileSync, closeSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Progress } from '../../core/progress.ts';
import { NotARegularFile, openRegular, readRegular } from '../../files/regular-file.ts';
import { parseJson } from '../../text/json.ts';
import { wholeLines } from '../../text/split.ts';
import type { Sample } from '../../watchdog/state.ts';

const MINUTE_MS = 60_000;
const MIB = 1024 ** 2;
/** About four days. A full file is renamed to `.1` and replaces the one before. */
const FILE_MAX_BYTES = MIB;
const PIECE_LINES = 200;

/** One line of the file. The field names are those of the API. */
export interface HeartbeatRecord {
  readonly timestamp: string;
  readonly job_name: string;
  readonly phase: string | null;
  readonly items_total: number | null;
  readonly items_done: number | null;
  readonly items_failed: number | null;
  readonly eta_minutes: number | null;
  readonly rss_mb: number;
  /** Mean of the minute; 100 is one core. */
  readonly cpu_pct: number;
}

export class Heartbeat {
  readonly #path: string;
  /** Minute (since the epoch), time and CPU time of the last record; null before the first sample. */
  #last: { readonly minute: number; readonly monoMs: number; readonly cpuUsec: number } | null = null;

  constructor(taskDir: string) {
    this.#path = heartbeatFile(taskDir);
  }

  /** Writes a record when a new minute has begun, and calls `progress` only then. */
  beat(name: string, { now, memBytes, cpuUsec }: Sample, progress: () => Progress | null): void {
    const minute = Math.floor(now.wallMs / MINUTE_MS);
    const last = this.#last;
    if (last?.minute === minute) return;
    this.#last = { minute, monoMs: now.monoMs, cpuUsec };
    if (last === null) return;
    const cores = (cpuUsec - last.cpuUsec) / 1000 / Math.max(1, now.monoMs - last.monoMs);
    this.#append(recordOf(name, now.wallMs, progress(), memBytes, cores));
  }

  /** Drops the record if the disk is full or the directory was deleted. */
  #append(record: HeartbeatRecord): void {
    try {
      const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > FILE_MAX_BYTES) renameSync(this.#path, `${this.#path}.1`);
      const fd = openRegular(this.#path, 'append_own');
      try {
        appendFileSync(fd, `${JSON.stringify(record)}\n`);
      } finally {
        closeSync(fd);
      }
    } catch {}
  }
}

function recordOf(
  name: string,
  wallMs: number,
  progress: Progress | null,
  memBytes: number,
  cores: number,
): HeartbeatRecord {
  return {
    timestamp: new Date(wallMs).toISOString(),
    job_name: name,
    phase: progress?.phase ?? null,
    items_total: progress?.total ?? null,
    items_done: progress?.done ?? null,
    items_failed: progress?.failed ?? null,
    eta_minutes: progress?.eta_s == null ? null : Math.round(progress.eta_s / 6) / 10,
    rss_mb: Math.round((memBytes / MIB) * 10) / 10,
    cpu_pct: Math.round(Math.max(0, cores) * 1000) / 10,
  };
}

/** The records of a task, oldest first, in pieces. Skips an incomplete last line. */
export async function* readHeartbeats(taskDir: string): AsyncGenerator<HeartbeatRecord> {
  const path = heartbeatFile(taskDir);
  let read = 0;
  for (const part of [`${path}.1`, path])
    for (const line of wholeLines(readIfThere(part))) {
      // A full disk may have cut a line in the middle, so that the next one follows in the same line.
      const { value, why } = parseJson(line);
      if (why === null) yield value as HeartbeatRecord;
      read += 1;
      if (read % PIECE_LINES === 0) await setImmediate();
    }
}

export function heartbeatFile(taskDir: string): string {
  return join(taskDir, 'heartbeat.jsonl');
}

function readIfThere(path: string): string {
  try {
    return readRegular(path, 'utf8');
  } catch (error) {
    if (error instanceof NotARegularFile || (error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
