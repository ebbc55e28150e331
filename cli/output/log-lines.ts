// Splits the bytes of a log into lines and selects the lines that match.
import { createContext, Script } from 'node:vm';
import { BabysitError } from '../../src/core/errors.ts';

export interface LineSplitter {
  /** Returns the completed lines, each with its newline. */
  push(chunk: Uint8Array): readonly string[];
  /** Returns the rest, a line without a newline. */
  end(): readonly string[];
}

/** In characters. A longer line is returned in pieces: output without newlines must not fill the memory. */
const LONGEST_LINE = 1024 ** 2;

export function lineSplitter(): LineSplitter {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  let restLength = 0;
  const push = (text: string): string[] => {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      lines.push(rest.join('') + text.slice(start, end + 1));
      rest = [];
      restLength = 0;
      start = end + 1;
    }
    rest.push(text.slice(start));
    restLength += text.length - start;
    if (restLength > LONGEST_LINE) lines.push(...takeRest());
    return lines;
  };
  const takeRest = (): string[] => {
    const line = rest.join('');
    rest = [];
    restLength = 0;
    return line === '' ? [] : [line];
  };
  return {
    push: (chunk) => push(decoder.decode(chunk, { stream: true })),
    end: () => [...push(decoder.decode()), ...takeRest()],
  };
}

/** The limit for the lines of one chunk. A normal expression takes less than 1 ms. */
const MATCH_MS = 2000;

/**
 * Returns the lines that match. Throws BabysitError usage for an invalid expression, and after MATCH_MS: backtracking
 * cannot be predicted from the expression, but a script context can limit the time.
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
          hint: 'Remove nested repetitions such as (a+)+ from the expression.',
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
