// --observability=strict: which new output is progress. A line counts when it differs from the last ones, digits and dots folded.
import { cutLines } from '../text/split.ts';
import { stripEscapes } from '../text/terminal.ts';

export interface ProgressState {
  /** The last lines as they were compared, oldest first. */
  readonly recent: readonly string[];
  /** The line that has not ended yet. */
  readonly unfinished: string;
}

export const NO_PROGRESS: ProgressState = { recent: [], unfinished: '' };

/** A program that repeats itself does so with a period of a few lines. */
const REMEMBERED_LINES = 16;
const COMPARED_CHARS = 256;
/** Longer than this without an end, a line is taken as ended: memory is bounded whatever is printed. */
const LINE_CHARS = 4096;
const LINE_END = /[\r\n]/;

/**
 * Folds a chunk of new output, in the order it was printed, into the memory. Lines end at `\n` or `\r` (a progress bar that draws over
 * itself). Escape sequences of terminals, blanks at the ends and empty lines do not count.
 */
export function progressOf(
  state: ProgressState,
  chunk: string,
): { readonly state: ProgressState; readonly isProgress: boolean } {
  const { lines, rest } = cutLines(state.unfinished + chunk, LINE_END);
  let unfinished = rest;
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
    recent = [...recent.filter((other) => other !== folded), folded].slice(-REMEMBERED_LINES);
  }
  return { state: { recent, unfinished }, isProgress };
}

const SHOWN_CHARS = 200;

/** The last line with something in it, as it is shown to people: no escape sequences, cut to 200 characters. Null: there is none. */
export function lastLineOf(tail: string): string | null {
  const lines = tail.split(LINE_END).map((line) => stripEscapes(line).trim());
  return lines.findLast((line) => line !== '')?.slice(0, SHOWN_CHARS) ?? null;
}

/** `"step 12 ....."` and `"step 13 .."` are the same, and so are `"1.5 %"` and `"22 %"`. */
function fold(line: string): string {
  return stripEscapes(line.slice(0, LINE_CHARS))
    .replace(/[\d.]+/g, '0')
    .trim()
    .slice(0, COMPARED_CHARS);
}
