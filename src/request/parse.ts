// Parses the JSON of a request into values with units. The CLI parses too, to report mistakes before it calls the daemon.
import { BabysitError } from '../core/errors.ts';
import { isTaskName, NAME_RULE } from '../core/task.ts';
import { commaWords } from '../text/split.ts';
import { parseDuration, parseDurationOrOff } from '../units/duration.ts';
import { parseCores, parseCount, parsePercent } from '../units/number.ts';
import { parseSize } from '../units/size.ts';
import { type FieldRow, type FieldType, isTristate, type Verb } from './field-row.ts';
import { FIELDS } from './fields.ts';
import type { Asked, Body, Caller, JsonTypes, ParsedTypes, RunRequest } from './request.ts';

export type Row = readonly [name: string, row: FieldRow];
const ROWS: readonly Row[] = Object.entries(FIELDS);
const ROWS_OF: { readonly [V in Verb]: readonly Row[] } = {
  run: ROWS.filter(([, { help }]) => help.run !== undefined),
  adjust: ROWS.filter(([, { help }]) => help.adjust !== undefined),
  retry: ROWS.filter(([, { help }]) => help.retry !== undefined),
  wait_for_capacity: ROWS.filter(([, { help }]) => help.wait_for_capacity !== undefined),
};

/** The rows of a verb, in the order of the table. */
export function rowsOf(verb: Verb): readonly Row[] {
  return ROWS_OF[verb];
}

/** `body` must have the JSON types of its fields. Throws BabysitError usage that begins with the name of the field. */
export function parseFields<V extends Verb>(verb: V, body: Body<V>): Asked<V> {
  const given = body as Readonly<Record<string, unknown>>;
  checkExclusions(verb, given);
  const asked: Record<string, unknown> = {};
  for (const [name, row] of rowsOf(verb))
    asked[row.as] = given[name] === undefined ? absent(row) : parseField(row, given[name], name);
  return asked as Asked<V>;
}

/** `what` names the field or flag in errors. */
export function parseField(row: FieldRow, value: unknown, what: string): unknown {
  return (PARSERS[row.type] as (value: unknown, what: string, row: FieldRow) => unknown)(value, what, row);
}

/** Throws BabysitError usage. */
export function parseRequest(body: Body<'run'>, caller: Caller): RunRequest {
  if ((body.command === undefined) === (body.argv === undefined))
    throw new BabysitError('usage', 'exactly one of command and argv is needed');
  return { ...parseFields('run', body), caller };
}

/** `label` formats the name of a field for the message. Throws BabysitError usage. */
export function checkExclusions(
  verb: Verb,
  given: Readonly<Record<string, unknown>>,
  label = (name: string) => name,
): void {
  const isGiven = (name: string) => given[name] !== undefined && given[name] !== false;
  for (const [name, { excludes = [] }] of rowsOf(verb))
    for (const other of excludes)
      if (isGiven(name) && isGiven(other))
        throw new BabysitError('usage', `${label(name)} and ${label(other)} exclude each other`, {
          hint: `Give ${label(name)} or ${label(other)}, not both.`,
        });
}

function absent(row: FieldRow): false | null {
  return row.type === 'switch' && !isTristate(row) ? false : null;
}

/** Every list of a task repeats these entries. */
const MAX_ENTRIES = 1000;
const MAX_ENTRY_LENGTH = 256;

/** Of the characters that systemd.unit(5) allows, those without a meaning of their own (`@` is an instance). */
const UNIT_NAME = /^[a-zA-Z0-9][a-zA-Z0-9:_.-]{0,200}$/;

type Parser<T extends FieldType> = (value: JsonTypes[T], what: string, row: FieldRow) => ParsedTypes[T];

