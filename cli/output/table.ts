// Formats rows as aligned columns and as CSV.
import { escapeField } from '../../src/text/terminal.ts';
import { paint } from './style.ts';

/** An empty cell, or a number with its unit. */
const NUMBER = /^(\d[\d.]*[a-zA-Z%]{0,2})?$/;

/** Adds colors to a cell. The added characters must have no width on the terminal. */
export type Paint = (cell: string, row: number, column: number) => string;

/** Text is aligned left, numbers right, with two spaces between columns. Removes control sequences from cells. */
export function alignedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  paintCell: Paint = (cell) => cell,
  color = false,
): string {
  const names = header.map((text) => text.toUpperCase());
  const cells = rows.map((row) => row.map(escapeField));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const right = header.map(
    (_, column) => cells.some((row) => row[column]) && cells.every((row) => NUMBER.test(row[column] ?? '')),
  );
  const line = (row: readonly string[], shown: readonly string[]): string => {
    const padded = shown.map((text, column) => {
      const blank = ' '.repeat((widths[column] ?? 0) - (row[column]?.length ?? 0));
      return right[column] ? blank + text : text + blank;
    });
    return `${padded.join('  ').trimEnd()}\n`;
  };
  const body = cells.map((row, index) =>
    line(
      row,
      row.map((cell, column) => paintCell(cell, index, column)),
    ),
  );
  const head = line(names, names).trimEnd();
  return [`${paint(head, 'heading', color)}\n`, ...body].join('');
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
