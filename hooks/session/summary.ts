// Summarizes tasks for an agent, with its next step. Pure.
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { formatDuration } from '../../src/units/duration.ts';

const LIVE_MAX = 10;
const ENDED_MAX = 5;

/** Returns an empty string without tasks. Tasks are sorted oldest first; `events` adds warnings to their tasks. */
export function summaryText(tasks: readonly TaskView[], events: readonly EventView[], nowMs: number): string {
  const live = tasks.filter(({ ended_at }) => ended_at === null);
  const ended = tasks.filter(({ ended_at }) => ended_at !== null);
  if (live.length + ended.length === 0) return '';
  const shown = [...live.slice(0, LIVE_MAX), ...ended.slice(-ENDED_MAX)];
  const hidden = live.length + ended.length - shown.length;
  const lines = shown.map((task) => {
    const state = task.ended_at === null ? liveText(task, nowMs) + warningText(task, events) : endText(task);
    return `- ${task.name}: ${state}`;
  });
  return [
    'babysit: your tasks and tasks of this project (not ended, or ended and not shown yet):',
    ...lines,
    ...(hidden > 0 ? [`- and ${hidden} more: babysit list`] : []),
    ...(live.length > 0
      ? [`Do not poll. To learn how they end, run once in the background: ${waitCommand(live)}`]
      : []),
  ].join('\n');
}

export function remindText(tasks: readonly TaskView[]): string {
  const [first] = tasks;
  const what =
    tasks.length === 1
      ? `Your task ${first?.name} has not ended and no client waits for it.`
      : `${tasks.length} of your tasks have not ended and no client waits for them.`;
  return `${what} Run ${waitCommand(tasks)}, end a task with babysit kill NAME, or stop again to leave it running.`;
}

function waitCommand(tasks: readonly TaskView[]): string {
  const names = tasks.slice(0, LIVE_MAX).map(({ name }) => name);
  return `babysit wait ${names.join(' ')}`;
}

function liveText(task: TaskView, nowMs: number): string {
  if (task.status === 'pending') {
    const start = task.waiting?.expected_start ?? null;
    const expected =
      start === null
        ? ''
        : `, expected to start in ${formatDuration(Math.max(0, Date.parse(start) - nowMs))}`;
    return `pending${expected}`;
  }
  const elapsed = task.elapsed_ms === null ? '' : ` for ${formatDuration(task.elapsed_ms)}`;
  return `${task.status}${elapsed}, estimated ${formatDuration(task.estimated_time_ms)}`;
}

function warningText(task: TaskView, events: readonly EventView[]): string {
  const warnings = events.filter(({ event, id }) => id === task.id && event !== 'ended');
  const names = warnings.map(({ event, dim }) => (dim === undefined ? event : `${event} (${dim})`));
  return names.length === 0 ? '' : `; warnings: ${names.join(', ')}`;
}

function endText(task: TaskView): string {
  const after = task.elapsed_ms === null ? '' : ` after ${formatDuration(task.elapsed_ms)}`;
  switch (task.status) {
    case 'killed':
      return `killed${after}, ${task.kill_reason ?? 'unknown'}. ${task.kill_hint ?? ''}`.trimEnd();
    case 'failed':
      return task.exit_code === null
        ? `failed, ${task.reason ?? 'unknown'}. ${task.hint ?? ''}`.trimEnd()
        : `failed${after}, exit code ${task.exit_code}: babysit log ${task.name}`;
    case 'interrupted':
      return `interrupted${after}, ${task.reason ?? 'unknown'}. ${task.hint ?? ''}`.trimEnd();
    default:
      return `${task.status}${after}`;
  }
}
