// Writes the rows of the screen that changed, in one piece, so that nothing flickers and a slow line has little to carry.

/** Synchronized output (DEC private mode 2026): a terminal that has it shows the whole change at once; others ignore it. */
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';
const HOME = '\x1b[H';

export class Painter {
  readonly #write: (text: string) => void;
  #shown: readonly string[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** As many rows as the terminal has; each overwrites its whole line. */
  paint(rows: readonly string[]): void {
    const changed = rows.flatMap((row, index) =>
      row === this.#shown[index] ? [] : `\x1b[${index + 1};1H${row}`,
    );
    this.#shown = rows;
    // At home a newline of Ink after a resize scrolls nothing.
    if (changed.length > 0) this.#write(`${BEGIN}${changed.join('')}${HOME}${END}`);
  }

  /** Something else was drawn: the next picture writes every row. */
  forget(): void {
    this.#shown = [];
  }
}
