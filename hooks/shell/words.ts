// Expands the words of a command without running it: removes quotes, replaces variables with known values.
import type { DoubleQuotedChild, Word, WordPart } from 'unbash';

/** The possible values of each variable: one after an assignment, several in a `for`. */
export type Variables = ReadonlyMap<string, readonly string[]>;

/** Limits of an expansion: a variable that is doubled thirty times must not take a gigabyte. */
const TEXTS_MAX = 16;
const TEXT_MAX_CHARS = 10_000;

/** Returns the fields after word splitting. Unknown expansions stay as written (`$x`, `$(date)`). */
export function fieldsOf(words: readonly Word[], variables: Variables): string[] {
  return words.flatMap((word) => {
    const texts = textsOf(word, variables);
    return isSplit(word) ? texts.flatMap((text) => text.split(/\s+/).filter((field) => field !== '')) : texts;
  });
}

/** Returns every possible text of the word. */
export function textsOf(word: Word, variables: Variables): readonly string[] {
  if (word.parts === undefined) return [word.value];
  return word.parts.reduce<readonly string[]>((texts, part) => join(texts, partTexts(part, variables)), ['']);
}

function join(heads: readonly string[], tails: readonly string[]): readonly string[] {
  const texts = heads.flatMap((head) => tails.map((tail) => (head + tail).slice(0, TEXT_MAX_CHARS)));
  return texts.slice(0, TEXTS_MAX);
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
      return variables.get(part.text.slice(1)) ?? [part.text];
    case 'ParameterExpansion': {
      const { operation } = part;
      const isPlain = part.prefix === undefined && part.index === undefined;
      const known = isPlain ? variables.get(part.parameter) : undefined;
      if (operation === undefined) return known ?? [part.text];
      if (operation.type !== 'Default' || !isPlain) return [part.text];
      return (
        known ?? (/^:?[-=]$/.test(operation.operator) ? textsOf(operation.operand, variables) : [part.text])
      );
    }
    case 'CommandExpansion':
      return [lookedUp(part.text) ?? part.text];
    default:
      return [part.text];
  }
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
