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

/** Neighbors with the same look share one code. Blanks at the end are left out, except in a selected row. */
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
  if (!isSelected) text = text.trimEnd();
  return current === '' ? text : `${text}\x1b[0m`;
}
