// The columns of the tables: running tasks, the queue, ended tasks, other programs.

import type { LiveTask } from '../../../src/api/schemas/observe/live.ts';
import { KILL_FACTOR } from '../../../src/core/estimate.ts';
import { formatDuration } from '../../../src/units/duration.ts';
import { coresUsed, type Frame } from '../../client/frames.ts';
import type { Peak } from '../../client/outside-peaks.ts';
import { humanCores, humanSize, outcome } from '../../output/human.ts';
import { waitsForWithin } from '../../output/waits-for.ts';
import { limitBar, progressBar } from '../bars.ts';
import { coarse } from '../coarse.ts';
import type { Glyphs } from '../glyphs.ts';
import { nextKill } from '../next-kill.ts';
import { type Span, span, type Tone } from '../spans.ts';
import type { Column } from './table-rows.ts';

const NAME: Pick<Column<LiveTask>, 'title' | 'columns' | 'most' | 'rank'> = {
  title: '',
  columns: 12,
  most: 28,
  rank: 0,
};

export function runningColumns(glyphs: Glyphs): Column<LiveTask>[] {
  return [
    { ...NAME, show: (task) => ({ text: task.name, tone: 'strong' }) },
    { title: 'STATE', columns: 9, rank: 6, show: (task) => stateOf(task) },
    {
      title: 'PROGRESS',
      columns: 10,
      most: 20,
      rank: 0,
      show: (task, width) => progressOf(task, width, glyphs),
    },
    { title: 'ETA', columns: 6, rank: 2, align: 'right', show: etaOf },
    { title: 'TIME', columns: 12, rank: 1, align: 'right', show: timeOf },
    {
      title: `MEM ${glyphs.mark}estimate`,
      columns: 17,
      most: 36,
      rank: 0,
      show: (task, width) => memOf(task, width, glyphs),
    },
    { title: 'CPU', columns: 4, rank: 3, align: 'right', show: cpuOf },
    { title: 'KILL IN', columns: 11, most: 16, rank: 0, show: killOf },
    {
      title: 'OWNER',
      columns: 10,
      most: 24,
      rank: 7,
      show: (task) => ({ text: ownerOf(task), tone: 'dim' }),
    },
    {
      title: 'LAST LINE',
      columns: 19,
      most: 400,
      rank: 5,
      show: (task) => ({ text: lastLine(task), tone: 'dim' }),
    },
  ];
}

export function queueColumns(frame: Frame, glyphs: Glyphs): Column<LiveTask>[] {
  return [
    { ...NAME, show: (task) => ({ text: task.name, tone: 'strong' }) },
    {
      title: '#',
      columns: 3,
      rank: 0,
      align: 'right',
      show: ({ waiting }) => ({
        text: waiting?.position == null ? '-' : String(waiting.position),
        tone: 'info',
      }),
    },
    {
      title: 'STARTS',
      columns: 9,
      rank: 0,
      show: ({ waiting }) =>
        waiting === null
          ? { text: 'now', tone: 'good' }
          : { text: inTime(waiting.expected_start, frame.at), tone: 'good' },
    },
    {
      title: `${glyphs.atMost} LATEST`,
      columns: 9,
      rank: 1,
      show: ({ waiting }) => ({ text: waiting === null ? '' : inTime(waiting.latest_start, frame.at) }),
    },
    { title: 'NEEDS', columns: 10, rank: 4, show: (task) => ({ text: needsOf(task), tone: 'dim' }) },
    {
      title: 'OWNER',
      columns: 10,
      most: 24,
      rank: 5,
      show: (task) => ({ text: ownerOf(task), tone: 'dim' }),
    },
    {
      title: 'WAITS FOR',
      columns: 40,
      most: 400,
      rank: 0,
      show: ({ waiting }, width) => ({ text: waitsForWithin(waiting, width) }),
    },
  ];
}

export function endedColumns(frame: Frame): Column<LiveTask>[] {
  return [
    { ...NAME, show: (task) => ({ text: task.name, tone: 'strong' }) },
    { title: 'HOW', columns: 11, rank: 0, show: ({ status }) => ({ text: status, tone: TONES[status] }) },
    { title: 'REASON', columns: 16, most: 24, rank: 0, show: (task) => ({ text: outcome(task) }) },
    {
      title: 'ENDED',
      columns: 10,
      rank: 1,
      show: ({ ended_at: at }) => ({ text: ago(at, frame.at), tone: 'dim' }),
    },
    {
      title: 'RAN',
      columns: 6,
      rank: 3,
      align: 'right',
      show: (task) => ({ text: duration(task.elapsed_ms) }),
    },
    {
      title: 'PEAK',
      columns: 7,
      rank: 4,
      align: 'right',
      show: (task) => ({ text: size(task.peak_mem_bytes) }),
    },
    {
      title: 'CPU',
      columns: 4,
      rank: 3,
      align: 'right',
      show: (task) => ({ text: humanCores(coresUsed(task)) }),
    },
    {
      title: 'HINT',
      columns: 20,
      most: 400,
      rank: 2,
      show: (task) => ({ text: task.kill_hint ?? task.hint ?? task.message ?? '', tone: 'dim' }),
    },
  ];
}

