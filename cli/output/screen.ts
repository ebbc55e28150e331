// Redraws a text in place on a terminal, without clearing the screen in between, so that nothing flickers.
import { cutText, textWidth } from '../../src/text/width.ts';
import type { Output } from './output.ts';

const FIRST = '\x1b[2J';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_REST = '\x1b[J';
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** stdout is a terminal whose cursor can be moved. */
export function canRedraw({ json }: Output, env: NodeJS.ProcessEnv): boolean {
  return !json && env.TERM !== 'dumb';
}

function screenRows(): number {
  return process.stdout.rows || DEFAULT_ROWS;
}

/** The lines that are left beside a header and a line at the end. */
export function bodyRows(): number {
  return screenRows() - 3;
}

/** Null where the output is not a terminal, and nothing is cut for its width. */
export function roomOf({ terminal }: Output): number | null {
  // A serial line reports a size of 0.
  return terminal ? process.stdout.columns || DEFAULT_COLUMNS : null;
}

export class Screen {
  readonly #output: Output;
  #isDrawn = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Cuts what is wider or longer than the terminal: a wrapped line would move the others. */
  draw(text: string): void {
    const columns = roomOf(this.#output) ?? DEFAULT_COLUMNS;
    const rows = screenRows();
    const all = text.trimEnd().split('\n');
    const isCut = all.length > rows - 1;
    const lines = isCut ? [...all.slice(0, rows - 2), `… ${all.length - rows + 2} more lines`] : all;
    const body = lines.map((line) => `${cutVisible(line, columns)}${CLEAR_LINE}\n`).join('');
    this.#output.data(`${this.#isDrawn ? HOME : FIRST + HOME}${body}${CLEAR_REST}`);
    this.#isDrawn = true;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colors of the table
const COLOR = /(\x1b\[[\d;]*m)/;

/** The first `width` columns of the terminal; colors have no width and are kept, so that each one ends. */
export function cutVisible(line: string, width: number): string {
  let left = width;
  return line
    .split(COLOR)
    .map((part, index) => {
      if (index % 2 === 1) return part;
      const shown = cutText(part, left);
      left -= textWidth(shown);
      return shown;
    })
    .join('');
}
