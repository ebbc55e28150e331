// Parses the words of a command line with a table of flags.
import { BabysitError } from '../../src/core/errors.ts';
import { didYouMean, nearest } from '../../src/text/nearest.ts';
import { flagsFor } from './elsewhere.ts';

export interface FlagSpec {
  /** text: one value, the last wins. list: repeatable. optional: the value may be omitted. switch: true or false.
   * tristate: a switch that is undefined when it is not given. */
  readonly kind: 'text' | 'list' | 'optional' | 'switch' | 'tristate';
  readonly help: string;
  /** Placeholder of the value in the help. */
  readonly value?: string;
  readonly aliases?: readonly string[];
  /** One letter, used as `-x`. */
  readonly short?: string;
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

type FlagValue<K extends FlagSpec['kind']> = K extends 'switch'
  ? boolean
  : K extends 'list'
    ? string[]
    : K extends 'optional'
      ? string | true | undefined
      : K extends 'tristate'
        ? boolean | undefined
        : string | undefined;

export type Flags<S extends FlagSpecs> = { [K in keyof S]: FlagValue<S[K]['kind']> };

export interface Parsed<S extends FlagSpecs> {
  readonly flags: Flags<S>;
  /** Words that are not flags, and all words after `--`. */
  readonly positionals: string[];
  /** The words after the flags follow a `--`. */
  readonly dashed: boolean;
}

/** Throws BabysitError usage for an unknown flag (with the nearest one), a missing value, an invalid switch value. */
export function parseArgv<const S extends FlagSpecs>(specs: S, argv: readonly string[]): Parsed<S> {
  const values: Record<string, string | boolean | string[] | undefined> = {};
  for (const [name, spec] of Object.entries(specs)) values[name] = emptyValue(spec);
  const positionals: string[] = [];
  let dashed = false;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      dashed = true;
      positionals.push(...argv.slice(i + 1));
      break;
    }
    if (!isFlag(word) && !(/^-\d+$/.test(word) && flagsFor(specs, word).length > 0)) {
      positionals.push(word);
      continue;
    }
    const [typed, attached] = splitFlag(specs, word);
    const name = findFlag(specs, typed, positionals);
    const spec = specs[name] as FlagSpec;
    if (spec.kind === 'switch' || spec.kind === 'tristate') {
      values[name] = attached === undefined ? true : parseSwitch(typed, attached);
      continue;
    }
    const next = argv[i + 1];
    const follows = attached === undefined && next !== undefined && takesNext(spec, next);
    if (follows) i++;
    const value = attached ?? (follows ? next : undefined);
    if (spec.kind === 'optional') values[name] = value ?? true;
    else if (value === undefined) throw missing(typed, spec);
    else if (spec.kind === 'list') (values[name] as string[]).push(value);
    else values[name] = value;
  }
  return { flags: values as Flags<S>, positionals, dashed };
}

/** `--Estimated-Time` and `--estimated_time` are the same flag. */
function canonical(word: string): string {
  return word.replace(/^-+/, '').replaceAll('-', '_').toLowerCase();
}

function emptyValue({ kind }: FlagSpec): false | string[] | undefined {
  return kind === 'switch' ? false : kind === 'list' ? [] : undefined;
}

/** A single `-` (stdin) and a negative number are words. The parser of the value then reports the number with its flag. */
function isFlag(word: string): boolean {
  return /^-(-|[A-Za-z])/.test(word);
}

/** `--tail=20`, and `-n20` for a flag of one letter. */
function splitFlag(specs: FlagSpecs, word: string): [typed: string, attached: string | undefined] {
  const [, letter, number] = /^-([A-Za-z])(\d+)$/.exec(word) ?? [];
  if (Object.values(specs).some(({ short }) => short !== undefined && short === letter))
    return [`-${letter}`, number];
  const eq = word.indexOf('=');
  return eq < 0 ? [word, undefined] : [word.slice(0, eq), word.slice(eq + 1)];
}

function takesNext(spec: FlagSpec, next: string): boolean {
  return spec.kind === 'optional' ? /^\d+$/.test(next) : !isFlag(next);
}

/** `before`: the words before it. Where one may be a program, the flag may be the program's. */
function findFlag(specs: FlagSpecs, typed: string, before: readonly string[]): string {
  const name = canonical(typed);
  for (const [own, spec] of Object.entries(specs)) {
    if (typed.startsWith('--') ? own === name || spec.aliases?.includes(name) : spec.short === typed.slice(1))
      return own;
  }
  const known = Object.entries(specs).flatMap(([own, spec]) => [own, ...(spec.aliases ?? [])]);
  const near = turnedOff(specs, name) ?? nearest(name, known);
  const meant = flagsFor(specs, typed);
  const offered = meant.length > 0 || near === null ? meant : [near];
  const fields = didYouMean(offered.map((own) => `--${own}`));
  const [program] = specs.command !== undefined && specs.cwd !== undefined ? before : [];
  const dashes =
    program === undefined || /\s/.test(program)
      ? []
      : [`If ${typed} belongs to ${program}, write -- before ${program}.`];
  const hints = [...(fields.hint === undefined ? [] : [fields.hint]), ...dashes];
  throw new BabysitError('usage', `unknown flag ${typed}`, {
    flag: typed,
    ...fields,
    ...(hints.length === 0 ? {} : { hint: hints.join(' ') }),
  });
}

/** `no_background` means `background=false`. */
function turnedOff(specs: FlagSpecs, name: string): string | null {
  const own = /^no_(.+)$/.exec(name)?.[1] ?? '';
  const kind = specs[own]?.kind;
  return kind === 'switch' || kind === 'tristate' ? `${own}=false` : null;
}

function parseSwitch(typed: string, text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw new BabysitError('usage', `${typed}: "${text}" is not true or false`, { flag: typed });
}

function missing(typed: string, spec: FlagSpec): BabysitError {
  const hint = `Write ${typed}=${spec.value ?? 'VALUE'}. A value that begins with - needs the = form.`;
  return new BabysitError('usage', `${typed} needs a value`, { flag: typed, hint });
}
