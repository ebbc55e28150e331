// The host: what tasks, other programs and the reserve take, with the last ten minutes.
import { useMemo, useState } from 'preact/hooks';
import type { Frame } from '../../cli/client/frames.ts';
import type { HostPoint } from '../../src/api/schemas/observe/live.ts';
import type { OutsidePoint } from '../../src/api/schemas/observe/outside.ts';
import { Bar } from '../parts/bar.tsx';
import { Chart, type ChartProps } from '../parts/chart.tsx';
import { cores, coresText, size } from '../text.ts';
import { Then } from './then.tsx';

const SYNC = 'host';

interface HostProps {
  readonly frame: Frame;
  readonly host: readonly HostPoint[];
  /** Looks at the programs outside of all tasks, in the last hour. */
  readonly looks: readonly OutsidePoint[];
}

export function Host({ frame, host, looks }: HostProps) {
  const [at, setAt] = useState<number | null>(null);
  const times = useMemo(() => host.map((point) => point.at), [host]);
  const charts = { host, axis: { times, sync: SYNC, onCursor: setAt } };
  return (
    <section aria-labelledby="host-title" class="host">
      <h2 id="host-title">Host</h2>
      {frame.host === null ? (
        <p class="empty">The daemon has not measured the host yet.</p>
      ) : (
        <>
          <div class="tiles">
            <Memory {...charts} frame={frame} now={frame.host} />
            <Cpu {...charts} frame={frame} now={frame.host} />
            <Pressure {...charts} now={frame.host} />
          </div>
          <Then frame={frame} looks={looks} at={at} />
        </>
      )}
    </section>
  );
}

interface Props {
  readonly frame: Frame;
  readonly now: HostPoint;
  readonly host: readonly HostPoint[];
  /** What the charts of the host share. */
  readonly axis: Pick<ChartProps, 'times' | 'sync' | 'onCursor'>;
}

function Memory({ frame, now, host, axis }: Props) {
  const { capacity } = frame.status;
  const {
    mem_total_bytes: total,
    mem_ours_bytes: ours,
    mem_outside_bytes: others,
    mem_reserve_bytes: reserve,
  } = now;
  const lines = useMemo(
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
  return (
    <div class="tile">
      <p class="figure">
        <b>{size(capacity.mem_available_bytes)}</b> memory free for tasks{' '}
        <span class="quiet">of {size(total)}</span>
      </p>
      <Bar
        label={`Memory: tasks ${size(ours)}, other programs ${size(others)}, reserve ${size(reserve)}, total ${size(total)}`}
        parts={[
          { value: ours, color: 'ours' },
          { value: others, color: 'others' },
        ]}
        max={total}
        marks={[{ at: total - reserve, kind: 'cap' }]}
      />
      <p class="split">
        tasks {size(ours)} · others {size(others)} · reserve {size(reserve)}
      </p>
      <Chart {...axis} title="Memory" lines={lines} format={size} atLeast={total} ticks="binary" />
    </div>
  );
}

function Cpu({ frame, now, host, axis }: Props) {
  const { capacity } = frame.status;
  const total = frame.status.host.cores;
  const lines = useMemo(
    () => [
      {
        label: 'all',
        color: 'others',
        isFilled: true,
        values: host.map(({ cpu_ours_cores: ours, cpu_outside_cores: others }) =>
          ours === null && others === null ? null : (ours ?? 0) + (others ?? 0),
        ),
      },
      { label: 'tasks', color: 'ours', isFilled: true, values: host.map((point) => point.cpu_ours_cores) },
    ],
    [host],
  );
  const { cpu_ours_cores: ours, cpu_outside_cores: others } = now;
  const free = cores(capacity.cpu_available_cores);
  return (
    <div class="tile">
      <p class="figure">
        <b>{free}</b> {free === '1' ? 'core' : 'cores'} free for tasks{' '}
        <span class="quiet">of {cores(total)}</span>
      </p>
      <Bar
        label={`CPU: tasks ${cores(ours)}, other programs ${cores(others)}, of ${coresText(total)}`}
        parts={[
          { value: ours ?? 0, color: 'ours' },
          { value: others ?? 0, color: 'others' },
        ]}
        max={total}
      />
      <p class="split">
        tasks {cores(ours)} · others {cores(others)} · reserved {cores(capacity.cpu_reserved_cores)}
      </p>
      <Chart {...axis} title="Cores" lines={lines} format={cores} atLeast={total} />
    </div>
  );
}

const pct = (value: number | null | undefined) => (value == null ? '–' : `${value.toFixed(0)}%`);

function Pressure({ now, host, axis }: Omit<Props, 'frame'>) {
  const lines = useMemo(
    () => [
      { label: 'memory', color: 'bad', values: host.map((point) => point.psi_mem_pct) },
      { label: 'IO', color: 'warn', values: host.map((point) => point.psi_io_pct) },
      { label: 'CPU', color: 'ours', values: host.map((point) => point.psi_cpu_pct) },
    ],
    [host],
  );
  const parts = [
    { of: 'waiting for memory', value: now.psi_mem_pct, bad: 20 },
    { of: 'waiting for IO', value: now.psi_io_pct, bad: 20 },
    { of: 'waiting for a core', value: now.psi_cpu_pct, bad: 80 },
  ];
  const worst = parts.reduce((most, part) => ((part.value ?? 0) > (most.value ?? 0) ? part : most));
  const value = worst.value ?? 0;
  return (
    <div class="tile">
      <p class="figure">
        <b>{pct(worst.value)}</b> of the time {worst.of} <span class="quiet">(PSI)</span>
      </p>
      <Bar
        label={parts.map((part) => `${pct(part.value)} of the time ${part.of}`).join(', ')}
        parts={[{ value, color: value > worst.bad ? 'bad' : 'warn' }]}
        max={100}
      />
      <p class="split">
        {now.disk_free_bytes == null ? 'disk not known' : `disk ${size(now.disk_free_bytes)} free`}
      </p>
      <Chart {...axis} title="Stalled" lines={lines} format={pct} atLeast={10} />
    </div>
  );
}
