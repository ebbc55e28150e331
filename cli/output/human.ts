// Formats numbers, progress and statuses for people.
import type { BlockedView, StartView, TaskView } from '../../src/api/schemas/task.ts';
import type { Progress } from '../../src/core/progress.ts';
import type { TaskStatus } from '../../src/core/task.ts';
import { formatDuration } from '../../src/units/duration.ts';
import { formatSize } from '../../src/units/size.ts';
import { waitsText } from './hold-text.ts';
import { localTime } from './local-time.ts';
import { type Meaning, paint } from './style.ts';

export function humanSize(bytes: number | null): string {
  return bytes === null ? '' : formatSize(bytes);
}

export function humanDuration(ms: number | null): string {
  return ms === null ? '' : formatDuration(ms);
}

/** `2.0`, `0.01`: less than half a tenth is no zero. */
export function humanCores(cores: number | null): string {
  return cores === null ? '' : cores.toFixed(cores >= 0.005 && cores < 0.05 ? 2 : 1);
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Formats the value by the unit that ends the field's name; a time is local, and an object becomes words. */
export function humanValue(key: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' && key.endsWith('_ms')) return humanDuration(value);
  if (typeof value === 'number' && key.endsWith('_bytes')) return humanSize(value);
  if (typeof value === 'string' && ISO_TIME.test(value)) return localTime(value);
  if (typeof value !== 'object') return String(value);
  if (key === 'progress') return humanProgress(value as Progress);
  if (key === 'estimates') return humanSources(value as TaskView['estimates']);
  if (Array.isArray(value)) {
    const isNested = value.some((each) => typeof each === 'object');
    return value.map((each) => humanValue('', each)).join(isNested ? '; ' : ', ');
  }
  return Object.entries(value)
    .map(([name, each]) => [humanKey(name), humanValue(name, each)])
    .filter(([, text]) => text !== '')
    .map((words) => words.join(' '))
    .join(', ');
}

/** `time declared, mem learned from 3 runs, cpu default` */
function humanSources(estimates: TaskView['estimates']): string {
  return Object.entries(estimates)
    .map(([dim, { from, n }]) => `${dim} ${from}${n === null ? '' : ` from ${runsText(n)}`}`)
    .join(', ');
}

export function runsText(n: number | null): string {
  return n === 1 ? 'one run' : `${n} runs`;
}

/** `upload 42/100 42% eta 3m10s, 1 failed, loss=0.3` */
export function humanProgress({ done, total, pct, phase, failed, eta_s, note }: Progress): string {
  const known = done === null ? null : total === null ? String(done) : `${done}/${total}`;
  // `epoch 3/10` is the phase and the count.
  const count = known !== null && phase?.endsWith(` ${known}`) ? null : known;
  const eta = eta_s === null ? null : `eta ${formatDuration(eta_s * 1000)}`;
  const counts = [phase, count, pct === null ? null : `${Math.floor(pct)}%`, eta];
  const rest = [failed ? `${failed} failed` : null, note];
  return [counts.filter((part) => part !== null).join(' '), ...rest].filter((part) => part).join(', ');
}

/** `exit 1`, `SIGKILL`, `elapsed_exceeded`; for a pending task, what it waits for. */
export function outcome(
  task: Pick<TaskView, 'kill_reason' | 'signal' | 'exit_code' | 'reason' | 'waiting'>,
): string {
  if (task.kill_reason !== null) return task.kill_reason;
  if (task.signal !== null) return task.signal;
  if (task.exit_code !== null) return `exit ${task.exit_code}`;
  return task.reason ?? (task.waiting ? waitsText(task.waiting) : '');
}

/** For a row of a list: what a pending task waits for, and when it starts. */
export function rowOutcome(task: Parameters<typeof outcome>[0]): string {
  const start = task.waiting?.expected_start ?? null;
  return `${outcome(task)}${start === null ? '' : `, starts ${localTime(start)}`}`;
}

export function paintStatus(status: TaskStatus, color: boolean): string {
  return paint(status, meaningOf(status), color);
}

function meaningOf(status: TaskStatus): Meaning {
  switch (status) {
    case 'completed':
      return 'good';
    case 'failed':
    case 'killed':
    case 'interrupted':
      return 'bad';
    case 'pending':
    case 'paused':
      return 'warning';
    case 'running':
      return 'active';
  }
}

/** The formatted value has the unit, so the name drops it. */
export function humanKey(key: string): string {
  return key.replace(/_(ms|bytes)$/, '');
}

/** `expected 15:54:45 (in 55s) to 15:55:10 (in 1m20s), at the latest 15:57:15 (in 3m25s)` */
export function humanStart(start: StartView): string {
  const { expected_start, expected_start_p90, latest_start } = start;
  if (expected_start === null) return 'the start is not known';
  const until = expected_start_p90 === undefined ? '' : ` to ${localTime(expected_start_p90)}`;
  const latest = latest_start === null ? '' : `, at the latest ${localTime(latest_start)}`;
  return `expected ${localTime(expected_start)}${until}${latest}`;
}

/** `, 2 cores used outside babysit`; nothing when there would be no room without that either. */
export function humanOutside({ dim, outside }: Pick<BlockedView, 'dim' | 'outside'>): string {
  if (outside === undefined) return '';
  return `, ${dim === 'cpu' ? `${humanCores(outside)} cores` : humanSize(outside)} used outside babysit`;
}
