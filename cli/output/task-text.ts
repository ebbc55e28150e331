// Lays out one task for people: what it is, how it does against its estimates, and when.
import type { TaskView } from '../../src/api/schemas/task.ts';
import { escapeField } from '../../src/text/terminal.ts';
import { waitsText } from './hold-text.ts';
import {
  humanCores,
  humanDuration,
  humanKey,
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
        : `${waitsText(waiting).replace(/^waits /, '')}${waiting.dim === 'engine' || waiting.dim === 'after' ? '' : behind(waiting.blocked_by)}${humanOutside(waiting)}`,
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

/** What is in force after a change: `time 1h (killed at 2h), memory 80M (cap 240M), cpu 0.1 cores (cap 0.3), priority 0` */
export function inForceText(task: TaskView): string {
  const { kill_timeout_ms, mem_max_bytes, cpu_max_cores, observability_interval_ms: silenceMs } = task;
  const cap = (text: string) => (text === '' ? '' : ` (cap ${text})`);
  return [
    `time ${humanDuration(task.estimated_time_ms)} (killed at ${humanDuration(kill_timeout_ms)})`,
    `memory ${humanSize(task.estimated_mem_bytes)}${cap(humanSize(mem_max_bytes))}`,
    `cpu ${humanCores(task.estimated_cpu_cores)} cores${cap(humanCores(cpu_max_cores))}`,
    silenceMs === 0 ? 'may be silent' : `silence ${humanDuration(silenceMs)}`,
    task.background ? 'background' : task.nice === null ? '' : `nice ${task.nice}`,
    `priority ${task.priority}`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}

function hintRows(task: TaskView): [string, string][] {
  return [
    ['message', task.message ?? ''],
    ['hint', task.kill_hint ?? task.hint ?? ''],
    ['run', task.suggested_command ?? ''],
  ];
}

/** In the rows above. */
const ROWS = [
  'name',
  'id',
  'status',
  'command',
  'project',
  'submitted_at',
  'started_at',
  'ended_at',
  'log_path',
  'elapsed_ms',
  'estimated_time_ms',
  'kill_timeout_ms',
  'mem_bytes',
  'estimated_mem_bytes',
  'mem_max_bytes',
  'cpu_cores',
  'estimated_cpu_cores',
  'cpu_max_cores',
  'silent_ms',
  'observability_interval_ms',
  'progress',
  'contention',
  'parent',
  'within_parent',
  'children',
  'express',
  'tags',
  'message',
  'hint',
  'kill_hint',
  'kill_reason',
  'suggested_command',
] as const satisfies readonly (keyof TaskView)[];
const SHOWN: ReadonlySet<string> = new Set(ROWS);

function otherFields(task: TaskView): string {
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0);
  return fieldLines(
    Object.entries(task)
      .filter(([key, value]) => !SHOWN.has(key) && !isEmpty(value))
      .map(([key, value]) => [humanKey(key), humanValue(key, value)]),
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
