// The state of the screen, and how frames of the daemon change it. Pure.
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { HostPoint, LiveTask } from '../../src/api/schemas/observe/live.ts';
import type { OutsidePoint } from '../../src/api/schemas/observe/outside.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { type Frame, tasksOf } from '../client/frames.ts';
import { afterRecorded, withLook } from '../client/outside-peaks.ts';
import type { Glyphs } from './glyphs.ts';
import type { InputLine } from './input-line.ts';
import { nextKill } from './next-kill.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export const MIN_COLUMNS = 60;
export const MIN_ROWS = 12;

/** The screen then shows no tables and no question. */
export function isTooSmall({ columns, rows }: Size): boolean {
  return columns < MIN_COLUMNS || rows < MIN_ROWS;
}

export const SORTS = ['kill', 'start', 'mem', 'cpu', 'time', 'name'] as const;
export type Sort = (typeof SORTS)[number];

export interface Detail {
  /** As last seen: an ended task leaves the frames after a while. */
  readonly task: LiveTask;
  /** Every field, read when the page opens and after each event. Null: not read yet. */
  readonly whole: TaskView | null;
  readonly events: readonly EventView[];
  readonly log: readonly string[];
  /** The end of the last chunk, which has no newline yet. */
  readonly partial: string;
  /** Lines between the end of the log and the last shown one; 0 follows the output. */
  readonly scroll: number;
}

export type Mode =
  | { readonly kind: 'list' }
  | { readonly kind: 'detail' }
  | { readonly kind: 'help' }
  | { readonly kind: 'filter'; readonly line: InputLine; readonly old: string }
  | { readonly kind: 'confirm'; readonly question: string; readonly effect: Effect; readonly from: Base }
  | { readonly kind: 'adjust'; readonly task: LiveTask; readonly line: InputLine; readonly from: Base };
/** The screen below a question. */
export type Base = 'list' | 'detail';

/** What the program does besides drawing. */
export type Effect =
  | { readonly kind: 'quit' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'open'; readonly task: LiveTask }
  | { readonly kind: 'close' }
  | { readonly kind: 'hold' }
  | { readonly kind: 'release' }
  | { readonly kind: 'change'; readonly verb: Verb; readonly task: LiveTask; readonly body: object };
export type Verb = 'pause' | 'resume' | 'kill' | 'adjust';

export interface State {
  readonly size: Size;
  readonly glyphs: Glyphs;
  readonly frame: Frame | null;
  /** Null: connected. */
  readonly lost: string | null;
  /** One point a second, oldest first. */
  readonly history: readonly HostPoint[];
  /** At the programs outside of all tasks, in the last hour, oldest first. */
  readonly looks: readonly OutsidePoint[];
  readonly selectedId: string | null;
  readonly filter: string;
  readonly sort: Sort;
  readonly mode: Mode;
  readonly detail: Detail | null;
  readonly message: { readonly text: string; readonly isError: boolean } | null;
}

export function firstState(size: Size, glyphs: Glyphs): State {
  return {
    size,
    glyphs,
    frame: null,
    lost: null,
    history: [],
    looks: [],
    selectedId: null,
    filter: '',
    sort: 'kill',
    mode: { kind: 'list' },
    detail: null,
    message: null,
  };
}

export type News =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'history'; readonly points: readonly HostPoint[] }
  | { readonly kind: 'looks'; readonly points: readonly OutsidePoint[] }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'resized'; readonly size: Size }
  | { readonly kind: 'message'; readonly text: string; readonly isError: boolean }
  | { readonly kind: 'whole'; readonly task: TaskView }
  | { readonly kind: 'event'; readonly id: string; readonly event: EventView }
  | { readonly kind: 'output'; readonly id: string; readonly text: string };

const HISTORY_MS = 60_000;
/** Frames after events come more often than points of the history. */
const POINT_MS = 900;
const LOG_LINES = 2000;
const EVENTS_KEPT = 200;

export function withNews(state: State, news: News): State {
  switch (news.kind) {
    case 'frame':
      return withFrame(state, news.frame);
    case 'history':
      return { ...state, history: joined(news.points, state.history) };
    case 'looks':
      return { ...state, looks: afterRecorded(news.points, state.looks) };
    case 'lost':
      return { ...state, lost: news.why };
    case 'resized':
      return { ...state, size: news.size };
    case 'message':
      return { ...state, message: { text: news.text, isError: news.isError } };
    case 'event':
      return withDetail(state, news.id, (detail) => ({
        ...detail,
        events: [...detail.events, news.event].slice(-EVENTS_KEPT),
      }));
    case 'whole':
      return withDetail(state, news.task.id, (detail) => ({ ...detail, whole: news.task }));
    case 'output':
      return withDetail(state, news.id, (detail) => withOutput(detail, news.text));
  }
}

