// The characters of bars, graphs and marks: Unicode, or ASCII for a terminal without UTF-8.

export interface Glyphs {
  /** From the lowest level to the highest. */
  readonly levels: readonly string[];
  readonly full: string;
  /** A second kind of use in the same bar. */
  readonly half: string;
  readonly light: string;
  readonly mark: string;
  readonly cut: string;
  readonly cursor: string;
  readonly atMost: string;
}

export const UNICODE: Glyphs = {
  levels: [...'▁▂▃▄▅▆▇█'],
  full: '█',
  half: '▓',
  light: '░',
  mark: '│',
  cut: '…',
  cursor: '▶',
  atMost: '≤',
};

export const ASCII: Glyphs = {
  levels: [...'_.-:=+*#'],
  full: '#',
  half: '=',
  light: '.',
  mark: '|',
  cut: '~',
  cursor: '>',
  atMost: '<=',
};

type Env = Readonly<Record<string, string | undefined>>;

/** The console of Linux has UTF-8, but its fonts lack most of these characters. */
export function glyphsFor({ LC_ALL, LC_CTYPE, LANG, TERM }: Env): Glyphs {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return /utf-?8/i.test(locale) && TERM !== 'linux' ? UNICODE : ASCII;
}
