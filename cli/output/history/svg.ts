// Draws charts as SVG text. Everything that comes from a task goes through `escapeHtml`.

/** For text and for quoted attributes. Terminal controls have no meaning in HTML; those that XML forbids are dropped. */
export function escapeHtml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '')
      .replace(/[&<>"'\u202a-\u202e\u2066-\u2069]/g, (char) => `&#${char.charCodeAt(0)};`)
  );
}

const WIDTH = 720;
const HEIGHT = 140;
const LEFT = 48;
const BASE = HEIGHT - 20;

export interface Layer {
  readonly name: string;
  /** A class of the style sheet. */
  readonly style: string;
  readonly values: readonly (number | null)[];
}

/** Stacked bars, one for each place. `labels`: what each place is; `unit` follows the numbers. */
export function stackedBars(
  title: string,
  layers: readonly Layer[],
  labels: readonly string[],
  { unit = '', most }: { readonly unit?: string; readonly most?: number } = {},
): string {
  const totals = labels.map((_, place) => layers.reduce((sum, { values }) => sum + (values[place] ?? 0), 0));
  const top = most ?? Math.max(1, ...totals);
  const step = (WIDTH - LEFT) / Math.max(1, labels.length);
  const bars = labels.map((label, place) => {
    let y = BASE;
    const parts = layers.map(({ values, style }) => {
      const height = (Math.min(top, values[place] ?? 0) / top) * (BASE - 10);
      y -= height;
      return height === 0 ? '' : rect(LEFT + place * step, y, Math.max(1, step - 1), height, style);
    });
    const said = layers
      .map(({ name, values }) => `${name} ${shown(values[place] ?? null)}${unit}`)
      .join(', ');
    return `<g>${parts.join('')}<title>${escapeHtml(`${label}: ${said}`)}</title></g>`;
  });
  const legend = layers
    .map(({ name, style }) => `<span class="key ${style}"></span> ${escapeHtml(name)}`)
    .join(' ');
  const ends = [labels[0] ?? '', labels.at(-1) ?? ''].map(escapeHtml);
  return `<figure><figcaption>${escapeHtml(title)} <small>${legend}</small></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">
<text x="${LEFT - 6}" y="18" class="end">${escapeHtml(shown(top) + unit)}</text><text x="${LEFT - 6}" y="${BASE}" class="end">0</text>
${bars.join('')}<path class="axis" d="M${LEFT} ${BASE}H${WIDTH}"/>
<text x="${LEFT}" y="${HEIGHT - 4}">${ends[0]}</text><text x="${WIDTH}" y="${HEIGHT - 4}" class="end">${ends[1]}</text></svg></figure>`;
}

/** A range from p50 to p90 on a logarithmic axis from 0.1 to 100, with a line at 1: the estimate that fits. */
export function rangeBar(p50: number, p90: number, said: string): string {
  const x = (value: number) => 4 + (Math.log10(Math.min(100, Math.max(0.1, value))) + 1) * 40;
  const [from, to] = [x(p50), x(p90)];
  return `<svg class="range" viewBox="0 0 128 14" role="img" aria-label="${escapeHtml(said)}"><title>${escapeHtml(said)}</title><path class="axis" d="M44 0V14"/>${rect(from, 4, Math.max(2, to - from), 6, 'ours')}</svg>`;
}

function rect(x: number, y: number, width: number, height: number, style: string): string {
  const [a, b, c, d] = [x, y, width, height].map((value) => value.toFixed(1));
  return `<rect x="${a}" y="${b}" width="${c}" height="${d}" class="${style}"/>`;
}

function shown(value: number | null): string {
  return value === null ? 'not known' : String(Math.round(10 * value) / 10);
}
