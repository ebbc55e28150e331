// Prints counts and readings in the text format of Prometheus.
import type { Metric, Registry } from 'prom-client';
import { type CounterName, type GaugeName, type HistogramName, METRICS, type MetricRow } from './catalog.ts';
import type { Counts, Value } from './counts.ts';

export type Readings = { readonly [N in GaugeName]: readonly Value[] };

/** A value of a histogram has the name of its metric with an ending. */
type Sample = Value & { readonly metricName?: string };

export async function metricsText(counts: Counts, readings: Readings): Promise<string> {
  const { default: client } = await import('prom-client');
  const registry = new client.Registry();
  for (const [name, row] of Object.entries(METRICS) as [string, MetricRow][])
    register(registry, name, row, samplesOf(name, row, counts, readings));
  return registry.metrics();
}

function samplesOf(name: string, row: MetricRow, counts: Counts, readings: Readings): readonly Sample[] {
  switch (row.kind) {
    case 'counter':
      return counts.values(name as CounterName);
    case 'gauge':
      return readings[name as GaugeName];
    case 'histogram':
      return distributionSamples(name, row, counts);
  }
}

function distributionSamples(name: string, { buckets = [] }: MetricRow, counts: Counts): Sample[] {
  const { buckets: upTo, sum } = counts.distribution(name as HistogramName);
  const bounds = [...buckets.map(String), '+Inf'];
  return [
    ...bounds.map((le, index) => ({
      ...{ metricName: `${name}_bucket`, labels: { le }, value: upTo[index] ?? 0 },
    })),
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: upTo.at(-1) ?? 0 },
  ];
}

/** The classes of the library count by themselves; the registry accepts every object that can be read. */
function register(
  registry: Registry,
  name: string,
  { kind, help }: MetricRow,
  values: readonly Sample[],
): void {
  const family = { name, get: async () => ({ name, help, type: kind, values, aggregator: 'sum' }) };
  registry.registerMetric(family as unknown as Metric);
}
