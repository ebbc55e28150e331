// The view History: use of the host, ends and waits over time, kills by reason, and estimates against use for each command.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { HistoryView } from '../../src/api/schemas/observe/history-summary.ts';
import type { HostPoint } from '../../src/api/schemas/observe/live.ts';
import type { SeriesView } from '../../src/api/schemas/observe/series.ts';
import { pointsOf } from '../client/live.ts';
import { ask, RequestError } from '../client/request.ts';
import { Bar } from '../parts/bar.tsx';
import { Chart } from '../parts/chart.tsx';
import { cores, duration, size } from '../text.ts';
import { Groups } from './groups.tsx';

/** A time, and the step of the points of the host: about 500 of them. */
const TIMES = [
  ['1h', 'Last hour', '10s'],
  ['1d', 'Last day', '3m'],
  ['7d', 'Last 7 days', '20m'],
  ['30d', 'Last 30 days', '90m'],
] as const;
type Since = (typeof TIMES)[number][0];

interface Loaded {
  readonly since: Since;
  readonly summary: HistoryView;
  readonly host: readonly HostPoint[];
}

export function HistoryPage({ connection }: { readonly connection: string }) {
  const [by, setBy] = useState<HistoryView['by']>('command');
  const [since, setSince] = useState<Since>('1d');
  const [loaded, setLoaded] = useState<Loaded | string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: tasks may have ended while no daemon answered.
  useEffect(() => {
    const leaving = new AbortController();
    const step = TIMES.find(([time]) => time === since)?.[2];
    Promise.all([
      ask<HistoryView>(`/v1/history/summary?since=${since}&by=${by}&limit=100`, leaving.signal),
      ask<SeriesView>(`/v1/series?since=${since}&step=${step}`, leaving.signal),
    ]).then(
      ([summary, series]) => setLoaded({ since, summary, host: pointsOf<HostPoint>(series) }),
      (error: unknown) => {
        if (leaving.signal.aborted) return;
        setLoaded(error instanceof RequestError ? error.message : 'The dashboard does not answer.');
      },
    );
    return () => leaving.abort();
  }, [since, by, connection]);
  return (
    <>
      <section class="head">
        <h1>History</h1>
        <label class="choice">
          <span class="hidden">Time</span>
          <select value={since} onChange={(event) => setSince(event.currentTarget.value as Since)}>
            {TIMES.map(([value, title]) => (
              <option key={value} value={value}>
                {title}
              </option>
            ))}
          </select>
        </label>
      </section>
      {loaded === null ? <p class="empty">Reading the history…</p> : null}
      {typeof loaded === 'string' ? <p class="banner bad">{loaded}</p> : null}
      {loaded !== null && typeof loaded !== 'string' ? <Whole {...loaded} onGroup={setBy} /> : null}
    </>
  );
}

function Whole({ summary, host, onGroup }: Loaded & { readonly onGroup: (by: HistoryView['by']) => void }) {
  return (
    <>
      <Totals summary={summary} />
      <div class="columns">
        <div>
          <Ends summary={summary} />
          <Kills kills={summary.kills} />
        </div>
        <div>
          <HostUse host={host} />
        </div>
      </div>
      <Groups summary={summary} onGroup={onGroup} />
    </>
  );
}