export function outsideColumns(nowMs: number): Column<Peak>[] {
  return [
    { title: '', columns: 14, most: 28, rank: 0, show: ({ name }) => ({ text: name }) },
    {
      title: 'PROCESSES',
      columns: 9,
      rank: 2,
      align: 'right',
      show: ({ now, most }) => ({ text: String((now ?? most).processes) }),
    },
    {
      title: 'MEM',
      columns: 7,
      rank: 0,
      align: 'right',
      show: ({ now }) => ({ text: now === null ? '-' : size(now.mem_bytes) }),
    },
    {
      title: 'CPU',
      columns: 5,
      rank: 0,
      align: 'right',
      show: ({ now }) => ({ text: now === null ? '-' : humanCores(now.cpu_cores) }),
    },
    {
      title: 'BELONGS TO',
      columns: 20,
      most: 60,
      rank: 1,
      show: ({ belongs_to: whose }) => ({
        text: whose ?? 'not known',
        tone: whose === null ? 'dim' : 'plain',
      }),
    },
    { title: 'MOST IN 1H', columns: 16, most: 24, rank: 0, show: (peak) => ({ text: mostOf(peak, nowMs) }) },
  ];
}

/** `7.8 cpu 8m ago` */
function mostOf({ most, dim, at }: Peak, nowMs: number): string {
  const use = dim === 'mem' ? size(most.mem_bytes) : `${humanCores(most.cpu_cores)} cpu`;
  return nowMs - at < 1000 ? `${use} now` : `${use} ${coarse(nowMs - at)} ago`;
}

const TONES: Readonly<Record<LiveTask['status'], Tone>> = {
  pending: 'warn',
  running: 'info',
  paused: 'warn',
  completed: 'good',
  failed: 'bad',
  killed: 'bad',
  interrupted: 'bad',
};

export function stateOf({ status, held_at, throttled_at }: LiveTask): { text: string; tone: Tone } {
  if (status !== 'running') return { text: status, tone: TONES[status] };
  if (held_at !== null) return { text: 'held', tone: 'bad' };
  return throttled_at === null ? { text: status, tone: 'info' } : { text: 'throttled', tone: 'warn' };
}

function progressOf(task: LiveTask, width: number, glyphs: Glyphs): readonly Span[] {
  const { status, held_at: heldAt, progress } = task;
  const pct = progress?.pct ?? null;
  if (pct !== null)
    return [...progressBar(pct / 100, width - 5, glyphs), span(`${Math.floor(pct)}%`.padStart(5))];
  if (status === 'paused' || heldAt !== null) return [span(stateOf(task).text, 'warn')];
  if (progress?.done != null) return [span(`${progress.done} done`, 'info')];
  return [span(progress?.phase ?? '-', 'dim')];
}

/** By its progress, else by its estimate, which is a guess. */
function etaOf(task: LiveTask): { text: string; tone: Tone } {
  const eta = task.progress?.eta_s ?? null;
  if (eta !== null) return { text: coarse(1000 * eta), tone: 'plain' };
  const leftMs = task.estimated_time_ms - (task.elapsed_ms ?? 0);
  return leftMs > 0 ? { text: `~${coarse(leftMs)}`, tone: 'dim' } : { text: '?', tone: 'warn' };
}

function timeOf(task: LiveTask): { text: string; tone: Tone } {
  const elapsed = task.elapsed_ms ?? 0;
  const tone = elapsed > task.estimated_time_ms ? 'warn' : 'plain';
  return { text: `${coarse(elapsed)}/${formatDuration(task.estimated_time_ms)}`, tone };
}

const NUMBERS = 11;
const WITH_CAP = 22;
const BAR_WITH_CAP = 10;

/** `██│     350M/2G cap 6G`: a bar of use and estimate that ends at the cap, then the numbers. */
function memOf(task: LiveTask, width: number, glyphs: Glyphs): readonly Span[] {
  const { mem_bytes: use, mem_max_bytes: max, estimated_mem_bytes: estimate } = task;
  const cap = max ?? KILL_FACTOR * estimate;
  const isWide = width >= BAR_WITH_CAP + WITH_CAP;
  const columns = width - (isWide ? WITH_CAP : NUMBERS);
  const numbers = `${size(use)}/${size(estimate)}${isWide ? ` cap ${size(cap)}` : ''}`;
  return [
    ...limitBar(use ?? 0, estimate, cap, columns, glyphs),
    span(` ${numbers}`, (use ?? 0) > estimate ? 'warn' : 'plain'),
  ];
}

function cpuOf({ cpu_cores: cores, estimated_cpu_cores: estimate }: LiveTask): { text: string; tone: Tone } {
  return { text: humanCores(cores), tone: (cores ?? 0) > 1.25 * estimate ? 'warn' : 'plain' };
}

function killOf(task: LiveTask): { text: string; tone: Tone } {
  return nextKill(task) ?? { text: task.status === 'paused' ? 'paused' : '', tone: 'dim' };
}

/** What the task printed last; without it, what it measures. */
export function lastLine({ last_line, progress }: LiveTask): string {
  return last_line ?? progress?.note ?? progress?.phase ?? '';
}

function ownerOf({ owner, project }: LiveTask): string {
  return owner ?? project.slice(project.lastIndexOf('/') + 1);
}

function needsOf({ estimated_mem_bytes: mem, estimated_cpu_cores: cores }: LiveTask): string {
  return `${size(mem)} ${cores} cpu`;
}

/** `in 2m10s`, `now`; `not known` without a time. */
export function inTime(iso: string | null, nowMs: number): string {
  if (iso === null) return 'not known';
  const awayMs = Date.parse(iso) - nowMs;
  return awayMs < 1000 ? 'now' : `in ${coarse(awayMs)}`;
}

function ago(iso: string | null, nowMs: number): string {
  return iso === null ? '' : `${coarse(Math.max(0, nowMs - Date.parse(iso)))} ago`;
}

function duration(ms: number | null): string {
  return ms === null ? '' : coarse(ms);
}

function size(bytes: number | null): string {
  if (bytes === null) return '';
  const unit = bytes >= 1024 ** 3 ? 1024 ** 3 / 10 : bytes >= 1024 ** 2 ? 1024 ** 2 : 1;
  return humanSize(Math.round(bytes / unit) * unit);
}
