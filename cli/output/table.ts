// Formats rows as aligned columns and as CSV.
import { escapeField } from '../../src/text/terminal.ts';
import { cutMiddle, textWidth } from '../../src/text/width.ts';
import { paint } from './style.ts';

/** An empty cell, or a number with its unit. */
const NUMBER = /^(\d[\d.]*[a-zA-Z%]{0,2})?$/;

/** Adds colors to a cell. The added characters must have no width on the terminal. */
export type Paint = (cell: string, row: number, column: number) => string;

export interface TableStyle {
  readonly color?: boolean;
  readonly paintCell?: Paint;
  /** The columns of the terminal; null keeps every cell whole. */
  readonly room?: number | null;
  /** Headers of names, whose middle is cut where the table is wider than the terminal. */
  readonly shortened?: readonly string[];
  /** Headers of columns that are left out where shortened names do not make enough room, the least important first. */
  readonly omitted?: readonly string[];
}

const GAP = 2;
/** A shortened name has at least this many columns. */
const SHORTEST = 16;
/** Of a last column that is not shortened, this much fits. The terminal wraps the rest. */
const LAST_BEGINS = 20;

/** Text is aligned left, numbers right. Removes control sequences from cells. */
export function alignedTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { color = false, paintCell = (cell) => cell, room = null, shortened = [], omitted = [] }: TableStyle = {},
): string {
  const escaped = rows.map((row) => row.map(escapeField));
  const kept = keptColumns(titles, escaped, { room: room ?? Number.POSITIVE_INFINITY, shortened, omitted });
  const header = kept.map((column) => titles[column] ?? '');
  const names = header.map((text) => text.toUpperCase());
  const whole = escaped.map((row) => kept.map((column) => row[column] ?? ''));
  const widest = widestOf(header, whole);
  const isShortened = (column: number) => shortened.includes(header[column] ?? '');
  const widths = room === null ? widest : fitted(widest, room, isShortened);
  const cells = whole.map((row) =>
    row.map((cell, column) => (isShortened(column) ? cutMiddle(cell, widths[column] ?? 0) : cell)),
  );
  const right = header.map(
    (_, column) => cells.some((row) => row[column]) && cells.every((row) => NUMBER.test(row[column] ?? '')),
  );
  const line = (row: readonly string[], shown: readonly string[]): string => {
    const padded = shown.map((text, column) => {
      const blank = ' '.repeat((widths[column] ?? 0) - textWidth(row[column] ?? ''));
      return right[column] ? blank + text : text + blank;
    });
    return `${padded.join(' '.repeat(GAP)).trimEnd()}\n`;
  };
  const body = cells.map((row, index) =>
    line(
      row,
      row.map((cell, column) => paintCell(cell, index, kept[column] ?? column)),
    ),
  );
  const head = line(names, names).trimEnd();
  return [`${paint(head, 'heading', color)}\n`, ...body].join('');
}

function widestOf(header: readonly string[], rows: readonly (readonly string[])[]): readonly number[] {
  return header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => textWidth(row[column] ?? ''))),
  );
}

/** The columns that have room. Those that may be left out come last to it, the empty ones after the others. */
function keptColumns(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { room, shortened, omitted }: { room: number } & Required<Pick<TableStyle, 'shortened' | 'omitted'>>,
): readonly number[] {
  const widest = widestOf(titles, rows);
  const least = widest.map((width, column) => {
    if (shortened.includes(titles[column] ?? '')) return Math.min(width, SHORTEST);
    return column === titles.length - 1 ? Math.min(width, LAST_BEGINS) : width;
  });
  const isEmpty = (column: number) => rows.every((row) => !row[column]);
  const optional = titles
    .map((_, column) => column)
    .filter((column) => omitted.includes(titles[column] ?? ''))
    .sort(
      (a, b) =>
        Number(isEmpty(a)) - Number(isEmpty(b)) ||
        omitted.indexOf(titles[b] ?? '') - omitted.indexOf(titles[a] ?? ''),
    );
  const left = new Set(optional);
  let needed = -GAP + least.reduce((sum, width, column) => sum + (left.has(column) ? 0 : GAP + width), 0);
  for (const column of optional) {
    const width = GAP + (least[column] ?? 0);
    if (needed + width > room) continue;
    needed += width;
    left.delete(column);
  }
  return titles.map((_, column) => column).filter((column) => !left.has(column));
}

/** The widths for a table in `room` columns: the widest of the shortened columns give their room first. */
function fitted(
  widest: readonly number[],
  room: number,
  isShortened: (column: number) => boolean,
): readonly number[] {
  const widths = [...widest];
  const last = widths.length - 1;
  const counted = widths.map((width, column) =>
    column === last && !isShortened(column) ? Math.min(width, LAST_BEGINS) : width,
  );
  let excess = counted.reduce((sum, width) => sum + width, 0) + GAP * last - room;
  const long = widths.flatMap((width, column) => (isShortened(column) && width > SHORTEST ? [column] : []));
  while (excess > 0 && long.length > 0) {
    long.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    const [column = 0] = long;
    widths[column] = (widths[column] ?? 0) - 1;
    excess -= 1;
    if (widths[column] === SHORTEST) long.shift();
  }
  return widths;
}

/** One `key  value` line a field. */
export function fieldLines(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(...fields.map(([key]) => key.length));
  return fields.map(([key, value]) => `${key.padEnd(width)}  ${escapeField(value)}\n`).join('');
}

/** RFC 4180, but lines end with `\n`. */
export function csv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return csvRows([header, ...rows]);
}

/** Without a header. */
export function csvRows(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
