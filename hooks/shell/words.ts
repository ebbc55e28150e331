// Expands the words of a command without running it: removes quotes, replaces variables with known values.
import type { DoubleQuotedChild, Word, WordPart } from 'unbash';
import type { Source } from './source.ts';

export interface Value {
  /** The possible texts: one after an assignment, several in a `for` and for an array. */
  readonly texts: readonly string[];
  /** The word that was assigned, for a value that is code. */
  readonly word?: { readonly word: Word; readonly source: Source };
  /** Names or ids of tasks whose log, pid or state the value holds. */
  readonly tasks?: readonly string[];
  readonly isArray?: boolean;
}

export type Variables = ReadonlyMap<string, Value>;

/** One word of a command after expansion. */
export interface Field {
  readonly text: string;
  readonly word: Word;
  /** The word became this field only. */
  readonly isWhole: boolean;
  /** Another value of a variable that has one at a time, as in a `for`. */
  readonly isOther: boolean;
}

/** Limits of an expansion: a variable that is doubled thirty times must not take a gigabyte. */
const TEXTS_MAX = 16;
const BRACES_MAX = 512;
const TEXT_MAX_CHARS = 10_000;

/** Returns the fields after word splitting. Unknown expansions stay as written (`$x`, `$(date)`). */
export function fieldsOf(words: readonly Word[], variables: Variables): Field[] {
  return words.flatMap((word) => {
    const texts = textsOf(word, variables);
    const split = isSplit(word)
      ? texts.flatMap((text) => text.split(/\s+/).filter((field) => field !== ''))
      : texts;
    const isChoice = texts.length > 1 && hasChoice(word, variables);
    return split.map((text, i) => ({ text, word, isWhole: split.length === 1, isOther: isChoice && i > 0 }));
  });
}

/** A variable of the word has several values, one at a time. */
function hasChoice(word: Word, variables: Variables): boolean {
  return namesIn(word.text).some((name) => {
    const value = variables.get(name);
    return value !== undefined && value.texts.length > 1 && value.isArray !== true;
  });
}

/** Returns every possible text of the word. */
export function textsOf(word: Word, variables: Variables): readonly string[] {
  if (word.parts === undefined) return [word.value];
  return word.parts.reduce<readonly string[]>((texts, part) => join(texts, partTexts(part, variables)), ['']);
}

function join(heads: readonly string[], tails: readonly string[]): readonly string[] {
  const texts = heads.flatMap((head) => tails.map((tail) => (head + tail).slice(0, TEXT_MAX_CHARS)));
  return texts.slice(0, Math.max(TEXTS_MAX, tails.length));
}

function partTexts(part: WordPart | DoubleQuotedChild, variables: Variables): readonly string[] {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return [part.value];
    case 'DoubleQuoted':
    case 'LocaleString':
      return part.parts.reduce<readonly string[]>(
        (texts, child) => join(texts, partTexts(child, variables)),
        [''],
      );
    case 'SimpleExpansion':
      return variables.get(part.text.slice(1))?.texts ?? [part.text];
    case 'ParameterExpansion': {
      const { operation } = part;
      const isAll = part.index !== undefined && /^[@*]$/.test(part.index.value);
      const isPlain = part.prefix === undefined && (part.index === undefined || isAll);
      const value = isPlain ? variables.get(part.parameter) : undefined;
      const known = value?.isArray === true && !isAll ? value.texts.slice(0, 1) : value?.texts;
      if (operation === undefined) return known ?? [part.text];
      if (operation.type !== 'Default' || !isPlain) return [part.text];
      return (
        known ?? (/^:?[-=]$/.test(operation.operator) ? textsOf(operation.operand, variables) : [part.text])
      );
    }
    case 'CommandExpansion':
      return [lookedUp(part.text) ?? part.text];
    case 'BraceExpansion':
      return braces(part.text);
    default:
      return [part.text];
  }
}

/** `{1..3}`, `{a,b}`. Nested braces stay as written. */
function braces(text: string): readonly string[] {
  const inside = text.slice(1, -1);
  const range = /^(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?$/.exec(inside);
  if (range !== null) {
    const [from, to, by] = [Number(range[1]), Number(range[2]), Math.abs(Number(range[3] ?? 1)) || 1];
    const width = /^-?0\d/.test(`${range[1]}`) ? `${range[1]}`.length : 0;
    const count = Math.min(BRACES_MAX, Math.floor(Math.abs(to - from) / by) + 1);
    const step = to < from ? -by : by;
    return Array.from({ length: count }, (_, i) => String(from + i * step).padStart(width, '0'));
  }
  return /[{}$'"`]/.test(inside) || !inside.includes(',') ? [text] : inside.split(',');
}

/** Replaces `$(command -v babysit)` by the name. */
function lookedUp(text: string): string | undefined {
  return /^(?:\$\(|`)\s*(?:command\s+-v|which|type\s+-P)\s+([\w./-]+)\s*(?:\)|`)$/.exec(text)?.[1];
}

/** An unquoted expansion may become several fields. */
function isSplit(word: Word): boolean {
  return word.parts?.some(({ type }) => type === 'SimpleExpansion' || type === 'ParameterExpansion') ?? false;
}

/** Returns whether the word has a `$(…)` with unknown output. */
export function hasSubstitution(word: Word): boolean {
  return word.parts?.some(isSubstitution) ?? false;
}

function isSubstitution(part: WordPart | DoubleQuotedChild): boolean {
  switch (part.type) {
    case 'CommandExpansion':
      return lookedUp(part.text) === undefined;
    case 'ArithmeticExpansion':
    case 'ProcessSubstitution':
      return true;
    case 'DoubleQuoted':
    case 'LocaleString':
      return part.parts.some(isSubstitution);
    default:
      return false;
  }
}

/** The variables that a text uses. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/\$\{?[#!]?([A-Za-z_]\w*|[\d@*!])/g)].map(([, name]) => name ?? '');
}

/** The only variable of a word such as `$x`, `"$x"` and `"${x[@]}"`, else null. */
export function variableOf(word: Word): string | null {
  const inner = word.text.replace(/^"(.*)"$/s, '$1');
  return /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:\[[@*]\])?\})$/.exec(inner)?.slice(1).find(Boolean) ?? null;
}
