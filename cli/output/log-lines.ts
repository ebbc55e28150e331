// Picks the lines that match a regular expression, in limited time.
import { createContext, Script } from 'node:vm';
import { BabysitError } from '../../src/core/errors.ts';

/** For the lines of one chunk; an ordinary expression takes less than a millisecond. */
const MATCH_MS = 2000;

/**
 * Those of the lines that the expression matches. Throws BabysitError usage for text that is no expression, and when
 * matching takes too long: nobody can tell beforehand which expression will, but the time can be limited.
 */
export function lineMatcher(text: string): (lines: readonly string[]) => readonly string[] {
  const scope: { pattern: RegExp; lines: readonly string[] } = { pattern: readRegExp(text), lines: [] };
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
        `--grep: the expression takes more than ${MATCH_MS / 1000} s on a line`,
        {
          flag: '--grep',
          hint: 'Repetitions within repetitions, such as (a+)+, take for ever: write it without them.',
        },
      );
    }
  };
}

function readRegExp(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new BabysitError('usage', `--grep: ${(error as Error).message}`, {
      flag: '--grep',
      hint: 'Escape . * + ? ( ) [ ] { } with a backslash.',
    });
  }
}
