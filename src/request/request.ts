// The types of a request, inferred from the table: the JSON body with values as typed, and the parsed request.
import type { Ignorable, Rlimits, TerminalSize } from '../core/inherited.ts';
import type { Streams } from '../core/streams.ts';
import { TOKEN_VARIABLE } from '../core/task.ts';
import type { FieldRow, Verb } from './field-row.ts';
import type { FIELDS } from './fields.ts';

type Fields = typeof FIELDS;
export type FieldName = keyof Fields;
export type FieldOf<V extends Verb> = {
  [K in FieldName]: V extends keyof Fields[K]['help'] ? K : never;
}[FieldName];

type Quantity = 'duration' | 'duration_or_off' | 'size' | 'cores' | 'percent' | 'whole';
type Text = 'text' | 'name' | 'unit' | 'path' | 'line' | 'regexp' | 'choice';

/** In JSON, durations, sizes and numbers may be text (`"10m"`, `"4G"`), and lists text with commas. */
export type JsonTypes = Record<Quantity, string | number> &
  Record<Text, string> & {
    argv: string[];
    list: string | string[];
    switch: boolean;
    json: unknown;
    env: Record<string, string>;
  };

/** Durations in ms, sizes in bytes. `env` is null when empty. */
export type ParsedTypes = Record<Quantity, number> &
  Record<Text, string> & {
    argv: readonly string[];
    list: readonly string[];
    switch: boolean;
    json: unknown;
    env: Readonly<Record<string, string>> | null;
  };

type Choice<F extends FieldRow> = F extends { readonly choices: readonly (infer C)[] } ? C : never;
export type Json<F extends FieldRow> = F['type'] extends 'choice' ? Choice<F> : JsonTypes[F['type']];
type Parsed<F extends FieldRow> = [Choice<F>] extends [never]
  ? ParsedTypes[F['type']]
  : F['type'] extends 'list'
    ? readonly Choice<F>[]
    : Choice<F>;
/** The value of an absent field. */
type Absent<F extends FieldRow> = F extends
  | { readonly type: 'switch'; readonly config: string }
  | { readonly tristate: true }
  ? null
  : F extends { readonly type: 'switch' }
    ? false
    : null;

export type Body<V extends Verb> = { [K in FieldOf<V>]?: Json<Fields[K]> | undefined };

/** A null field was not given: its default comes from the caller or the config. */
export type Asked<V extends Verb> = {
  readonly [K in FieldOf<V> as Fields[K]['as']]: Parsed<Fields[K]> | Absent<Fields[K]>;
};

/** Where a request comes from. */
export interface Caller {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The git root of `cwd`, else `cwd`. */
  readonly project: string;
  /** Default 022. */
  readonly umask?: number | undefined;
  readonly rlimits?: Rlimits | undefined;
  readonly cpus?: string | undefined;
  /** Its niceness, where that is above 0. */
  readonly nice?: number | undefined;
  readonly terminal?: TerminalSize | undefined;
  /** Of a client that is the standard input and output of the task: `exec`. */
  readonly streams?: Streams | undefined;
  /** Of a client that stands for the command: the signals that it ignores. */
  readonly ignored?: readonly Ignorable[] | undefined;
  readonly owner?: string | undefined;
}

export interface RunRequest extends Asked<'run'> {
  readonly caller: Caller;
}

/** The token of the attempt inside which the caller waits for the end of its task; null: it does not, or is outside. */
export function parentToken({ wait, caller }: RunRequest): string | null {
  return wait ? (caller.env[TOKEN_VARIABLE] ?? null) : null;
}

/** The variables of the request override those of the caller. Without any, returns the caller's object: batches share it. */
export function environmentOf({ env, caller }: RunRequest): Readonly<Record<string, string>> {
  return env === null ? caller.env : { ...caller.env, ...env };
}
