// The whole screen as rows, for any state and size. Pure.

import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { cutMiddle } from '../../src/text/width.ts';
import type { Frame } from '../client/frames.ts';
import { holdText, scopeText } from '../output/hold-text.ts';
import { waitsFor } from '../output/waits-for.ts';
import { type InputLine, shownLine } from './input-line.ts';
import { NAME_COLUMNS } from './keys.ts';
import { nextKill } from './next-kill.ts';
import { detailRows } from './rows/detail-rows.ts';
import { helpRows } from './rows/help-rows.ts';
import { hostRows } from './rows/host-rows.ts';
import { sectionRows } from './rows/sections.ts';
import { inTime, lastLine, stateOf } from './rows/task-columns.ts';
import { BLANK, fitSpans, type Row, row, type Span, span, widthOf, wrapText } from './spans.ts';
import { isTooSmall, MIN_COLUMNS, MIN_ROWS, type State, selectedTask } from './state.ts';

/** Lines about the selected task. */
const ABOUT_ROWS = 2;
const FOOT_ROWS = ABOUT_ROWS + 1;

/** As many rows as the terminal has, each as wide as it. */
export function screen(state: State): Row[] {
  const { size, glyphs } = state;
  const rows = rowsOf(state).slice(0, size.rows);
  while (rows.length < size.rows) rows.push(BLANK);
  return rows.map(({ spans, ...rest }) => ({ ...rest, spans: fitSpans(spans, size.columns, glyphs.cut) }));
}

function rowsOf(state: State): Row[] {
  const { size, frame, mode, detail } = state;
  if (isTooSmall(size)) {
    const needs = `babysit top needs ${MIN_COLUMNS}x${MIN_ROWS}, this terminal has ${size.columns}x${size.rows}; q quits`;
    return wrapText(needs, size.columns).map((line) => row(span(line)));
  }
  if (mode.kind === 'help') return [...helpRows(state)];
  if (frame === null)
    return [row(span(state.lost ?? 'waiting for the daemon', state.lost === null ? 'dim' : 'bad'))];
  const footer = footerRows(state);
  if (detail !== null) {
    const body = size.rows - 1 - footer.length;
    return [titleRow(state), ...detailRows(state, detail, body), ...footer];
  }
  const head = [titleRow(state), ...alertRows(state), ...hostRows(state)];
  const foot = [...aboutRows(state), ...footer].slice(-FOOT_ROWS);
  return [...head, ...sectionRows(state, size.rows - head.length - foot.length), ...foot];
}

function titleRow({ frame, filter, sort, lost }: State): Row {
  if (frame === null) return BLANK;
  const { host, tasks, profile } = frame.status;
  const paused = tasks.paused === 0 ? '' : `, ${tasks.paused} paused`;
  const spans: Span[] = [
    span('babysit top ', 'title'),
    span(`${host.hostname} `, 'strong'),
    span(` ${tasks.running} running${paused}, ${tasks.pending} waiting  profile ${profile}`),
  ];
  if (sort !== 'kill') spans.push(span(`  sorted by ${sort}`, 'info'));
  if (filter !== '') spans.push(span(`  filter "${filter}"`, 'info'));
  if (lost !== null) spans.push(span(`  ${lost}`, 'bad'));
  return { spans };
}

/** What a person must know first, at most two rows. */
function alertRows({ frame, size }: State): Row[] {
  if (frame === null) return [];
  const { pressure, notices, holds } = frame.status;
  const rows = [
    ...holds.map((hold) => row(span(`${scopeText(hold, hold.name)} ${holdText(hold)}`, 'warn'))),
    ...pressure.map(({ dim, lasted_s: lastedS, cause }) =>
      row(
        span(
          `The host is short of ${dim === 'mem' ? 'memory' : 'disk space'} for ${lastedS}s${causeText(cause)}; no task starts.`,
          'bad',
        ),
      ),
    ),
    ...notices
      .flatMap(({ reason, fix }) => wrapText(`Notice: ${reason}. ${fix}`, size.columns))
      .map((line) => row(span(line, 'warn'))),
  ];
  return rows.slice(0, 2);
}

function causeText(cause: 'ours' | 'external' | 'spread' | null): string {
  switch (cause) {
    case 'ours':
      return ', caused by a task';
    case 'external':
      return ', caused by programs outside of all tasks';
    case 'spread':
      return ', caused by several programs together';
    case null:
      return '';
  }
}

function aboutRows(state: State): Row[] {
  const task = selectedTask(state);
  const { frame, glyphs } = state;
  const text = task === null || frame === null ? '' : about(task, frame, glyphs.cut);
  const lines = wrapText(text, state.size.columns);
  return Array.from({ length: ABOUT_ROWS }, (_, index) => row(span(lines[index] ?? '', 'dim')));
}

/** One sentence on the selected task: what happens next and why. */
function about(task: LiveTask, frame: Frame, mark: string): string {
  const { waiting } = task;
  const name = cutMiddle(task.name, NAME_COLUMNS, mark);
  if (task.ended_at !== null)
    return `${name} ${task.status}: ${task.kill_hint ?? task.hint ?? task.message ?? task.command}`;
  if (task.status === 'pending') {
    const start =
      waiting === null
        ? ''
        : waiting.expected_start === null
          ? ' Its start is not known.'
          : ` Starts ${inTime(waiting.expected_start, frame.at)}, at the latest ${inTime(waiting.latest_start, frame.at)}.`;
    return `${name} waits for ${waitsFor(waiting)}.${start}`;
  }
  const kill = nextKill(task);
  const line = lastLine(task);
  return `${name} is ${stateOf(task).text}${kill === null ? '' : `, ${kill.why}`}. ${line === '' ? task.command : line}`;
}

function inputRow(label: string, line: InputLine, columns: number): Row {
  const title = span(label, 'title');
  return row(title, span(shownLine(line, columns - widthOf([title]))));
}

const KEYS = 'enter: detail  / filter  s sort  p pause  k kill  +- priority  h hold  ? help';
const KEYS_OF_DETAIL = 'arrows scroll  p pause  k kill  +- priority  a adjust  esc back';

/** The last rows: a question, an input line, a message, or the keys. */
function footerRows({ mode, message, size, glyphs }: State): Row[] {
  switch (mode.kind) {
    case 'confirm':
      return [row(span(`${mode.question} `, 'bad'), span('y: yes, any other key: no', 'strong'))];
    case 'filter':
      return [
        row(span('enter keeps the filter, esc restores the old one', 'dim')),
        inputRow('filter: ', mode.line, size.columns),
      ];
    case 'adjust':
      return [
        message === null
          ? row(span('change the values; enter applies, esc cancels, ctrl-u clears', 'dim'))
          : row(span(message.text, 'bad')),
        inputRow(`adjust ${cutMiddle(mode.task.name, NAME_COLUMNS, glyphs.cut)}: `, mode.line, size.columns),
      ];
    case 'list':
    case 'detail':
    case 'help':
      if (message !== null) return [row(span(message.text, message.isError ? 'bad' : 'good'))];
      return [row(span(mode.kind === 'detail' ? KEYS_OF_DETAIL : KEYS, 'dim'))];
  }
}
