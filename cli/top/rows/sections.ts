// The tables of the screen, which share its height: each gets its least rows first, then what is left.
import type { LiveTask } from '../../../src/api/schemas/observe/live.ts';
import type { Frame } from '../../client/frames.ts';
import { type Peak, peaksOf } from '../../client/outside-peaks.ts';
import { BLANK, type Row, row, span } from '../spans.ts';
import { listed, type State } from '../state.ts';
import { type Column, headingRow, lay, valueRow } from './table-rows.ts';
import { endedColumns, outsideColumns, queueColumns, runningColumns } from './task-columns.ts';

interface Section {
  readonly count: number;
  /** Rows that it gets before any other section gets more. */
  readonly least: number;
  /** `rows` includes the heading. */
  readonly draw: (rows: number) => Row[];
}

/** The rows of all tables, exactly `rows` of them. */
export function sectionRows(state: State, rows: number): Row[] {
  const sections = sectionsOf(state);
  const shares = share(
    rows,
    sections.map(({ count, least }) => ({ want: count + 1, least: Math.min(count, least) + 1 })),
  );
  const drawn = sections.flatMap(({ draw }, index) => draw(shares[index] ?? 0));
  return [...drawn, ...Array.from({ length: Math.max(0, rows - drawn.length) }, () => BLANK)].slice(0, rows);
}

function sectionsOf(state: State): Section[] {
  const { frame, glyphs } = state;
  if (frame === null) return [];
  const { running, pending, ended } = listed(state);
  const { tasks } = frame.status;
  const more = tasks.pending - frame.pending.length;
  const tickets = tasks.tickets === 0 ? '' : `, ${tasks.tickets} tickets`;
  return [
    table(state, `RUNNING ${running.length}`, running, runningColumns(glyphs), 6, 'no task runs'),
    table(
      state,
      `QUEUE ${pending.length}${more > 0 ? `+${more}` : ''}${tickets}`,
      pending,
      queueColumns(frame, glyphs),
      4,
      'no task waits',
    ),
    table(state, 'ENDED', ended, endedColumns(frame), 3, 'no task has ended'),
    table(state, 'NOT MANAGED', outsideOf(state, frame), outsideColumns(frame.at), 2, 'no large program'),
  ];
}

function outsideOf({ looks }: State, { at, outside, status: { host } }: Frame): Peak[] {
  return peaksOf(looks, outside, at, { cores: host.cores, memBytes: host.mem_total_bytes });
}

function table<T extends LiveTask | { readonly name: string }>(
  { size, glyphs, selectedId }: State,
  title: string,
  values: readonly T[],
  columns: readonly Column<T>[],
  least: number,
  none: string,
): Section {
  const isSelected = (value: T) => 'id' in value && value.id === selectedId;
  return {
    count: values.length,
    least,
    draw(rows) {
      if (rows === 0) return [];
      if (values.length === 0) return [row(span(`${title}  `, 'title'), span(none, 'dim'))];
      const shown = rows - 1;
      const from = firstShown(values.findIndex(isSelected), values.length, shown);
      const range = shown < values.length ? ` ${from + 1}-${from + shown}` : '';
      const laid = lay(columns, size.columns);
      return [
        headingRow(laid, `${title}${range}`, glyphs),
        ...values.slice(from, from + shown).map((value) => valueRow(laid, value, isSelected(value), glyphs)),
      ];
    },
  };
}

/** The first row of a window that shows the selected one, in the middle where it can. */
function firstShown(selected: number, count: number, shown: number): number {
  if (selected < 0) return 0;
  return Math.max(0, Math.min(count - shown, selected - Math.floor(shown / 2)));
}

interface Want {
  readonly want: number;
  readonly least: number;
}

/** The first ones get the rest first. On a low screen the last ones get nothing. */
export function share(rows: number, wants: readonly Want[]): number[] {
  let left = rows;
  const shares = wants.map(({ least }) => {
    // A heading without a row tells nothing.
    const got = least <= left ? least : left >= 2 ? left : 0;
    left -= got;
    return got;
  });
  return shares.map((got, index) => {
    const more = got === 0 ? 0 : Math.max(0, Math.min(left, (wants[index]?.want ?? 0) - got));
    left -= more;
    return got + more;
  });
}
