// The Grafana dashboard and the alert rules use only metrics, labels and values that the daemon has.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { METRICS, type MetricRow } from '../src/metrics/catalog.ts';

const DOCS = join(import.meta.dirname, '../docs/metrics');
const read = (name: string) => readFileSync(join(DOCS, name), 'utf8');
const ROWS: Readonly<Record<string, MetricRow>> = METRICS;
/** Prometheus adds it to every series. */
const TARGET_LABELS = ['instance', 'job', 'le'];

function dashboardExpressions(): string[] {
  const { panels, templating } = JSON.parse(read('grafana.json')) as {
    panels: { targets: { expr: string }[] }[];
    templating: { list: { type: string; query: string | { query: string } }[] };
  };
  const choices = templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : query.query));
  return [...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...choices];
}

function alertExpressions(): string[] {
  return [...read('alerts.yml').matchAll(/^ +expr: (.*)$/gm)].map(([, expr = '']) => expr);
}

/** The row of a metric, or of a histogram by one of its endings. */
function rowOf(name: string): MetricRow | undefined {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return ROWS[name] ?? (ROWS[base]?.kind === 'histogram' ? ROWS[base] : undefined);
}

function faultsOf(expr: string): string[] {
  const faults: string[] = [];
  for (const [, name = '', selector = ''] of expr.matchAll(/\b(babysit[a-z]*_[a-z_]+)(\{[^}]*\})?/g)) {
    const row = rowOf(name);
    if (row === undefined) faults.push(`no metric ${name}`);
    if (row?.kind === 'histogram' && ROWS[name] !== undefined) faults.push(`${name} has no value of its own`);
    for (const [, label = '', value = ''] of selector.matchAll(/([a-z_]+)=~?"([^"]*)"/g)) {
      const values = row?.labels[label];
      if (values === undefined && !TARGET_LABELS.includes(label))
        faults.push(`${name} has no label ${label}`);
      for (const one of value.split('|'))
        if (values?.includes(one) === false) faults.push(`${name}: no ${label} ${one}`);
    }
  }
  const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
  const known = [...TARGET_LABELS, ...Object.values(ROWS).flatMap(({ labels }) => Object.keys(labels))];
  return [
    ...faults,
    ...grouped.filter((label) => !known.includes(label)).map((label) => `no label ${label}`),
  ];
}

describe('docs/metrics', () => {
  for (const [name, expressions] of [
    ['grafana.json', dashboardExpressions()],
    ['alerts.yml', alertExpressions()],
  ] as const)
    it(`${name} uses only metrics that exist`, () => {
      assert.ok(expressions.length > 8);
      assert.deepEqual(
        expressions.flatMap((expr) => faultsOf(expr).map((fault) => `${expr}: ${fault}`)),
        [],
      );
    });

  it('the reader of expressions finds each kind of fault', () => {
    const wrong = [
      'babysit_nothing',
      'babysit_tasks{status="x"}',
      'babysit_tasks{state="running|gone"}',
      'babysit_queue_wait_seconds',
      'babysit_starts_total_sum',
      'sum by (owner) (babysit_tasks)',
    ];
    for (const expr of wrong) assert.equal(faultsOf(expr).length, 1, expr);
  });

  it('every metric but four is on the dashboard', () => {
    const shown = dashboardExpressions().join('\n');
    const hidden = Object.keys(ROWS).filter((name) => !shown.includes(name));
    assert.deepEqual(hidden, [
      'babysit_tickets',
      'babysit_leases',
      'babysit_start_holds',
      'babysit_starts_total',
    ]);
  });

  it('labels have few values, and none is a text of a caller', () => {
    for (const [name, { labels }] of Object.entries(ROWS)) {
      const free = Object.entries(labels).filter(([, values]) => values === null);
      assert.ok(name === 'babysit_daemon_info' || free.length === 0, name);
      for (const values of Object.values(labels)) assert.ok((values ?? []).length <= 20, name);
    }
  });
});
