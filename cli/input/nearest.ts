// Finds the known word that a mistyped word probably means.
import { BabysitError } from '../../src/core/errors.ts';
import { commaWords } from '../../src/text/split.ts';

/** Returns null when no known word is close enough. */
export function nearest(word: string, known: readonly string[]): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    const distance = candidate.startsWith(word) && word.length > 2 ? 1 : editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `what` is the flag or the command that takes one of `choices`. Throws BabysitError usage, with the nearest choice. */
export function readChoice<const T extends string>(
  word: string | undefined,
  choices: readonly T[],
  what: string,
): T {
  const choice = choices.find((known) => known === word);
  if (choice !== undefined) return choice;
  const near = word === undefined ? null : nearest(word, choices);
  const known = choices.join(', ');
  const problem =
    word === undefined ? `${what} needs one of ${known}` : `${what}: "${word}" is not one of ${known}`;
  throw new BabysitError('usage', problem, {
    ...(what.startsWith('--') ? { flag: what } : {}),
    ...(near === null ? {} : { hint: `Did you mean ${near}?` }),
  });
}

/** For words that are repeated or separated by commas. Throws BabysitError usage, with the nearest choice. */
export function readChoices<const T extends string>(
  words: readonly string[],
  choices: readonly T[],
  what: string,
): T[] {
  return commaWords(words).map((word) => readChoice(word, choices, what));
}

/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbors. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replace, swap, at(above, j) + 1, at(row, j - 1) + 1));
    }
    [before, above] = [above, row];
  }
  return at(above, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