function withFrame(state: State, frame: Frame): State {
  const shown = { ...state, frame, lost: null };
  const { detail } = state;
  const found = detail && tasksOf(frame).find(({ id }) => id === detail.task.id);
  return {
    ...shown,
    history: withPoint(state.history, frame.host),
    looks: withLook(state.looks, { at: frame.at, programs: frame.outside }),
    detail: detail && found ? { ...detail, task: found } : detail,
    selectedId: keptSelection(shown),
  };
}

/** A frame after an event repeats the last point. */
function withPoint(history: readonly HostPoint[], point: HostPoint | null): readonly HostPoint[] {
  const last = history.at(-1)?.at ?? 0;
  return point === null || point.at - last < POINT_MS ? history : joined(history, [point]);
}

function joined(older: readonly HostPoint[], newer: readonly HostPoint[]): HostPoint[] {
  const first = newer[0]?.at ?? Number.POSITIVE_INFINITY;
  const all = [...older.filter(({ at }) => at < first), ...newer];
  const end = all.at(-1)?.at ?? 0;
  return all.filter(({ at }) => at > end - HISTORY_MS);
}

function withDetail(state: State, id: string, change: (detail: Detail) => Detail): State {
  return state.detail?.task.id === id ? { ...state, detail: change(state.detail) } : state;
}

/** A scrolled view stays at its lines while output is added. */
function withOutput(detail: Detail, text: string): Detail {
  const pieces = (detail.partial + text).split('\n');
  const partial = pieces.pop() ?? '';
  const log = [...detail.log, ...pieces].slice(-LOG_LINES);
  const scroll = detail.scroll === 0 ? 0 : Math.min(detail.scroll + pieces.length, log.length);
  return { ...detail, log, partial, scroll };
}

export interface Listed {
  readonly running: readonly LiveTask[];
  readonly pending: readonly LiveTask[];
  readonly ended: readonly LiveTask[];
}

/** The tasks that pass the filter, in the order of the screen. */
export function listed({ frame, filter, sort }: State): Listed {
  if (frame === null) return { running: [], pending: [], ended: [] };
  const passes = (task: LiveTask) => matches(task, filter);
  return {
    running: sorted(frame.running.filter(passes), sort),
    pending: frame.pending.filter(passes),
    ended: frame.ended.filter(passes).toSorted((a, b) => ((a.ended_at ?? '') < (b.ended_at ?? '') ? 1 : -1)),
  };
}

export function selectable(state: State): readonly LiveTask[] {
  const { running, pending, ended } = listed(state);
  return [...running, ...pending, ...ended];
}

export function selectedTask(state: State): LiveTask | null {
  return selectable(state).find(({ id }) => id === state.selectedId) ?? null;
}

/** The selection follows its task. Without one, it is the first task. */
export function keptSelection(state: State): string | null {
  const tasks = selectable(state);
  return tasks.some(({ id }) => id === state.selectedId) ? state.selectedId : (tasks[0]?.id ?? null);
}

function matches(task: LiveTask, filter: string): boolean {
  const wanted = filter.toLowerCase();
  const { name, owner, project, command, status, tags, batch } = task;
  return [name, owner, project, command, status, batch, ...tags].some((text) =>
    text?.toLowerCase().includes(wanted),
  );
}

function sorted(tasks: readonly LiveTask[], sort: Sort): LiveTask[] {
  switch (sort) {
    case 'start':
      return tasks.toSorted((a, b) => compare(a.started_at ?? '~', b.started_at ?? '~'));
    case 'kill':
      return tasks.toSorted((a, b) => leftMs(a) - leftMs(b));
    case 'mem':
      return tasks.toSorted((a, b) => (b.mem_bytes ?? 0) - (a.mem_bytes ?? 0));
    case 'cpu':
      return tasks.toSorted((a, b) => (b.cpu_cores ?? 0) - (a.cpu_cores ?? 0));
    case 'time':
      return tasks.toSorted((a, b) => (b.elapsed_ms ?? 0) - (a.elapsed_ms ?? 0));
    case 'name':
      return tasks.toSorted((a, b) => compare(a.name, b.name));
  }
}

function leftMs(task: LiveTask): number {
  return nextKill(task)?.leftMs ?? Number.MAX_SAFE_INTEGER;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
