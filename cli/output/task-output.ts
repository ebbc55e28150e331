// Shows a task: selects the fields that a caller needs for its next step, and prints the events and results of `wait`.

import type { EventView } from '../../src/api/schemas/events.ts';
import type { BlockedView, TaskView } from '../../src/api/schemas/task.ts';
import { escapeField } from '../../src/text/terminal.ts';
import { humanCores, humanDuration, humanSize, humanValue, outcome, paintStatus } from './human.ts';
import type { Output } from './output.ts';

type Part = Partial<TaskView>;

const LIVE = [
  'name',
  'id',
  'status',
  'deduplicated',
  'note',
  'elapsed_ms',
  'mem_bytes',
  'cpu_cores',
  'silent_ms',
  'progress',
] as const;
const ENDED = [
  'name',
  'id',
  'status',
  'deduplicated',
  'note',
  'exit_code',
  'signal',
  'stopped_gracefully',
  'reason',
  'message',
  'hint',
  'attempt',
  'elapsed_ms',
  'peak_mem_bytes',
  'cpu_seconds',
  'over_estimate',
  'contention',
] as const;
const KILL = ['kill_reason', 'kill_hint', 'kill_detail'] as const;
const ROW = [
  'name',
  'status',
  'elapsed_ms',
  'mem_bytes',
  'cpu_cores',
  'progress',
  'exit_code',
  'signal',
  'kill_reason',
  'reason',
] as const;

/** The object that `wait` prints. After a kill the reason, hint and numbers come first. */
export function terminalView(task: TaskView, full: boolean): Part {
  const kill = task.status === 'killed' ? pick(task, KILL) : {};
  const next = task.status === 'killed' ? pick(task, ['suggested_command']) : {};
  return { ...kill, ...(full ? task : { ...pick(task, ENDED), ...next }) };
}

/** For one task. */
export function taskView(task: TaskView, full: boolean): Part {
  if (full) return task;
  if (task.status === 'pending') return { ...pick(task, LIVE), ...waitingOf(task.waiting) };
  if (task.ended_at === null) return { ...pick(task, LIVE), ...pick(task, ['kill_reason']) };
  return terminalView(task, false);
}

/** For one row of a list. */
export function rowView(task: TaskView, full: boolean): Part {
  return full ? task : { ...pick(task, ROW), ...waitingOf(task.waiting) };
}

function waitingOf(waiting: BlockedView | null): Part {
  return waiting === null ? {} : { waiting };
}

/** Leaves out fields without a value. */
function pick(task: TaskView, keys: readonly (keyof TaskView)[]): Part {
  return Object.fromEntries(
    keys.flatMap((key) => (task[key] === null || task[key] === undefined ? [] : [[key, task[key]]])),
  );
}

export function printEvent(output: Output, event: EventView): void {
  output.notify(event, () =>
    event.event === 'daemon_stopping'
      ? 'babysit: the daemon is stopping; waiting for the next one (tasks keep running)\n'
      : eventText(event),
  );
}

export function eventText(event: EventView): string {
  const { event: what, seq: _seq, at, name, id: _id, ...fields } = event;
  const shown = Object.entries(fields).filter(([key]) => key !== 'hint' && key !== 'envelope');
  const words = shown.map(([key, value]) => `${key}=${humanValue(key, value)}`).join(' ');
  const hint = typeof event.hint === 'string' ? `\n  hint: ${escapeField(event.hint)}` : '';
  return `${clockTime(at)} ${escapeField(name)} ${what}${words ? ` ${escapeField(words)}` : ''}${hint}\n`;
}

/** The warning that ends `wait --until=risk`. `kill_time` is when the kill comes if the use stays as it is. */
export function printRisk(output: Output, event: EventView): void {
  const { kill_in_s: inS } = event;
  const killTime = typeof inS === 'number' ? new Date(Date.parse(event.at) + 1000 * inS).toISOString() : null;
  output.result({ ...event, ...(killTime === null ? {} : { kill_time: killTime }) }, () => eventText(event));
}

export function printResult(output: Output, task: TaskView, full: boolean): void {
  output.result(terminalView(task, full), () => resultText(task, output.color));
}

export function resultText(task: TaskView, color: boolean): string {
  const parts = [
    outcome(task),
    humanDuration(task.elapsed_ms),
    task.peak_mem_bytes === null ? '' : `peak ${humanSize(task.peak_mem_bytes)}`,
    task.cpu_seconds === null ? '' : `cpu ${humanCores(task.cpu_seconds)}s`,
  ].filter((part) => part !== '');
  const lines = [`${escapeField(task.name)} ${paintStatus(task.status, color)}: ${parts.join(', ')}`];
  if (task.message !== null) lines.push(`  ${escapeField(task.message)}`);
  const hint = task.kill_hint ?? task.hint;
  if (hint !== null) lines.push(`  hint: ${escapeField(hint)}`);
  return `${lines.join('\n')}\n`;
}

function clockTime(iso: string): string {
  return new Date(iso).toTimeString().slice(0, 8);
}
