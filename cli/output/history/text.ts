// Lays out the history for a terminal: sums, plots of one line each, and a table of the groups.
import type {
  HistoryGroup,
  HistoryView,
  Quantiles,
} from '../../../src/api/schemas/observe/history-summary.ts';
import { humanDuration } from '../human.ts';
import { paint } from '../style.ts';
import { alignedTable, fieldLines } from '../table.ts';

export function historyText(
  view: HistoryView,
  color: boolean,
  env: NodeJS.ProcessEnv,
  room: number | null = null,
): string {
  const { tasks, completed, failed, killed, interrupted, spans } = view;
  const isUnicode = speaksUnicode(env);
  const plot = (values: readonly (number | null)[], most?: number) => plotOf(values, isUnicode, most);
  const window = humanDuration(Date.parse(view.until) - Date.parse(view.since));
  if (tasks === 0) return `no task ended in the last ${window}\n`;
  const ended = spans.map((span) => span.completed + span.failed + span.killed);
  const rows: [string, string][] = [
    [
      'tasks',
      `${tasks} ended in the last ${window}: ${completed} completed, ${failed} failed, ${killed} killed, ${interrupted} interrupted`,
    ],
    ['ran', `${humanDuration(view.ran_ms)} with ${cpuText(view.cpu_seconds)}`],
    ['waited', `${humanDuration(view.waited_ms)} in all${ofWaits(view.wait_ms)}`],
    [
      'lost',
      `${humanDuration(view.lost_ms)} with ${cpuText(view.lost_cpu_seconds)} in killed attempts${shareOf(view.lost_ms, view.ran_ms)}`,
    ],
    [
      'reserved',
      `${cpuText(view.unused_core_s)} and ${memText(view.unused_mem_byte_s)} more than completed tasks used`,
    ],
    ...idleRow(view.idle),
    ['ended', withPeak(plot, ended, (most) => `at most ${most} in ${humanDuration(view.span_ms)}`)],
    [
      'not ok',
      plot(
        spans.map((span) => span.failed + span.killed),
        Math.max(...ended),
      ),
    ],
    [
      'wait',
      withPeak(
        plot,
        spans.map((span) => span.wait_ms),
        (most) => `at most ${humanDuration(most)} in the mean`,
      ),
    ],
    [
      'memory',
      plot(
        spans.map((span) => sum(span.mem_ours_pct, span.mem_outside_pct)),
        100,
      ),
    ],
    [
      'cores',
      plot(
        spans.map((span) => sum(span.cpu_ours_pct, span.cpu_outside_pct)),
        100,
      ),
    ],
  ];
  const more = view.left_out === 0 ? '' : `${view.left_out} more; --limit=N shows them\n`;
  return [
    fieldLines(rows.filter(([, text]) => text !== '')),
    `\n${alignedTable(HEAD(view.by), view.groups.map(groupCells), { color, room, shortened: [view.by] })}${more}`,
    `${paint('TIME, MEM, CPU', 'heading', color)} are estimate / use, p50 to p90\n`,
    view.kills.length === 0 ? '' : `\n${killTable(view, isUnicode, color)}`,
  ].join('');
}

const HEAD = (by: string) => [
  by,
  'tasks',
  'ok',
  'killed',
  'ran',
  'wait p50',
  'wait p90',
  'time',
  'mem',
  'cpu',
  'lost',
];

function groupCells(group: HistoryGroup): string[] {
  const { key, tasks, completed, killed, interrupted, wait_ms: wait } = group;
  return [
    key,
    String(tasks),
    `${Math.round((100 * completed) / tasks)}%`,
    String(killed + interrupted),
    humanDuration(group.ran_ms),
    wait === null ? '' : humanDuration(wait.p50),
    wait === null ? '' : humanDuration(wait.p90),
    ...[group.time_ratio, group.mem_ratio, group.cpu_ratio].map(ratioText),
    group.lost_ms === 0 ? '' : humanDuration(group.lost_ms),
  ];
}

/** `2 to 5`: half of the runs need less than a half of the estimate, and one in ten less than a fifth. */
export function ratioText(ratio: Quantiles): string {
  return ratio === null ? '' : `${figure(ratio.p50)} to ${figure(ratio.p90)}`;
}

function figure(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(10 * value) / 10);
}

const KILL_BAR = 20;

function killTable({ kills }: HistoryView, isUnicode: boolean, color: boolean): string {
  const most = Math.max(1, ...kills.map(({ lost_ms }) => lost_ms));
  const rows = kills.map(({ reason, attempts, lost_ms }) => [
    reason,
    String(attempts),
    humanDuration(lost_ms),
    (isUnicode ? '█' : '#').repeat(Math.ceil((KILL_BAR * lost_ms) / most)),
  ]);
  return alignedTable(['killed for', 'attempts', 'lost', ''], rows, { color });
}

function idleRow(idle: HistoryView['idle']): [string, string][] {
  if (idle === null) return [];
  const { free_mem_pct, free_cpu_pct, free_mem_pct_waiting, free_cpu_pct_waiting } = idle;
  const waiting =
    free_mem_pct_waiting === null
      ? ''
      : `; while tasks waited ${free_mem_pct_waiting} % and ${free_cpu_pct_waiting} %`;
  return [['unused', `${free_mem_pct} % of the memory and ${free_cpu_pct} % of the cores${waiting}`]];
}

function ofWaits(waits: Quantiles): string {
  if (waits === null) return '';
  return `; half of the tasks at most ${humanDuration(waits.p50)}, nine of ten at most ${humanDuration(waits.p90)}`;
}

function shareOf(part: number, whole: number): string {
  return whole === 0 || part === 0 ? '' : ` (${Math.round((100 * part) / whole)} %)`;
}

export function cpuText(seconds: number): string {
  return `${humanDuration(1000 * seconds)} of CPU time`;
}

export function memText(byteSeconds: number): string {
  return `${(byteSeconds / 1024 ** 3 / 3600).toFixed(1)} GiB hours`;
}

function sum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

type Plot = (values: readonly (number | null)[], most?: number) => string;

function withPeak(plot: Plot, values: readonly (number | null)[], said: (most: number) => string): string {
  const drawn = plot(values);
  return drawn === '' ? '' : `${drawn}  ${said(Math.max(...values.map((value) => value ?? 0)))}`;
}

const BLOCKS = { unicode: '▁▂▃▄▅▆▇█', ascii: '.:-=+*#@' };

/** One character a value: a blank where it is null or 0. Empty when no value says anything. */
export function plotOf(values: readonly (number | null)[], isUnicode: boolean, most?: number): string {
  const top = most ?? Math.max(...values.map((value) => value ?? 0));
  if (top <= 0 || values.every((value) => !value)) return '';
  const blocks = isUnicode ? BLOCKS.unicode : BLOCKS.ascii;
  return values
    .map((value) => {
      if (!value) return ' ';
      return blocks[Math.min(blocks.length - 1, Math.floor((blocks.length * value) / top))] ?? ' ';
    })
    .join('');
}

function speaksUnicode({ LC_ALL, LC_CTYPE, LANG, TERM }: NodeJS.ProcessEnv): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return TERM !== 'dumb' && TERM !== 'linux' && (locale === '' || /utf-?8/i.test(locale));
}
