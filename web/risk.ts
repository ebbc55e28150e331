// Which running tasks the watchdog is about to kill, from the numbers of a frame. The daemon decides; this only warns.
import type { LiveTask } from '../src/api/schemas/observe/live.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import { cores, duration, size } from './text.ts';

export interface Risk {
  /** 0: within its estimates. 1: above one of them. 2: the watchdog kills it soon, if this lasts. */
  readonly level: 0 | 1 | 2;
  readonly text: string;
}

/** As in the watchdog: memory and CPU use may not stay above twice the estimate. */
const KILL_FACTOR = 2;
/** As in the watchdog: a use of CPU counts from a quarter above the estimate. */
const CPU_MARGIN = 1.25;
const NEAR_END = 0.9;
/** `stall_risk` comes at this part of the interval. */
const NEAR_STALL = 0.8;

/** A row, or the task as a whole. */
type Subject = Pick<LiveTask, keyof LiveTask & keyof TaskView>;

/** The worst first. */
export function risksOf(row: Subject): Risk[] {
  if (row.status !== 'running') return [];
  const { elapsed_ms: elapsed, silent_ms: silent, mem_bytes: mem, cpu_cores: cpu } = row;
  const risks: Risk[] = [];
  const add = (level: 1 | 2, text: string) => risks.push({ level, text });
  if (row.held_at !== null) add(2, 'frozen: it grew above its estimate while the host is short of memory');
  if (elapsed !== null && elapsed > NEAR_END * row.kill_timeout_ms)
    add(
      2,
      `killed in ${duration(row.kill_timeout_ms - elapsed)}: its timeout is ${duration(row.kill_timeout_ms)}`,
    );
  else if (elapsed !== null && elapsed > row.estimated_time_ms)
    add(1, `runs longer than estimated; killed in ${duration(row.kill_timeout_ms - elapsed)}`);
  const interval = row.observability_interval_ms;
  if (silent !== null && interval > 0 && silent > NEAR_STALL * interval)
    add(2, `killed in ${duration(interval - silent)}: no output for ${duration(silent)}`);
  else if (silent !== null && interval > 0 && silent > interval / 2)
    add(1, `no output for ${duration(silent)}`);
  if (mem !== null && mem > KILL_FACTOR * row.estimated_mem_bytes)
    add(2, `killed if it stays above twice its memory estimate: uses ${size(mem)}`);
  else if (mem !== null && row.mem_max_bytes !== null && mem > NEAR_END * row.mem_max_bytes)
    add(2, `near its memory cap of ${size(row.mem_max_bytes)}`);
  else if (mem !== null && mem > row.estimated_mem_bytes)
    add(1, `above its memory estimate of ${size(row.estimated_mem_bytes)}`);
  if (cpu !== null && cpu > KILL_FACTOR * row.estimated_cpu_cores)
    add(2, `killed if it stays above twice its CPU estimate: uses ${cores(cpu)} cores`);
  else if (row.throttled_at !== null) add(1, 'limited to its CPU estimate, because the host is busy');
  else if (cpu !== null && cpu > CPU_MARGIN * row.estimated_cpu_cores)
    add(1, `above its CPU estimate of ${cores(row.estimated_cpu_cores)} cores`);
  return risks.sort((a, b) => b.level - a.level);
}

/** Tasks in danger first, then the newest. */
export function byRisk(rows: readonly LiveTask[]): LiveTask[] {
  const levels = new Map(rows.map((row) => [row.id, risksOf(row)[0]?.level ?? 0]));
  return [...rows].sort(
    (a, b) => (levels.get(b.id) ?? 0) - (levels.get(a.id) ?? 0) || b.id.localeCompare(a.id),
  );
}
