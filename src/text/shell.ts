// Quotes words for a POSIX shell.

/** Quotes always: the word cannot be a keyword, an assignment or a pattern. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Quotes only if needed. Not for the first word of a command, which could be a keyword or an assignment. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellQuote(text);
}

export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
