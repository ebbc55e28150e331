// Which running tasks the watchdog is about to kill, from the numbers of a frame. The daemon decides; this only warns.

import { killClocks } from '../cli/client/kill-clocks.ts';
import type { LiveTask } from '../src/api/schemas/observe/live.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import { coresText, duration, size } from './text.ts';

export interface Risk {
  /** 0: within its estimates. 1: above one of them. 2: the watchdog kills it soon, if this lasts. */
  readonly level: 0 | 1 | 2;
  /** One of each at most. */
  readonly of: 'hold' | 'time' | 'quiet' | 'memory' | 'cpu';
  /** The order of a thousand tasks needs no text. */
  text(): string;
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
  const { mem_bytes: mem, cpu_cores: cpu } = row;
  const risks: Risk[] = [];
  const add = (of: Risk['of'], level: Risk['level'], text: Risk['text']) => risks.push({ of, level, text });
  if (row.held_at !== null)
    add('hold', 2, () => 'frozen: it grew above its estimate while the host is short of memory');
  for (const [i, { what, limitMs, usedMs, leftMs }] of killClocks(row).entries()) {
    const warns = what === 'time' ? row.estimated_time_ms : limitMs / 2;
    const level = usedMs > (what === 'time' ? NEAR_END : NEAR_STALL) * limitMs ? 2 : usedMs > warns ? 1 : 0;
    const cause = () =>
      what === 'time' ? `its timeout is ${duration(limitMs)}` : `no output for ${duration(usedMs)}`;
    // The first one is always of interest.
    if (i === 0 || level > 0) add(what, level, () => `killed in ${duration(leftMs)}: ${cause()}`);
  }
  if (mem !== null && mem > KILL_FACTOR * row.estimated_mem_bytes)
    add('memory', 2, () => `killed if it stays above twice its memory estimate: uses ${size(mem)}`);
  else if (mem !== null && row.mem_max_bytes !== null && mem > NEAR_END * row.mem_max_bytes)
    add('memory', 2, () => `near its memory cap of ${size(row.mem_max_bytes)}`);
  else if (mem !== null && mem > row.estimated_mem_bytes)
    add('memory', 1, () => `above its memory estimate of ${size(row.estimated_mem_bytes)}`);
  if (cpu !== null && cpu > KILL_FACTOR * row.estimated_cpu_cores)
    add('cpu', 2, () => `killed if it stays above twice its CPU estimate: uses ${coresText(cpu)}`);
  else if (row.throttled_at !== null)
    add('cpu', 1, () => 'limited to its CPU estimate, because the host is busy');
  else if (cpu !== null && cpu > CPU_MARGIN * row.estimated_cpu_cores)
    add('cpu', 1, () => `above its CPU estimate of ${coresText(row.estimated_cpu_cores)}`);
  return risks.sort((a, b) => b.level - a.level);
}

/** Tasks in danger first, of them and of the others the one that is killed first. */
export function byRisk(rows: readonly LiveTask[]): LiveTask[] {
  return rows
    .map((row) => ({
      row,
      level: risksOf(row)[0]?.level ?? 0,
      leftMs: killClocks(row)[0]?.leftMs ?? Number.POSITIVE_INFINITY,
    }))
    .sort((a, b) => {
      if (a.level !== b.level) return b.level - a.level;
      return a.leftMs === b.leftMs ? b.row.id.localeCompare(a.row.id) : a.leftMs - b.leftMs;
    })
    .map(({ row }) => row);
}
