// Quotes words for a POSIX shell.
import { shownText } from './bytes.ts';

/** Quotes always: the word cannot be a keyword, an assignment or a pattern. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Quotes only if needed. Not for the first word of a command, which could be a keyword or an assignment. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return text.isWellFormed() ? shellQuote(text) : ansiQuote(text);
}

export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

/** bash's `$'…'`: a byte that is not UTF-8 survives copy and paste. */
function ansiQuote(text: string): string {
  const escaped = text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n');
  return `$'${shownText(escaped)}'`;
}
