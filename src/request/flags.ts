// Makes the flags of a verb from the table, and a JSON body from the typed flags.
import { BabysitError } from '../core/errors.ts';
import { parseJson } from '../text/json.ts';
import { type FieldRow, type FieldType, isTristate, type Verb } from './field-row.ts';
import type { FIELDS } from './fields.ts';
import { checkExclusions, parseField, rowsOf } from './parse.ts';
import type { Body, FieldOf } from './request.ts';

/** `argv` follows `--`, without a flag. */
export type FlagOf<V extends Verb> = Exclude<FieldOf<V>, 'argv'>;

type KindOf<F extends FieldRow> = F['type'] extends 'switch'
  ? F extends { readonly config: string } | { readonly tristate: true }
    ? 'tristate'
    : 'switch'
  : F['type'] extends 'list' | 'env'
    ? 'list'
    : 'text';

export interface FieldFlag<K> {
  readonly kind: K;
  readonly help: string;
  readonly value?: string;
  readonly aliases?: readonly string[];
}

export type FieldFlags<V extends Verb> = {
  readonly [K in FlagOf<V>]: FieldFlag<KindOf<(typeof FIELDS)[K]>>;
};

export function flagsOf<V extends Verb>(verb: V): FieldFlags<V> {
  const flags = rowsOf(verb)
    .filter(([, { type }]) => type !== 'argv')
    .map(([name, row]) => [name, flagOf(verb, row)]);
  return Object.fromEntries(flags) as FieldFlags<V>;
}

/** The help line of a field with its default. For a task that exists, an absent field stays unchanged. */
export function helpOf(verb: Verb, row: FieldRow): string {
  const help = row.help[verb] ?? '';
  return row.default === undefined || verb === 'adjust' || verb === 'retry'
    ? help
    : `${help} (default: ${row.default})`;
}

type Typed = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Checks the typed fields without the daemon. Throws BabysitError usage that names the flag. */
export function bodyFromFlags<V extends Verb>(verb: V, typed: Typed): Partial<Body<V>> {
  const body: Record<string, unknown> = {};
  for (const [name, row] of rowsOf(verb)) {
    const value = typed[name];
    if (isTyped(value, row)) body[name] = fieldFromFlag(row, value, `--${name}`);
  }
  checkExclusions(verb, body, (name) => `--${name}`);
  return body as Partial<Body<V>>;
}

function isTyped(value: Typed[string], row: FieldRow): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && (value !== false || isTristate(row));
}

function fieldFromFlag(row: FieldRow, value: Typed[string], flag: string): unknown {
  try {
    const fromText = FROM_TEXT[row.type];
    const json = fromText === undefined ? value : fromText(value as never, flag);
    // A typed path may be relative: the command makes it absolute later.
    if (row.type !== 'path') parseField(row, json, flag);
    return json;
  } catch (error) {
    if (!(error instanceof BabysitError)) throw error;
    throw new BabysitError(error.code, error.message, { flag, ...error.extra });
  }
}

function flagOf(verb: Verb, row: FieldRow): FieldFlag<string> {
  const { type, aliases } = row;
  const value = type === 'choice' ? row.choices?.join('|') : row.value;
  return {
    kind: type === 'switch' && isTristate(row) ? 'tristate' : (KINDS[type] ?? 'text'),
    ...(value === undefined ? {} : { value }),
    ...(aliases === undefined ? {} : { aliases }),
    help: helpOf(verb, row),
  };
}

const KINDS: { readonly [T in FieldType]?: string } = { switch: 'switch', list: 'list', env: 'list' };

/** Types whose JSON differs from the typed text. */
const FROM_TEXT: { readonly [T in FieldType]?: (value: never, flag: string) => unknown } = {
  json(text: string, flag: string) {
    const { value, why } = parseJson(text);
    if (why === null) return value;
    throw new BabysitError('usage', `${flag}: invalid JSON: ${why}. Example: '{"issue":7}'.`);
  },
  env: (pairs: readonly string[], flag: string) =>
    Object.fromEntries(
      pairs.map((pair) => {
        const eq = pair.indexOf('=');
        if (eq < 1)
          throw new BabysitError('usage', `${flag}: "${pair}" is not KEY=VALUE. Example: --env SEED=7.`);
        return [pair.slice(0, eq), pair.slice(eq + 1)];
      }),
    ),
};
