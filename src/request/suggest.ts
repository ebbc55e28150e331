// Builds command lines that ask for the same again: a run with --queue, an adjust with --force.
import { shellWord } from '../text/shell.ts';
import { exactDuration } from '../units/duration.ts';
import { exactSize } from '../units/size.ts';
import { type FieldType, isTristate } from './field-row.ts';
import { type Row, rowsOf } from './parse.ts';
import type { Asked, ParsedTypes, RunRequest } from './request.ts';

/** Repeats the given fields and variables exactly. Absent fields keep their defaults. */
export function suggestedCommand(request: RunRequest): string {
  return ['babysit', 'run', ...flagsOf(ORDER, { ...request, queue: true })].join(' ');
}

/** Skips the check for room, which refused the request. */
export function forcedAdjust(name: string, asked: Asked<'adjust'>): string {
  return ['babysit', 'adjust', shellWord(name), ...flagsOf(rowsOf('adjust'), { ...asked, force: true })].join(
    ' ',
  );
}

function flagsOf(rows: readonly Row[], values: Readonly<Record<string, unknown>>): readonly string[] {
  return rows.flatMap((row) => wordsOf(row, values[row[1].as]));
}

/** `--queue` first, because it is the difference; the command last. */
const ORDER = rowsOf('run').toSorted(([a, rowA], [b, rowB]) => place(a, rowA.type) - place(b, rowB.type));

function place(name: string, type: FieldType): number {
  return name === 'queue' ? 0 : type === 'argv' ? 3 : type === 'line' ? 2 : 1;
}

function wordsOf([name, row]: Row, value: unknown): readonly string[] {
  const { type } = row;
  if (value === null || (type === 'switch' && value === false && !isTristate(row))) return [];
  if (type === 'switch' && value === true) return [`--${name}`];
  const write = WRITERS[type] as ((value: unknown) => readonly string[]) | undefined;
  const texts = (write?.(value) ?? [String(value)]).map(shellWord);
  return type === 'argv' ? ['--', ...texts] : texts.map((text) => `--${name}=${text}`);
}

/** The values of the flag, one for each repetition. Other types have one value, `String(value)`. */
const WRITERS: { readonly [T in FieldType]?: (value: ParsedTypes[T]) => readonly string[] } = {
  duration: (valueMs) => [exactDuration(valueMs)],
  duration_or_off: (valueMs) => [valueMs === 0 ? '0' : exactDuration(valueMs)],
  size: (bytes) => [exactSize(bytes)],
  argv: (words) => words,
  list: (items) => [items.join(',')],
  json: (value) => [JSON.stringify(value)],
  env: (variables) => Object.entries(variables ?? {}).map(([name, text]) => `${name}=${text}`),
};
