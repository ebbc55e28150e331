// --observability=strict: which new output is progress. A line counts when it differs from the last ones, digits and dots folded.
import { cutLines } from '../text/split.ts';
import { stripEscapes } from '../text/terminal.ts';

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
const LINE_END = /[\r\n]/;

/**
 * Compares a chunk of new output with the recent lines. Lines end at `\n` or `\r` (a redrawn progress bar). Terminal
 * escapes, leading and trailing blanks and empty lines do not count.
 */
export function detectProgress(
  state: RepetitionState,
  chunk: string,
): { readonly state: RepetitionState; readonly isProgress: boolean } {
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
    recent = [...recent.filter((other) => other !== folded), folded].slice(-RECENT_LINES);
  }
  return { state: { recent, unfinished }, isProgress };
}

const SHOWN_CHARS = 200;

/** The last line that is not blank, without escape sequences, cut to 200 characters; null when there is none. */
export function lastLineOf(tail: string): string | null {
  const lines = tail.split(LINE_END).map((line) => stripEscapes(line).trim());
  return lines.findLast((line) => line !== '')?.slice(0, SHOWN_CHARS) ?? null;
}

/** Makes `step 12 .....` equal to `step 13 ..`, and `1.5 %` equal to `22 %`. */
function fold(line: string): string {
  return stripEscapes(line.slice(0, LINE_CHARS))
    .replace(/[\d.]+/g, '0')
    .trim()
    .slice(0, COMPARED_CHARS);
}
