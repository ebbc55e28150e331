// Lays out a table for a width: the columns that matter least are left out first, and the last one takes the rest.
import type { Glyphs } from '../glyphs.ts';
import { cell, fitSpans, type Row, type Span, span, type Tone, widthOf } from '../spans.ts';

export interface Column<T> {
  readonly title: string;
  readonly columns: number;
  /** Takes what is left of the row, up to this. */
  readonly most?: number;
  /** 0 is always shown; of the others the highest are left out first. */
  readonly rank: number;
  readonly align?: 'left' | 'right';
  readonly show: (
    value: T,
    columns: number,
  ) => readonly Span[] | { readonly text: string; readonly tone?: Tone };
}

const MARGIN = 2;
const GAP = 1;

interface Laid<T> extends Column<T> {
  readonly width: number;
}

export function lay<T>(columns: readonly Column<T>[], total: number): Laid<T>[] {
  const size = (list: readonly Column<T>[]) =>
    MARGIN + list.reduce((sum, { columns: width }) => sum + width + GAP, 0) - GAP;
  let kept = [...columns];
  while (size(kept) > total) {
    const worst = Math.max(...kept.map(({ rank }) => rank));
    if (worst === 0) break;
    kept = kept.filter(({ rank }) => rank !== worst);
  }
  let spare = Math.max(0, total - size(kept));
  return kept.map((column, index) => {
    // The last column shows the longest texts.
    const offered = index === kept.length - 1 ? spare : Math.floor(spare / 2);
    const more = Math.min(offered, (column.most ?? column.columns) - column.columns);
    spare -= more;
    return { ...column, width: column.columns + more };
  });
}

export function headingRow<T>(columns: readonly Laid<T>[], title: string, glyphs: Glyphs): Row {
  const [first, ...rest] = columns;
  const texts = rest.map(({ title: name, width, align }) => cell(name, width, glyphs.cut, align));
  return {
    spans: [
      span(cell(title, MARGIN + (first?.width ?? 0), glyphs.cut), 'title'),
      span(` ${texts.join(' ')}`, 'dim'),
    ],
  };
}

export function valueRow<T>(columns: readonly Laid<T>[], value: T, isSelected: boolean, glyphs: Glyphs): Row {
  const spans: Span[] = [span(isSelected ? `${glyphs.cursor} ` : '  ', 'strong')];
  for (const [index, { width, align = 'left', show }] of columns.entries()) {
    if (index > 0) spans.push(span(' '));
    const shown = show(value, width);
    if ('text' in shown) spans.push(span(cell(shown.text, width, glyphs.cut, align), shown.tone ?? 'plain'));
    else spans.push(...(widthOf(shown) === width ? shown : fitSpans(shown, width, glyphs.cut)));
  }
  return { spans, isSelected };
}
