// Measures and cuts text by the columns that it takes on a terminal.

const ASCII = /^[\x20-\x7e]*$/;
/** East Asian Wide and Fullwidth (Unicode Standard Annex 11), and emoji that are drawn as pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const EMPTY = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The columns of a text without control characters. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** Cuts the text to at most `columns`; `mark` ends a text that was cut. */
export function cutText(text: string, columns: number, mark = ''): string {
  if (columns <= 0) return '';
  if (textWidth(text) <= columns) return text;
  const room = columns - textWidth(mark);
  if (room <= 0) return mark.slice(0, columns);
  if (ASCII.test(text)) return text.slice(0, room) + mark;
  let kept = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > room) break;
    kept += segment;
  }
  return kept + mark;
}

/** Cuts the text to at most `columns` and keeps its end. */
export function cutStart(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of [...graphemes.segment(text)].toReversed()) {
    width += graphemeWidth(segment);
    if (width > columns) break;
    kept = segment + kept;
  }
  return kept;
}

/** Puts `mark`, of one column, in the place of the middle: names that begin alike often differ at their end. */
export function cutMiddle(text: string, columns: number, mark = '…'): string {
  if (textWidth(text) <= columns) return text;
  const end = cutStart(text, Math.max(0, Math.floor((columns - 1) / 2)));
  return `${cutText(text, columns - 1 - textWidth(end))}${mark}${end}`;
}

function graphemeWidth(grapheme: string): number {
  if (EMPTY.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
