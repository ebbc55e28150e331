// Redraws a text in place on a terminal, without clearing the screen in between, so that nothing flickers.
import { counted } from '../../src/core/counted.ts';
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

  /**
   * Wraps each line itself: a line that the terminal wraps would move the others. Where that takes more than the
   * terminal has, the first lines are cut to one row each, and then the end is left out.
   */
  draw(text: string): void {
    const columns = roomOf(this.#output) ?? DEFAULT_COLUMNS;
    const rows = screenRows();
    const lines = text.trimEnd().split('\n');
    const wrapped = lines.map((line) => wrapVisible(line, columns));
    let excess = wrapped.flat().length - (rows - 1);
    for (const [index, line] of lines.entries()) {
      if (excess <= 0) break;
      excess -= (wrapped[index]?.length ?? 1) - 1;
      wrapped[index] = wrapVisible(line, columns, 1);
    }
    const all = wrapped.flat();
    const isCut = all.length > rows - 1;
    const shown = isCut
      ? [...all.slice(0, rows - 2), `… ${counted(all.length - rows + 2, 'more line')}`]
      : all;
    const body = shown.map((line) => `${line}${CLEAR_LINE}\n`).join('');
    this.#output.data(`${this.#isDrawn ? HOME : FIRST + HOME}${body}${CLEAR_REST}`);
    this.#isDrawn = true;
  }
}

/** Of one line, such as a long command. */
const MOST_ROWS = 4;
/** Of the rows after the first, where the last cell of the line begins too far right. */
const INDENT = 4;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the colors of the table
const COLOR = /\x1b\[[\d;]*m/g;
const PARTS = new RegExp(`(${COLOR.source}| +)`);

/**
 * The rows of a line, wrapped between words. The rows after the first begin below its last cell. The last of `most`
 * rows is cut. Colors have no width and are all kept, so that each one ends.
 */
export function wrapVisible(line: string, width: number, most = MOST_ROWS): string[] {
  const indent = indentOf(line.replace(COLOR, ''), width);
  const rows: string[] = [];
  let row = '';
  let used = 0;
  /** Blanks and colors before the next word. */
  let gap = '';
  let isFull = false;
  const blank = () => gap.replace(COLOR, '').length;
  const add = (text: string): void => {
    used += blank() + textWidth(text);
    row += gap + text;
    gap = '';
  };
  const put = (word: string): void => {
    const left = width - used - blank();
    if (textWidth(word) <= left) {
      add(word);
    } else if (rows.length + 1 >= most) {
      isFull = true;
      if (left > 0) add(cutText(word, left, '…'));
    } else {
      // A word that no row has room for is cut where the row ends.
      const head = textWidth(word) > width - indent ? cutText(word, left) : '';
      if (head !== '') add(head);
      rows.push(row);
      [row, used, gap] = [' '.repeat(indent), indent, gap.replaceAll(' ', '')];
      put(word.slice(head.length));
    }
  };
  for (const part of line.split(PARTS)) {
    if (isGap(part)) gap += part;
    else if (!isFull) put(part);
  }
  return [...rows, row + gap.replaceAll(' ', '')];
}

function isGap(part: string): boolean {
  return part === '' || part.startsWith(' ') || part.startsWith('\x1b');
}

/** Where the last cell of the first row begins. */
function indentOf(plain: string, width: number): number {
  const cells = [...cutText(plain, width).matchAll(/ {2,}(?=\S)/g)];
  const last = cells.at(-1);
  const begin = last === undefined ? 0 : textWidth(plain.slice(0, last.index + last[0].length));
  return begin > 0 && begin <= width / 2 ? begin : Math.min(INDENT, width >> 1);
}
