// Splits text into lines and lists.

/** The complete lines without their ends, and the incomplete last line. */
export function cutLines(text: string, end: string | RegExp = '\n'): { lines: string[]; rest: string } {
  const lines = text.split(end);
  const rest = lines.pop() ?? '';
  return { lines, rest };
}

/** Drops an incomplete last line, which a crash or a full disk may have left. */
export function wholeLines(text: string): string[] {
  return cutLines(text).lines;
}

export function filledLines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** `a, b,,c` -> a, b, c for each text. */
export function commaWords(texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
