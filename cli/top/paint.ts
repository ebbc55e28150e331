// Turns a row into one text with the color codes of the terminal.
import type { Row, Tone } from './spans.ts';

/** Parameters of SGR (ECMA-48). */
const COLORS: Readonly<Record<Tone, string>> = {
  plain: '',
  dim: '2',
  strong: '1',
  good: '32',
  warn: '33',
  bad: '1;31',
  info: '36',
  title: '1;34',
};
/** NO_COLOR: bold is not a color. */
const PLAIN: Readonly<Record<Tone, string>> = {
  plain: '',
  dim: '',
  strong: '1',
  good: '',
  warn: '',
  bad: '1',
  info: '',
  title: '1',
};
const SELECTED = '7';
const RESET = '\x1b[0m';
const ERASE_REST = '\x1b[K';

/**
 * A text that overwrites a whole line of the terminal. Neighbors with the same look share one code. Blanks at the end are
 * erased instead, except in a selected row.
 */
export function painted({ spans, isSelected = false }: Row, hasColor: boolean): string {
  const codes = hasColor ? COLORS : PLAIN;
  let text = '';
  let current = '';
  for (const span of spans) {
    const code = [...(isSelected ? [SELECTED] : []), codes[span.tone]]
      .filter((part) => part !== '')
      .join(';');
    if (code !== current && !(span.text.trim() === '' && !isSelected)) {
      text += `\x1b[0${code === '' ? '' : `;${code}`}m`;
      current = code;
    }
    text += span.text;
  }
  const shown = isSelected ? text : text.trimEnd();
  // In a full line the cursor is still on the last column, which would be erased.
  const rest = shown === text ? '' : ERASE_REST;
  return `${shown}${current === '' ? '' : RESET}${rest}`;
}
