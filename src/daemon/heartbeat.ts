// One record a minute of what a task did, in a file of its own that outlives its attempts and is removed with the task.
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeartbeatView } from '../api/schemas/heartbeat.ts';
import type { Progress } from '../core/progress.ts';
import type { Sample } from '../watchdog/memory.ts';

const MINUTE_MS = 60_000;
const MIB = 1024 ** 2;
/** About four days; then the file becomes the old one, in the place of the one before. */
const FILE_MAX_BYTES = MIB;

export class Heartbeat {
  readonly #path: string;
  /** The minute (since the epoch) of the last record, and what the group had used until then; null: not sampled yet. */
  #last: { readonly minute: number; readonly monoMs: number; readonly cpuUsec: number } | null = null;

  constructor(taskDir: string) {
    this.#path = currentFile(taskDir);
  }

  /** Writes a record when a minute has gone. `progress` is asked for then. */
  beat(name: string, { now, memBytes, cpuUsec }: Sample, progress: () => Progress | null): void {
    const minute = Math.floor(now.wallMs / MINUTE_MS);
    const last = this.#last;
    if (last?.minute === minute) return;
    this.#last = { minute, monoMs: now.monoMs, cpuUsec };
    if (last === null) return;
    const cores = (cpuUsec - last.cpuUsec) / 1000 / Math.max(1, now.monoMs - last.monoMs);
    this.#append(recordOf(name, now.wallMs, progress(), memBytes, cores));
  }

  /** A record that cannot be written, because the disk is full or the directory is gone, is lost. */
  #append(record: HeartbeatView): void {
    try {
      const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > FILE_MAX_BYTES) renameSync(this.#path, `${this.#path}.1`);
      appendFileSync(this.#path, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    } catch {
      // Told above.
    }
  }
}

function recordOf(
  name: string,
  wallMs: number,
  progress: Progress | null,
  memBytes: number,
  cores: number,
): HeartbeatView {
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

/** The records of a task, oldest first; none when nothing was written. A last line that was cut off is left out. */
export async function readHeartbeats(taskDir: string): Promise<HeartbeatView[]> {
  const path = currentFile(taskDir);
  const texts = await Promise.all([`${path}.1`, path].map(readIfThere));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .slice(0, -1)
      .flatMap((line) => parse(line)),
  );
}

function currentFile(taskDir: string): string {
  return join(taskDir, 'heartbeat.jsonl');
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** A full disk may have cut a line in the middle, so that the next one follows in the same line. */
function parse(line: string): HeartbeatView[] {
  try {
    return [JSON.parse(line) as HeartbeatView];
  } catch {
    return [];
  }
}
