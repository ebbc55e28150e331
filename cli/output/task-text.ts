// Lays out one task for people: what it is, how it does against its estimates, and when.
import type { TaskView } from '../../src/api/schemas/task.ts';
import { escapeField } from '../../src/text/terminal.ts';
import { waitsText } from './hold-text.ts';
import {
  humanCores,
  humanDuration,
  humanOutside,
  humanProgress,
  humanSize,
  humanStart,
  humanValue,
  outcome,
  paintStatus,
} from './human.ts';
import { localTime } from './local-time.ts';
import { fieldLines } from './table.ts';

/** `isFull` adds every other field that has a value. */
export function taskText(task: TaskView, isFull: boolean, color: boolean): string {
  const rows: [string, string][] = [
    ['name', `${task.name}  ${task.id}`],
    ['status', [paintStatus(task.status, color), outcome(task)].filter((part) => part !== '').join(', ')],
    ['command', task.command],
    ['project', task.project],
    ...whenRows(task),
    ...useRows(task),
    ...hintRows(task),
  ];
  const text = fieldLines(rows.filter(([, value]) => value !== ''));
  return isFull ? `${text}${otherFields(task)}` : text;
}

function whenRows(task: TaskView): [string, string][] {
  const { waiting } = task;
  return [
    ['submitted', localTime(task.submitted_at)],
    [
      'waits',
      waiting === null
        ? ''
        : `${waitsText(waiting).replace(/^waits /, '')}${waiting.dim === 'engine' ? '' : behind(waiting.blocked_by)}${humanOutside(waiting)}`,
    ],
    ['starts', waiting === null || waiting.expected_start === null ? '' : humanStart(waiting)],
    ['started', localTime(task.started_at)],
    ['ended', localTime(task.ended_at)],
    ['log', task.log_path ?? ''],
  ];
}

function useRows(task: TaskView): [string, string][] {
  const mem = task.ended_at === null ? task.mem_bytes : task.peak_mem_bytes;
  const cores = task.ended_at === null ? task.cpu_cores : task.peak_cpu_cores;
  const kind = task.ended_at === null ? '' : 'peak ';
  return [
    [
      'time',
      `${of(humanDuration(task.elapsed_ms), humanDuration(task.estimated_time_ms))}, killed at ${humanDuration(task.kill_timeout_ms)}`,
    ],
    [
      'memory',
      `${kind}${of(humanSize(mem), humanSize(task.estimated_mem_bytes))}${capOf(humanSize(task.mem_max_bytes))}`,
    ],
    [
      'cpu',
      `${kind}${of(humanCores(cores), humanCores(task.estimated_cpu_cores))} cores${capOf(humanCores(task.cpu_max_cores))}`,
    ],
    [
      'silent',
      task.silent_ms === null
        ? ''
        : `${humanDuration(task.silent_ms)} of ${humanDuration(task.observability_interval_ms)}`,
    ],
    ['progress', task.progress === null ? '' : humanProgress(task.progress)],
    ['contention', task.contention ?? ''],
    ['inside', `${task.parent ?? ''}${task.within_parent ? ', under its caps' : ''}`],
    ['children', task.children.join(', ')],
    ['start', task.express ? 'beside the core limit, as a short task' : ''],
    ['tags', task.tags.join(', ')],
  ];
}

function hintRows(task: TaskView): [string, string][] {
  return [
    ['message', task.message ?? ''],
    ['hint', task.kill_hint ?? task.hint ?? ''],
    ['run', task.suggested_command ?? ''],
  ];
}

const SHOWN = new Set([
  'name',
  'id',
  'status',
  'command',
  'project',
  'submitted_at',
  'started_at',
  'ended_at',
  'message',
  'hint',
  'kill_hint',
]);

function otherFields(task: TaskView): string {
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0);
  return fieldLines(
    Object.entries(task)
      .filter(([key, value]) => !SHOWN.has(key) && !isEmpty(value))
      .map(([key, value]) => [key.replace(/_(ms|bytes)$/, ''), humanValue(key, value)]),
  );
}

function of(use: string, estimate: string): string {
  return use === '' ? `estimated ${estimate}` : `${use} of ${estimate}`;
}

function capOf(cap: string): string {
  return cap === '' ? '' : `, cap ${cap}`;
}

function behind(names: readonly string[]): string {
  return names.length === 0 ? '' : `, behind ${names.map(escapeField).join(', ')}`;
}
