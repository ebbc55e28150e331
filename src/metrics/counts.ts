// Counts events from the start of the daemon on, in plain numbers: the client library, which needs 20 MB, is loaded when
// the metrics are first read.
import { type CounterName, type HistogramName, type LabelsOf, METRICS, type MetricRow } from './catalog.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Value {
  readonly labels: Labels;
  readonly value: number;
}

export interface Distribution {
  /** Observations up to each bound, cumulative; the last one without a bound. */
  readonly buckets: readonly number[];
  readonly sum: number;
}

export class Counts {
  readonly #counts = new Map<CounterName, Map<string, { readonly labels: Labels; value: number }>>();
  readonly #observed = new Map<HistogramName, { readonly buckets: number[]; sum: number }>();

  constructor() {
    // A rate needs the zero before the first event.
    for (const [name, row] of Object.entries(METRICS) as [CounterName, MetricRow][])
      if (row.kind === 'counter') for (const labels of zeros(row)) this.#add(name, labels, 0);
  }

  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by = 1): void {
    this.#add(name, labels as Labels, by);
  }

  observe(name: HistogramName, value: number): void {
    const { buckets } = METRICS[name];
    const seen = this.#observed.get(name) ?? { buckets: [...buckets.map(() => 0), 0], sum: 0 };
    const first = buckets.findIndex((bound) => value <= bound);
    const from = first < 0 ? buckets.length : first;
    for (let index = from; index <= buckets.length; index += 1)
      seen.buckets[index] = (seen.buckets[index] ?? 0) + 1;
    seen.sum += value;
    this.#observed.set(name, seen);
  }

  values(name: CounterName): readonly Value[] {
    return [...(this.#counts.get(name)?.values() ?? [])];
  }

  distribution(name: HistogramName): Distribution {
    return this.#observed.get(name) ?? { buckets: [...METRICS[name].buckets.map(() => 0), 0], sum: 0 };
  }

  #add(name: CounterName, labels: Labels, by: number): void {
    const all = this.#counts.get(name) ?? new Map();
    const key = Object.values(labels).join('\0');
    const one = all.get(key) ?? { labels, value: 0 };
    one.value += by;
    this.#counts.set(name, all.set(key, one));
  }
}

/** Only of at most one label: most combinations of two never occur. */
function zeros({ labels }: MetricRow): Labels[] {
  const [label, ...more] = Object.entries(labels);
  if (label === undefined) return [{}];
  const [name, values] = label;
  return more.length > 0 ? [] : (values ?? []).map((value) => ({ [name]: value }));
}