const PARSERS: { readonly [T in FieldType]: Parser<T> } = {
  duration(value, what, { max = Number.POSITIVE_INFINITY }) {
    const ms = parseDuration(value, what);
    if (ms <= max) return ms;
    throw refused(what, `at most ${max / 86_400_000}d`);
  },
  duration_or_off: parseDurationOrOff,
  size: parseSize,
  cores: parseCores,
  percent: parsePercent,
  whole: (value, what, { min = 0, max = Number.MAX_SAFE_INTEGER }) => parseCount(value, what, min, max),
  text(value, what, { min = 0, max = Number.POSITIVE_INFINITY }) {
    if (value.length >= min && value.length <= max) return withoutNul(value, what);
    throw refused(what, `must be ${min} to ${max} characters long, not ${value.length}`);
  },
  name(value, what) {
    if (isTaskName(value)) return value;
    throw refused(what, `"${value}" is not a valid name: ${NAME_RULE}`);
  },
  unit(value, what) {
    if (UNIT_NAME.test(value)) return value;
    throw refused(
      what,
      `"${value}" is not a valid name of a unit: a letter or digit first, then up to 200 of a-z A-Z 0-9 : _ . -`,
    );
  },
  path(value, what) {
    if (value.startsWith('/')) return withoutNul(value, what);
    throw refused(what, 'must be an absolute path, such as /home/me/project');
  },
  line(value, what) {
    if (value.trim() !== '') return withoutNul(value, what);
    throw refused(what, "is empty; give one shell string, such as 'make test'");
  },
  regexp(value, what) {
    try {
      new RegExp(value);
    } catch (error) {
      throw refused(what, (error as Error).message);
    }
    return withoutNul(value, what);
  },
  argv(value, what) {
    if ((value[0] ?? '').trim() === '') throw refused(what, 'is empty; give a program and its arguments');
    return value.map((word, index) => withoutNul(word, `${what}.${index}`));
  },
  list(value, what, { min = 0, choices }) {
    const items = commaWords([value].flat()).map((item) => withoutNul(item, what));
    // Usually an unset shell variable.
    if (items.length < min) throw refused(what, 'the list is empty; omit it or give at least one entry');
    if (items.length > MAX_ENTRIES)
      throw refused(what, `has ${items.length} entries; the limit is ${MAX_ENTRIES}`);
    const long = items.find((item) => item.length > MAX_ENTRY_LENGTH);
    if (long !== undefined)
      throw refused(what, `an entry has ${long.length} characters; the limit is ${MAX_ENTRY_LENGTH}`);
    return choices === undefined ? items : items.map((item) => oneOf(item.toLowerCase(), what, choices));
  },
  choice: (value, what, { choices = [] }) => oneOf(value, what, choices),
  switch: (value) => value,
  json: (value, what, { max = Number.POSITIVE_INFINITY }) => assertSmall(value, what, max),
  env(value, what) {
    for (const [name, text] of Object.entries(value)) {
      if (name === '' || name.includes('=') || name.includes('\0'))
        throw refused(`${what}.${name}`, 'is not a valid name of an environment variable');
      withoutNul(text, `${what}.${name}`);
    }
    return Object.keys(value).length === 0 ? null : value;
  },
};

function oneOf(text: string, what: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text;
  throw refused(what, `"${text}" is not one of ${choices.join(', ')}`);
}

function withoutNul(text: string, what: string): string {
  if (!text.includes('\0')) return text;
  throw refused(what, 'must not contain a NUL character');
}

function refused(what: string, why: string): BabysitError {
  return new BabysitError('usage', `${what}: ${why}`);
}

/** Far below the nesting that overflows the stack of a recursive reader. */
const MAX_DEPTH = 100;

function assertSmall(value: unknown, what: string, maxBytes: number): unknown {
  if (isDeeper(value, MAX_DEPTH)) throw refused(what, `nested more than ${MAX_DEPTH} levels deep`);
  const bytes = JSON.stringify(value).length;
  if (bytes <= maxBytes) return value;
  throw refused(
    what,
    `${bytes} bytes long, at most ${maxBytes} are allowed; put it into a file and give its path`,
  );
}

/** Iterative: a recursion would overflow on the values that it must refuse. */
function isDeeper(value: unknown, depth: number): boolean {
  let level: unknown[] = [value];
  for (let left = depth; level.length > 0; left--) {
    level = level.flatMap((one) => (one !== null && typeof one === 'object' ? Object.values(one) : []));
    if (left === 0 && level.length > 0) return true;
  }
  return false;
}
