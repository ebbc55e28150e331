// Says in words when a task that was submitted starts, and what it waits for.
import type { TestRunView } from '../../src/api/schemas/capacity.ts';
import type { BlockedView, TaskView } from '../../src/api/schemas/task.ts';
import { counted } from '../../src/core/counted.ts';
import { formatDuration } from '../../src/units/duration.ts';
import { roundCores } from '../../src/units/number.ts';
import { formatSize } from '../../src/units/size.ts';
import { waitsText } from './hold-text.ts';
import { humanOutside, runsText } from './human.ts';

const BEHIND_SHOWN = 3;

/** What a request left out, from where it was filled in, and when the task is killed for it; null when it has every estimate. */
export function assumedText(
  task: TaskView,
  given: { readonly [K in 'estimated_time' | 'estimated_mem_bytes' | 'estimated_cpu_cores']?: unknown },
): string | null {
  const { time, mem, cpu } = task.estimates;
  const missing = [
    {
      isGiven: given.estimated_time !== undefined,
      text: formatDuration(task.estimated_time_ms),
      ...from(time),
    },
    {
      isGiven: given.estimated_mem_bytes !== undefined,
      text: formatSize(task.estimated_mem_bytes),
      ...from(mem),
    },
    {
      isGiven: given.estimated_cpu_cores !== undefined,
      text: counted(roundCores(task.estimated_cpu_cores), 'core'),
      ...from(cpu),
    },
  ].filter(({ isGiven }) => !isGiven);
  const [first] = missing;
  if (first === undefined) return null;
  const isOne = missing.every(({ source }) => source === first.source);
  const values = missing.map(({ text, source }) => (isOne ? text : text + source)).join(', ');
  const { kill_timeout_ms, observability_interval_ms: silence } = task;
  const kills = [
    `after ${formatDuration(kill_timeout_ms)}`,
    silence === 0 ? '' : `${formatDuration(silence)} without output`,
  ];
  return `assumed ${values}${isOne ? first.source : ''}; killed ${kills.filter((text) => text !== '').join(' or ')}, or far above an estimate`;
}

function from({ from, n }: TaskView['estimates']['time']): { readonly source: string } {
  if (from === 'rule') return { source: ' (usual for this kind of command)' };
  return { source: from === 'learned' ? ` (learned from ${runsText(n)})` : '' };
}

/** `started`, `starts in about 4m (behind a, b)`; `nowMs` is the time of the daemon's answer. */
export function startText(task: TaskView, nowMs: number): string {
  const { status, waiting, message } = task;
  if (task.deduplicated === true) return `is the earlier task with this key: ${status}`;
  if (status !== 'pending')
    return status === 'running' ? 'started' : `is ${status}${message === null ? '' : `: ${message}`}`;
  return waiting === null ? 'waits in the queue' : waitingText(waiting, nowMs);
}

/** `run --test_only`: `would start now`, `would wait: starts in about 4m (behind a, b)`. */
export function testText(
  { starts_now, waiting, engine, elsewhere, ...start }: TestRunView,
  nowMs: number,
): string {
  const { expected_start, latest_start } = start;
  if (starts_now) return 'would start now';
  const where = engine === undefined ? '' : ` on ${engine}`;
  const other = elsewhere === undefined ? '' : `; sooner with --engine=${elsewhere.engine}`;
  if (waiting !== null)
    return `would wait: ${waitingText({ ...waiting, expected_start, latest_start }, nowMs)}${other}`;
  return expected_start === null
    ? `would wait${where}: no start is known`
    : `would wait${where}: starts in about ${roundTime(Date.parse(expected_start) - nowMs)}`;
}

function waitingText(waiting: BlockedView, nowMs: number): string {
  const { dim, blocked_by, expected_start } = waiting;
  const names = blocked_by.slice(0, BEHIND_SHOWN).join(', ');
  const more = blocked_by.length > BEHIND_SHOWN ? ', …' : '';
  if (dim === 'hold' || (dim === 'engine' && expected_start === null)) return waitsText(waiting);
  if (dim === 'after') return `starts after ${names}${more}`;
  if (dim === 'pressure') return `waits: the host is short of ${names}`;
  const behind = names === '' ? '' : dim === 'profile' ? ` (profile ${names})` : ` (behind ${names}${more})`;
  if (expected_start === null) return `waits for ${dim}${behind}${humanOutside(waiting)}`;
  return `starts in about ${roundTime(Date.parse(expected_start) - nowMs)}${behind}`;
}

/** A prediction: whole minutes from two minutes on. */
function roundTime(ms: number): string {
  const unitMs = ms < 120_000 ? 1_000 : 60_000;
  return formatDuration(Math.max(unitMs, Math.round(ms / unitMs) * unitMs));
}
