// Draws bars and graphs of one row.
import type { Glyphs } from './glyphs.ts';
import type { Span, Tone } from './spans.ts';

export interface Part {
  readonly value: number;
  readonly glyph: string;
  readonly tone: Tone;
}

/** The parts side by side, to the scale of `total`; the rest is blank. A part above zero takes at least one column. */
export function stackedBar(parts: readonly Part[], total: number, columns: number): Span[] {
  const spans: Span[] = [];
  let left = columns;
  for (const { value, glyph, tone } of parts) {
    if (!(value > 0) || !(total > 0)) continue;
    const length = Math.min(left, Math.max(1, Math.round((value / total) * columns)));
    if (length > 0) spans.push({ text: glyph.repeat(length), tone });
    left -= length;
  }
  if (left > 0) spans.push({ text: ' '.repeat(left), tone: 'plain' });
  return spans;
}

/** A use below its limit, with a mark at the estimate; what exceeds the estimate has another tone. */
export function limitBar(
  use: number,
  estimate: number,
  limit: number,
  columns: number,
  glyphs: Glyphs,
): Span[] {
  const at = (value: number) => Math.min(columns, Math.round((value / limit) * columns));
  const filled = use > 0 ? Math.max(1, at(use)) : 0;
  const mark = Math.min(columns - 1, at(estimate));
  const tone: Tone = use >= 0.9 * limit ? 'bad' : use > estimate ? 'warn' : 'good';
  const text = Array.from({ length: columns }, (_, column) => {
    if (column === mark && filled <= mark) return glyphs.mark;
    if (column >= filled) return ' ';
    return column < mark ? glyphs.full : glyphs.half;
  }).join('');
  return [{ text, tone }];
}

export function progressBar(fraction: number, columns: number, glyphs: Glyphs): Span[] {
  const done = Math.min(columns, Math.max(0, Math.floor(fraction * columns)));
  return [
    { text: glyphs.full.repeat(done), tone: 'info' },
    { text: glyphs.light.repeat(columns - done), tone: 'dim' },
  ];
}

/** The newest value is at the right. More values than columns: the highest of each group. Null is blank. */
export function graph(
  values: readonly (number | null)[],
  highest: number,
  columns: number,
  glyphs: Glyphs,
): string {
  if (columns <= 0) return '';
  const size = Math.max(1, Math.ceil(values.length / columns));
  const groups: (number | null)[] = [];
  for (let end = values.length; end > 0; end -= size) {
    const known = values.slice(Math.max(0, end - size), end).filter((value) => value !== null);
    groups.unshift(known.length === 0 ? null : Math.max(...known));
  }
  const { levels } = glyphs;
  const text = groups
    .map((value) => {
      if (value === null) return ' ';
      const level = highest > 0 ? Math.round((value / highest) * (levels.length - 1)) : 0;
      return levels[Math.min(levels.length - 1, Math.max(0, level))] ?? ' ';
    })
    .join('');
  return text.padStart(columns);
}