function Totals({ summary: all }: { readonly summary: HistoryView }) {
  const figures = [
    [
      'ended',
      String(all.tasks),
      `${all.completed} completed, ${all.failed} failed, ${all.killed + all.interrupted} killed or interrupted`,
    ],
    [
      'waited',
      duration(all.wait_ms?.p50 ?? null),
      `half of the tasks at most; 9 of 10 at most ${duration(all.wait_ms?.p90 ?? null)}`,
    ],
    ['ran', duration(all.ran_ms), 'running time of all tasks together'],
    ['lost', duration(all.lost_ms), 'running time of attempts that were killed or interrupted'],
    [
      'reserved, unused',
      all.ran_ms === 0 ? '–' : size((1000 * all.unused_mem_byte_s) / all.ran_ms),
      'mean memory that a running task reserved and did not use',
    ],
    ...(all.idle === null
      ? []
      : [
          [
            'idle',
            `${all.idle.free_mem_pct} % · ${all.idle.free_cpu_pct} %`,
            `memory · cores that nothing used${idleWhileWaiting(all.idle)}`,
          ] as const,
        ]),
  ] as const;
  return (
    <section aria-label="Totals">
      <dl class="figures">
        {figures.map(([name, value, meaning]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <b>{value}</b> <span class="quiet">{meaning}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function idleWhileWaiting(idle: NonNullable<HistoryView['idle']>): string {
  const { free_mem_pct_waiting: mem, free_cpu_pct_waiting: cpu } = idle;
  return mem === null || cpu === null ? '' : `; while tasks waited ${mem} % · ${cpu} %`;
}

function Ends({ summary: { spans } }: { readonly summary: HistoryView }) {
  const times = useMemo(() => spans.map(({ at }) => at), [spans]);
  const ends = useMemo(
    () => [
      {
        label: 'completed',
        color: 'good',
        isFilled: true,
        values: spans.map(({ completed }) => completed),
      },
      { label: 'failed', color: 'warn', values: spans.map(({ failed }) => failed) },
      { label: 'killed', color: 'bad', values: spans.map(({ killed }) => killed) },
    ],
    [spans],
  );
  const waits = useMemo(
    () => [
      {
        label: 'in the mean',
        color: 'others',
        isFilled: true,
        values: spans.map((each) => each.wait_ms),
      },
    ],
    [spans],
  );
  return (
    <section aria-label="Ends and waits over time">
      <Chart title="Ended tasks" times={times} lines={ends} format={count} ticks="whole" sync="ends" />
      <Chart
        title="Waited"
        times={times}
        lines={waits}
        format={duration}
        ticks="time"
        sync="ends"
        height={110}
      />
    </section>
  );
}

const count = (value: number | null | undefined) => (value == null ? '–' : String(Math.round(value)));

function HostUse({ host }: { readonly host: readonly HostPoint[] }) {
  const times = useMemo(() => host.map(({ at }) => at), [host]);
  const memory = useMemo(
    () => [
      {
        label: 'all',
        color: 'others',
        isFilled: true,
        values: host.map((point) => point.mem_ours_bytes + point.mem_outside_bytes),
      },
      { label: 'tasks', color: 'ours', isFilled: true, values: host.map((point) => point.mem_ours_bytes) },
      { label: 'total', color: 'limit', isLimit: true, values: host.map((point) => point.mem_total_bytes) },
    ],
    [host],
  );
  const processors = useMemo(
    () => [
      { label: 'all', color: 'others', isFilled: true, values: host.map((point) => point.cpu_cores) },
      { label: 'tasks', color: 'ours', isFilled: true, values: host.map((point) => point.cpu_ours_cores) },
    ],
    [host],
  );
  return (
    <section aria-labelledby="use-title">
      <h2 id="use-title">Use of the host</h2>
      {host.length === 0 ? <p class="empty">Nothing has been recorded yet.</p> : null}
      <Chart title="Memory" times={times} lines={memory} format={size} sync="use" ticks="binary" />
      <Chart title="Cores" times={times} lines={processors} format={cores} sync="use" height={110} />
    </section>
  );
}

function Kills({ kills }: Pick<HistoryView, 'kills'>) {
  const most = Math.max(1, ...kills.map(({ attempts }) => attempts));
  return (
    <section aria-labelledby="kills-title">
      <h2 id="kills-title">Kills by reason</h2>
      {kills.length === 0 ? <p class="empty">No task was killed.</p> : null}
      <ul class="counts">
        {kills.map(({ reason, attempts, lost_ms }) => (
          <li key={reason}>
            <p>
              <span>{reason}</span> <b>{attempts}</b> <span class="quiet">{duration(lost_ms)} lost</span>
            </p>
            <Bar label={`${reason}: ${attempts}`} parts={[{ value: attempts, color: 'bad' }]} max={most} />
          </li>
        ))}
      </ul>
    </section>
  );
}
