// Aligned columns and CSV for people and spreadsheets.
import { escapeField } from '../../src/text/terminal.ts';

/** A number with its unit, or nothing. */
const NUMBER = /^(\d[\d.]*[a-zA-Z%]{0,2})?$/;

/** Puts colours around a cell; what it adds must take no room on the terminal. */
export type Paint = (cell: string, row: number, column: number) => string;

/** Left-aligned columns, two spaces between; numbers to the right. Cells are made harmless for a terminal. */
export function alignedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint = (cell) => cell,
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
      row.map((cell, column) => paint(cell, index, column)),
    ),
  );
  return [line(names, names), ...body].join('');
}

/** `key  value` lines, for one object. */
export function fieldLines(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(...fields.map(([key]) => key.length));
  return fields.map(([key, value]) => `${key.padEnd(width)}  ${escapeField(value)}\n`).join('');
}

/** RFC 4180 with `\n` between the lines. */
export function csv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
