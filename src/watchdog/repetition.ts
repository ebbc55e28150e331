// --observability=strict: which new output is progress. A line counts when it differs from the last ones, digits and dots folded.

export interface RepetitionState {
  /** The recent lines, folded, oldest first. */
  readonly recent: readonly string[];
  /** The last line, without its end. */
  readonly unfinished: string;
}

export const NO_LINES: RepetitionState = { recent: [], unfinished: '' };

/** Repeated output has a period of a few lines. */
const RECENT_LINES = 16;
const COMPARED_CHARS = 256;
/** A longer line counts as ended, so that the state stays small. */
const LINE_CHARS = 4096;

/**
 * Compares a chunk of new output with the recent lines. Lines end at `\n` or `\r` (a redrawn progress bar). Terminal
 * escapes, leading and trailing blanks and empty lines do not count.
 */
export function detectProgress(
  state: RepetitionState,
  chunk: string,
): { readonly state: RepetitionState; readonly isProgress: boolean } {
  const lines = (state.unfinished + chunk).split(/[\r\n]/);
  let unfinished = lines.pop() ?? '';
  if (unfinished.length > LINE_CHARS) {
    lines.push(unfinished);
    unfinished = '';
  }
  let { recent } = state;
  let isProgress = false;
  for (const line of lines) {
    const folded = fold(line);
    if (folded === '') continue;
    isProgress ||= !recent.includes(folded);
    recent = [...recent.filter((other) => other !== folded), folded].slice(-RECENT_LINES);
  }
  return { state: { recent, unfinished }, isProgress };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const ESCAPE = /\u001b\[[0-9;?]*[A-Za-z]/g;

const SHOWN_CHARS = 200;

/** The last line that is not blank, without escape sequences, cut to 200 characters; null when there is none. */
export function lastLineOf(tail: string): string | null {
  const lines = tail.replace(ESCAPE, '').split(/[\r\n]/);
  const line = lines.findLast((candidate) => candidate.trim() !== '')?.trim();
  return line === undefined ? null : line.slice(0, SHOWN_CHARS);
}

/** Makes `step 12 .....` equal to `step 13 ..`, and `1.5 %` equal to `22 %`. */
function fold(line: string): string {
  return line
    .slice(0, LINE_CHARS)
    .replace(ESCAPE, '')
    .replace(/[\d.]+/g, '0')
    .trim()
    .slice(0, COMPARED_CHARS);
}
