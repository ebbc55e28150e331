// A chart over time: lines with a legend that shows the values at the cursor, marks of events, and limits.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { clock, day } from '../text.ts';

export interface Line {
  readonly label: string;
  /** Name of a color in page.css. */
  readonly color: string;
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
  /** A limit: a dashed line. */
  readonly isLimit?: boolean;
}

export interface Mark {
  readonly at: number;
  readonly label: string;
  readonly color: string;
}

export interface ChartProps {
  readonly title: string;
  /** In ms since the epoch, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number | null | undefined) => string;
  readonly marks?: readonly Mark[];
  /** Charts with the same key share the cursor. */
  readonly sync: string;
  /** The scale reaches at least this value. */
  readonly atLeast?: number;
  readonly height?: number;
  /** Where the axis has its numbers: round GiB and MiB, round minutes and hours, whole numbers, or round decimals. */
  readonly ticks?: 'binary' | 'time' | 'whole';
  /** Called with the time at the cursor, null when it leaves the chart. */
  readonly onCursor?: (at: number | null) => void;
}

const HEIGHT = 150;
const STEPS = {
  binary: Array.from({ length: 50 }, (_, i) => 2 ** i),
  whole: [1, 2, 5]
    .flatMap((step) => Array.from({ length: 9 }, (_, i) => step * 10 ** i))
    .sort((a, b) => a - b),
  time: [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400].map((s) => 1000 * s),
} as const;
const DAY_S = 86_400;

export function Chart(props: ChartProps) {
  const { title, times, lines, format } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [index, setIndex] = useState<number | null>(null);
  const scheme = useColorScheme();
  const shape = lines.map(({ label, color }) => `${label}${color}`).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another shape or scheme needs another plot; data follows below.
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    const chart = new uPlot(optionsOf(latest, place, setIndex), dataOf(latest.current), place);
    plot.current = chart;
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: place.clientWidth, height: latest.current.height ?? HEIGHT }),
    );
    observer.observe(place);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [shape, scheme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the data derives from these.
  useEffect(() => plot.current?.setData(dataOf(latest.current)), [times, lines]);

  const shown = index ?? times.length - 1;
  const at = times[shown];
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <ul class="legend">
          {lines.map(({ label, color, values, isLimit }) => (
            <li key={label}>
              <span
                class={isLimit ? 'swatch dashed' : 'swatch'}
                style={{ color: `var(--${color})` }}
                aria-hidden="true"
              />
              {label} <b>{format(values[shown])}</b>
            </li>
          ))}
          {index !== null && at !== undefined ? <li class="quiet">{moment(at, times)}</li> : null}
        </ul>
      </figcaption>
      <div
        ref={box}
        class="plot"
        role="img"
        aria-label={`${title} over time; the values beside it are the latest.`}
      />
    </figure>
  );
}

/** With the day where the chart shows several. */
function moment(at: number, times: readonly number[]): string {
  const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return spanMs < 1000 * DAY_S ? clock(at) : `${day(at)} ${clock(at).slice(0, 5)}`;
}

const DARK = matchMedia('(prefers-color-scheme: dark)');

function useColorScheme(): string {
  const [isDark, setDark] = useState(DARK.matches);
  useEffect(() => {
    const listen = () => setDark(DARK.matches);
    DARK.addEventListener('change', listen);
    return () => DARK.removeEventListener('change', listen);
  }, []);
  return isDark ? 'dark' : 'light';
}

function dataOf({ times, lines }: ChartProps): uPlot.AlignedData {
  const values = lines.map((line) => (line.isLimit ? endsOf(line.values) : [...line.values]));
  return [times.map((ms) => ms / 1000), ...values] as uPlot.AlignedData;
}

/** A dashed path of a few hundred points takes ten times as long as one of two. */
function endsOf(values: Line['values']): (number | null)[] {
  return values.map((value, i) => (i === 0 || i === values.length - 1 ? value : null));
}

/** The places of values between two gaps: no line shows them. */
function lonely(values: ArrayLike<number | null | undefined>): number[] {
  return Array.from(values, (_, i) => i).filter(
    (i) => values[i] != null && values[i - 1] == null && values[i + 1] == null,
  );
}

function optionsOf(
  latest: { readonly current: ChartProps },
  place: HTMLElement,
  setIndex: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(place);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const { lines, format, sync, height, ticks } = latest.current;
  const font = `11px ${style.fontFamily}`;
  const axis = {
    stroke: color('quiet'),
    grid: { stroke: color('line'), width: 1 },
    ticks: { show: false },
    font,
  };
  return {
    width: place.clientWidth,
    height: height ?? HEIGHT,
    legend: { show: false },
    // The last time on the axis needs half of its width beyond the end.
    padding: [8, 28, 0, 0],
    cursor: {
      sync: { key: sync },
      drag: { x: false, y: false },
      points: { size: 6 },
    },
    scales: {
      y: { range: (_plot, _min, max) => [0, Math.max(latest.current.atLeast ?? 0, (max || 1) * 1.05)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        values: (_plot, seconds, _axis, _space, step) =>
          seconds.map((s) => (step >= DAY_S ? day(s * 1000) : clock(s * 1000).slice(0, step < 60 ? 8 : 5))),
      },
      {
        ...axis,
        size: 52,
        space: 30,
        values: (_plot, values) => values.map((value) => format(value)),
        ...(ticks === undefined ? {} : { incrs: [...STEPS[ticks]] }),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, color: name, isFilled, isLimit }) => ({
        label,
        stroke: color(name),
        width: isLimit ? 1 : 1.5,
        points: {
          show: false,
          ...(isLimit
            ? {}
            : { size: 4, filter: (plot: uPlot, series: number) => lonely(plot.data[series] ?? []) }),
        },
        ...(isFilled ? { fill: `color-mix(in srgb, ${color(name)} 25%, transparent)` } : {}),
        ...(isLimit ? { dash: [5, 4], spanGaps: true } : {}),
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor: { idx } }) => {
          setIndex(idx ?? null);
          latest.current.onCursor?.(idx == null ? null : (latest.current.times[idx] ?? null));
        },
      ],
      draw: [(plot) => drawMarks(plot, latest.current.marks ?? [], color)],
    },
  };
}

function drawMarks(plot: uPlot, marks: readonly Mark[], color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.setLineDash([]);
  ctx.lineWidth = Math.max(1, devicePixelRatio);
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at / 1000, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = color(mark.color);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
