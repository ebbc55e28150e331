// The rows about the host: memory, CPU, pressure and disk, each with a minute of history.

import type { HostPoint } from '../../../src/api/schemas/observe/live.ts';
import { counted } from '../../../src/core/counted.ts';
import { humanCores, humanSize } from '../../output/human.ts';
import { graph, type Part, stackedBar } from '../bars.ts';
import { BLANK, type Row, row, type Span, span } from '../spans.ts';
import type { State } from '../state.ts';

const LABEL = 5;
const BAR_MIN = 16;
const BAR_MAX = 60;
const GRAPH_MIN = 12;
const GRAPH_MAX = 60;
/** From this width on, labels of the numbers fit. */
const WIDE = 116;

export function hostRows(state: State): Row[] {
  const { frame, size, glyphs, history } = state;
  if (frame === null) return [];
  const { status } = frame;
  // The first frame comes before the next pass.
  const host = frame.host ?? history.at(-1) ?? null;
  if (host === null) return [row(span('The daemon has not measured the host yet.', 'dim')), BLANK, BLANK];
  const graphColumns = Math.min(GRAPH_MAX, Math.max(GRAPH_MIN, Math.floor(size.columns / 4)));
  const barColumns = Math.min(BAR_MAX, Math.max(BAR_MIN, Math.floor(size.columns / 4)));
  const isWide = size.columns >= WIDE;
  const of = (value: (point: HostPoint) => number | null, highest: number) =>
    graph(history.map(value), highest, graphColumns, glyphs);
  const line = (label: string, parts: readonly Part[], total: number, trend: string, text: Span[]): Row => ({
    spans: [
      span(label.padEnd(LABEL), 'title'),
      ...stackedBar(parts, total, barColumns),
      span(' '),
      span(trend, 'info'),
      span(' '),
      ...text,
    ],
  });
  const ours = (value: number | null): Part => ({ value: value ?? 0, glyph: glyphs.full, tone: 'good' });
  const outside = (value: number | null): Part => ({ value: value ?? 0, glyph: glyphs.half, tone: 'warn' });
  const total = host.mem_total_bytes;
  const { cores } = status.host;
  const reserve = host.mem_reserve_bytes;
  const free = Math.max(0, total - host.mem_ours_bytes - host.mem_outside_bytes);
  return [
    line(
      'MEM',
      [
        ours(host.mem_ours_bytes),
        outside(host.mem_outside_bytes),
        // The reserve is at the end of the bar.
        { value: Math.max(0, free - reserve), glyph: ' ', tone: 'plain' },
        { value: Math.min(reserve, free), glyph: glyphs.light, tone: 'dim' },
      ],
      total,
      of((point) => point.mem_ours_bytes + point.mem_outside_bytes, total),
      [
        span(`${glyphs.full} ${isWide ? 'tasks ' : ''}${humanSize(round(host.mem_ours_bytes))}`, 'good'),
        span(` ${glyphs.half} ${isWide ? 'others ' : ''}${humanSize(round(host.mem_outside_bytes))}`, 'warn'),
        span(` ${glyphs.light} ${isWide ? 'reserve ' : ''}${humanSize(round(reserve))}`, 'dim'),
        span(` of ${humanSize(round(total))}`),
      ],
    ),
    line(
      'CPU',
      [ours(host.cpu_ours_cores), outside(host.cpu_outside_cores)],
      cores,
      of((point) => sum(point.cpu_ours_cores, point.cpu_outside_cores), cores),
      [
        span(`${glyphs.full} ${isWide ? 'tasks ' : ''}${humanCores(host.cpu_ours_cores ?? 0)}`, 'good'),
        span(` ${glyphs.half} ${isWide ? 'others ' : ''}${humanCores(host.cpu_outside_cores ?? 0)}`, 'warn'),
        span(` of ${counted(cores, 'core')}`),
      ],
    ),
    pressureRow(host, of, isWide),
  ];
}

/** PSI: the share of time in which programs waited for a resource. */
function pressureRow(
  host: HostPoint,
  of: (value: (point: HostPoint) => number | null, highest: number) => string,
  isWide: boolean,
): Row {
  const columns = isWide ? 20 : 10;
  const one = (label: string, now: number | null, value: (point: HostPoint) => number | null): Span[] =>
    now === null
      ? []
      : [
          span(
            `${label} ${Math.round(now)}%`.padEnd(label.length + 6),
            now >= 50 ? 'bad' : now >= 10 ? 'warn' : 'plain',
          ),
          span(`${of(value, 100).slice(-columns)} `, 'info'),
        ];
  const known = [
    ...one('cpu', host.psi_cpu_pct, (point) => point.psi_cpu_pct),
    ...one('mem', host.psi_mem_pct, (point) => point.psi_mem_pct),
    ...one('io', host.psi_io_pct, (point) => point.psi_io_pct),
  ];
  const disk =
    host.disk_free_bytes === null ? [] : [span(`disk ${humanSize(round(host.disk_free_bytes))} free`)];
  return {
    spans: [
      span('STALL'.padEnd(LABEL), 'title'),
      ...(known.length === 0 ? [span(' not measured on this kernel  ', 'dim')] : [span(' '), ...known]),
      ...disk,
    ],
  };
}

function sum(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Few digits: a number that changes in its last digit each second draws the eye. */
function round(value: number): number {
  if (value >= GIB) return Math.round((value / GIB) * 10) * (GIB / 10);
  return value >= MIB ? Math.round(value / MIB) * MIB : value;
}
