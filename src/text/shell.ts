// Words for a POSIX shell, so that it reads back exactly the text that was given.

/** The text in single quotes, whatever is in it: one word, never a keyword, an assignment or a pattern. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** An argument as a person would type it: without quotes where it needs none. Not for the first word of a command. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellQuote(text);
}

/** The arguments with blanks between them, each as `shellWord` gives it. */
export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
