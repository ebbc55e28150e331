// A row of the screen: pieces of text with a meaning each. Every text of a task enters through `span`.
import { escapeField } from '../../src/text/terminal.ts';
import { cutText, textWidth } from '../../src/text/width.ts';

/** What a text means. The terminal chooses the color. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'warn' | 'bad' | 'info' | 'title';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export interface Row {
  readonly spans: readonly Span[];
  readonly isSelected?: boolean;
}

/** Removes the control sequences of the text. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text: escapeField(text), tone };
}

export function row(...spans: readonly Span[]): Row {
  return { spans };
}

export const BLANK: Row = { spans: [] };

export function widthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + textWidth(text), 0);
}

/** Cuts the spans to `columns`, and fills up to it with blanks. */
export function fitSpans(spans: readonly Span[], columns: number, mark: string): Span[] {
  const fitted: Span[] = [];
  let left = columns;
  for (const { text, tone } of spans) {
    const cut = cutText(text, left, mark);
    if (cut !== '') fitted.push({ text: cut, tone });
    left -= textWidth(cut);
    if (cut !== text) break;
  }
  if (left > 0) fitted.push({ text: ' '.repeat(left), tone: 'plain' });
  return fitted;
}

/** One cell of a table, cut and padded to `columns`. */
export function cell(text: string, columns: number, mark: string, align: 'left' | 'right' = 'left'): string {
  const cut = cutText(escapeField(text), columns, mark);
  const blank = ' '.repeat(Math.max(0, columns - textWidth(cut)));
  return align === 'left' ? cut + blank : blank + cut;
}

/** Breaks a text at spaces into lines of at most `columns`. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of escapeField(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer) <= columns) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (textWidth(line) > columns) {
      const head = cutText(line, columns);
      if (head === '') break;
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return [...lines, line];
}
