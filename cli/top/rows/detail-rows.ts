// The page of one task: what it is and does, its events, and its live output.
import type { LiveTask } from '../../../src/api/schemas/observe/live.ts';
import { counted } from '../../../src/core/counted.ts';
import { escapeLine } from '../../../src/text/terminal.ts';
import { eventText } from '../../output/task-output.ts';
import { taskText } from '../../output/task-text.ts';
import { BLANK, type Row, row, span, wrapText } from '../spans.ts';
import type { Detail, State } from '../state.ts';

const EVENTS_SHOWN = 4;
const LOG_LEAST = 5;
/** The column of the values in `taskText`. */
const INDENT = /^\S+ +/;

export function detailRows(
  { size }: State,
  { task, whole, events, log, partial, scroll }: Detail,
  rows: number,
): Row[] {
  const text = whole === null ? `reading ${task.name}` : taskText({ ...whole, ...live(task) }, false, false);
  const lines = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => wrapValue(line, size.columns));
  const shownEvents = events
    .slice(-EVENTS_SHOWN)
    .map((event) => row(span(eventText(event).split('\n')[0] ?? '')));
  const top = [...lines.map((line) => row(span(line))), row(span('EVENTS', 'title')), ...shownEvents].slice(
    0,
    Math.max(1, rows - LOG_LEAST - 1),
  );
  const left = Math.max(0, rows - top.length - 1);
  const all = partial === '' ? log : [...log, partial];
  const end = all.length - scroll;
  const shown = all.slice(Math.max(0, end - left), end);
  const state = scroll > 0 ? ` ${counted(scroll, 'line')} below` : '';
  const blank = Array.from({ length: left - shown.length }, () => BLANK);
  return [
    ...top,
    row(span(`OUTPUT${state}`, 'title'), span(all.length === 0 ? '  none yet' : '', 'dim')),
    ...shown.map((line) => row(span(escapeLine(line)))),
    ...blank,
  ];
}

/** The frames have the use of now; the command of a row is cut. */
function live({ elapsed_ms, mem_bytes, cpu_cores, silent_ms, progress, waiting }: LiveTask) {
  return { elapsed_ms, mem_bytes, cpu_cores, silent_ms, progress, waiting };
}

/** Continues a long value below its beginning. */
function wrapValue(line: string, columns: number): string[] {
  const indent = INDENT.exec(line)?.[0] ?? '';
  const room = Math.max(10, columns - indent.length);
  const [first = '', ...rest] = wrapText(line.slice(indent.length), room);
  return [indent + first, ...rest.map((one) => ' '.repeat(indent.length) + one)];
}
