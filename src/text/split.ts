// Cuts text into lines and lists.

/** The lines that have ended, without their ends, and what follows the last end: a line that is still being written. */
export function cutLines(text: string, end: string | RegExp = '\n'): { lines: string[]; rest: string } {
  const lines = text.split(end);
  const rest = lines.pop() ?? '';
  return { lines, rest };
}

/** The lines that end with a newline. A last line without one, torn by a crash or a full disk, is left out. */
export function wholeLines(text: string): string[] {
  return cutLines(text).lines;
}

/** The lines with something in them. */
export function filledLines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** `a, b,,c` -> a, b, c: the words between commas, over all texts. */
export function commaWords(texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
