// The page of metrics, from their table.
import { METRICS, type MetricRow } from '../../src/metrics/catalog.ts';
import { code, page, prose, table } from './markdown.ts';

export function metricsPage(): string {
  const rows = Object.entries(METRICS) as [string, MetricRow][];
  return page(
    'Metrics',
    'src/metrics/catalog.ts',
    prose(
      '`babysit metrics` prints these metrics, and `GET /v1/metrics` answers them. Names and labels are stable. A label has one of the listed values and never a name, a command or another text of a task. Counters begin at 0 when the daemon starts. A histogram has the endings `_bucket`, `_sum` and `_count`. A value that the host does not report is left out.',
    ),
    table(
      ['metric', 'kind', 'labels', 'meaning'],
      rows.map(([name, { kind, labels, help }]) => [code(name), kind, labelText(labels), help]),
    ),
  );
}

function labelText(labels: MetricRow['labels']): string {
  return Object.entries(labels)
    .map(([label, values]) => `${code(label)}${values === null ? '' : `: ${values.join(', ')}`}`)
    .join('; ');
}
