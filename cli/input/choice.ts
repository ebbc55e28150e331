// Reads a word that must be one of a few.
import { BabysitError } from '../../src/core/errors.ts';
import { nearest } from '../../src/text/nearest.ts';
import { commaWords } from '../../src/text/split.ts';

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
