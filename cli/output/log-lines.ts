// Selects the lines that match a regular expression, in limited time.
import { createContext, Script } from 'node:vm';
import { BabysitError } from '../../src/core/errors.ts';

/** The limit for the lines of one chunk. A normal expression takes less than 1 ms. */
const MATCH_MS = 2000;

/**
 * Returns the lines that match. Throws BabysitError usage for an invalid expression, and after MATCH_MS: backtracking
 * cannot be predicted from the expression, but a script context can limit the time.
 */
export function lineMatcher(text: string, flag = '--grep'): (lines: readonly string[]) => readonly string[] {
  const scope: { pattern: RegExp; lines: readonly string[] } = { pattern: readRegExp(text, flag), lines: [] };
  const context = createContext(scope);
  const script = new Script(
    "lines.filter((line) => pattern.test(line.endsWith('\\n') ? line.slice(0, -1) : line))",
  );
  return (lines) => {
    scope.lines = lines;
    try {
      return script.runInContext(context, { timeout: MATCH_MS });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw new BabysitError(
        'usage',
        `${flag}: the expression takes more than ${MATCH_MS / 1000} s on a line`,
        {
          flag,
          hint: 'Remove nested repetitions such as (a+)+ from the expression.',
        },
      );
    }
  };
}

function readRegExp(text: string, flag: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new BabysitError('usage', `${flag}: ${(error as Error).message}`, {
      flag,
      hint: 'Escape . * + ? ( ) [ ] { } with a backslash.',
    });
  }
}
