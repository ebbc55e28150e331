// Shows a task: selects the fields that a caller needs for its next step, and prints the events and results of `wait`.

import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { HostEventView } from '../../src/api/schemas/events/host-events.ts';
import type { BlockedView, TaskView } from '../../src/api/schemas/task.ts';
import { counted } from '../../src/core/counted.ts';
import { escapeField, escapeLine } from '../../src/text/terminal.ts';
import { humanCores, humanDuration, humanSize, humanValue, outcome, paintStatus } from './human.ts';
import type { Output } from './output.ts';
import { outsideView } from './short/fit.ts';
import { endedView, liveView, pick } from './short/short-view.ts';

type Part = Partial<TaskView>;

const ROW = [
  'name',
  'id',
  'status',
  'parent',
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
  if (!full) return endedView(task);
  return task.status === 'killed'
    ? { ...pick(task, ['kill_reason', 'kill_hint', 'kill_detail']), ...task }
    : task;
}

/** For one task. */
export function taskView(task: TaskView, full: boolean): Part {
  if (full) return task;
  return task.ended_at === null ? liveView(task) : endedView(task);
}

/** For one row of a list; a list over projects names the owners. */
export function rowView(task: TaskView, full: boolean, withOwner = false): Part {
  if (full) return task;
  const owner = withOwner ? { owner: task.owner ?? task.project } : {};
  return { ...pick(task, ROW), ...owner, ...waitingOf(task.waiting) };
}

function waitingOf(waiting: BlockedView | null): Part {
  if (waiting === null) return {};
  const { outside, ...rest } = waiting;
  return { waiting: { ...rest, ...outsideView(waiting) } };
}

export function printEvent(output: Output, event: EventView): void {
  output.notify(event, () =>
    event.event === 'daemon_stopping'
      ? 'babysit: the daemon is stopping; waiting for the next one (tasks keep running)\n'
      : eventText(event),
  );
}

export function eventText(event: EventView): string {
  const { event: what, seq: _seq, at, name, id: _id, task: _task, ...fields } = event;
  const words = wordsOf(Object.entries(fields).filter(([key]) => key !== 'hint' && key !== 'envelope'));
  const hint = typeof event.hint === 'string' ? `\n  hint: ${escapeField(event.hint)}` : '';
  return `${clockTime(at)} ${escapeField(name)} ${what}${words ? ` ${escapeField(words)}` : ''}${hint}\n`;
}

export function hostEventText({ event: what, seq: _, at, ...fields }: HostEventView): string {
  return `${clockTime(at)} ${what} ${escapeField(wordsOf(Object.entries(fields)))}\n`;
}

function wordsOf(fields: readonly (readonly [string, unknown])[]): string {
  return fields
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => `${key}=${humanValue(key, value)}`)
    .join(' ');
}

/** The warning that ends `wait --until=risk`. `kill_time` is when the kill comes if the use stays as it is. */
export function printRisk(output: Output, event: EventView): void {
  const { kill_in_s: inS } = event;
  const killTime = typeof inS === 'number' ? new Date(Date.parse(event.at) + 1000 * inS).toISOString() : null;
  output.result({ ...event, ...(killTime === null ? {} : { kill_time: killTime }) }, () => eventText(event));
}

/** `logTail`: the last lines of a task that failed or was killed. */
export function printResult(
  output: Output,
  task: TaskView,
  full: boolean,
  logTail: readonly string[] = [],
): void {
  const tail = logTail.length === 0 ? {} : { log_tail: logTail };
  output.result({ ...terminalView(task, full), ...tail }, () => {
    const lines = logTail.map((line) => `  | ${escapeLine(line)}\n`).join('');
    return `${resultText(task, output.color)}${lines}`;
  });
}

/** Of tasks that ended alike: how many, and the numbers for the estimates of the next ones. */
function summaryView(tasks: readonly TaskView[]) {
  const ids = tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    status: tasks[0]?.status ?? 'completed',
    count: tasks.length,
    first: ids[0]?.name ?? '',
    last: ids.at(-1)?.name ?? '',
    ...mostUsed(tasks),
  };
}

/** Empty when none of them has started. */
function mostUsed(tasks: readonly TaskView[]) {
  const most = (values: readonly (number | null)[]) => Math.max(...values.map((value) => value ?? 0));
  if (tasks.every((task) => task.elapsed_ms === null)) return {};
  return {
    max_elapsed_ms: most(tasks.map((task) => task.elapsed_ms)),
    max_peak_mem_bytes: most(tasks.map((task) => task.peak_mem_bytes)),
    max_cpu_seconds: most(tasks.map((task) => task.cpu_seconds)),
  };
}

/** One line for tasks with the same status; `where`: what else they have in common. */
export function printSummary(output: Output, tasks: readonly TaskView[], where: object = {}): void {
  const view = summaryView(tasks);
  output.result({ ...where, ...view }, () => {
    const names = `${escapeField(view.first)} to ${escapeField(view.last)}`;
    const { max_elapsed_ms: elapsed = null, max_peak_mem_bytes: peak = null } = view;
    const use = elapsed === null ? '' : `, longest ${humanDuration(elapsed)}, peak ${humanSize(peak)}`;
    return `${counted(view.count, 'task')} ${paintStatus(view.status, output.color)}: ${names}${use}\n`;
  });
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
  if (task.suggested_command !== null) lines.push(`  run:  ${escapeField(task.suggested_command)}`);
  return `${lines.join('\n')}\n`;
}

function clockTime(iso: string): string {
  return new Date(iso).toTimeString().slice(0, 8);
}
