// Builds the command line that submits the same request with --queue.
import { shellWord } from '../text/shell.ts';
import { exactDuration } from '../units/duration.ts';
import { exactSize } from '../units/size.ts';
import { type FieldType, isTristate } from './field-row.ts';
import { type Row, rowsOf } from './parse.ts';
import type { ParsedTypes, RunRequest } from './request.ts';

/** Repeats the given fields and variables exactly. Absent fields keep their defaults. */
export function suggestedCommand(request: RunRequest): string {
  const queued: Readonly<Record<string, unknown>> = { ...request, queue: true };
  const words = (row: Row) => wordsOf(row, queued[row[1].as]);
  return ['babysit', 'run', ...ORDER.flatMap(words)].join(' ');
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
