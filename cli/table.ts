// Aligned columns and CSV for people and spreadsheets.
import { escapeField } from './escape.ts';

/** A number with its unit, or nothing. */
const NUMBER = /^(\d[\d.]*[a-zA-Z%]{0,2})?$/;

/** Left-aligned columns, two spaces between; numbers to the right. Cells are made harmless for a terminal. */
export function alignedTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header.map((text) => text.toUpperCase()), ...rows.map((row) => row.map(escapeField))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const right = header.map(
    (_, column) => rows.some((row) => row[column]) && rows.every((row) => NUMBER.test(row[column] ?? '')),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
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
