// Tasks in as few words as an agent needs for its next step. Pure.
import type { EventView } from '../src/api/schemas/events.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import { formatDuration } from '../src/units/duration.ts';

const LIVE_MAX = 10;
const ENDED_MAX = 5;

/** Empty: there is nothing to tell. Tasks are given oldest first; of the news, warnings are told with their tasks. */
export function summaryText(tasks: readonly TaskView[], news: readonly EventView[], nowMs: number): string {
  const live = tasks.filter(({ ended_at }) => ended_at === null);
  const ended = tasks.filter(({ ended_at }) => ended_at !== null);
  if (live.length + ended.length === 0) return '';
  const shown = [...live.slice(0, LIVE_MAX), ...ended.slice(-ENDED_MAX)];
  const hidden = live.length + ended.length - shown.length;
  const lines = shown.map((task) => {
    const state = task.ended_at === null ? liveText(task, nowMs) + warningText(task, news) : endText(task);
    return `- ${task.name}: ${state}`;
  });
  return [
    'babysit tasks of yours or of this project (running now, or ended while nobody looked):',
    ...lines,
    ...(hidden > 0 ? [`- and ${hidden} more: babysit list`] : []),
    ...(live.length > 0
      ? [`Do not poll. To learn how they end, once, in the background: ${waitCommand(live)}`]
      : []),
  ].join('\n');
}

export function remindText(tasks: readonly TaskView[]): string {
  const [first] = tasks;
  const what =
    tasks.length === 1
      ? `The task ${first?.name} that you started is`
      : `${tasks.length} tasks that you started are`;
  return `${what} not over and nobody waits for ${tasks.length === 1 ? 'it' : 'them'}. Wait (${waitCommand(tasks)}), end what is not needed (babysit kill NAME), or stop again and leave it running.`;
}

function waitCommand(tasks: readonly TaskView[]): string {
  const names = tasks.slice(0, LIVE_MAX).map(({ name }) => name);
  return `babysit wait ${names.join(' ')}`;
}

function liveText(task: TaskView, nowMs: number): string {
  if (task.status === 'pending') {
    const start = task.waiting?.earliest_start ?? null;
    const expected =
      start === null
        ? ''
        : `, expected to start in ${formatDuration(Math.max(0, Date.parse(start) - nowMs))}`;
    return `pending${expected}`;
  }
  const elapsed = task.elapsed_ms === null ? '' : ` for ${formatDuration(task.elapsed_ms)}`;
  return `${task.status}${elapsed}, estimated ${formatDuration(task.estimated_time_ms)}`;
}

function warningText(task: TaskView, news: readonly EventView[]): string {
  const warnings = news.filter(({ event, id }) => id === task.id && event !== 'ended');
  const words = warnings.map(({ event, dim }) => (dim === undefined ? event : `${event} (${dim})`));
  return words.length === 0 ? '' : `; told meanwhile: ${words.join(', ')}`;
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
