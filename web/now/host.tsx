// The host: what tasks, other programs and the reserve take, with the last ten minutes.
import { useMemo } from 'preact/hooks';
import type { Frame } from '../../cli/client/frames.ts';
import type { HostPoint } from '../../src/api/schemas/observe/live.ts';
import { Bar } from '../parts/bar.tsx';
import { Chart } from '../parts/chart.tsx';
import { cores, size } from '../text.ts';

const SYNC = 'host';

export function Host({ frame, host }: { readonly frame: Frame; readonly host: readonly HostPoint[] }) {
  return (
    <section aria-labelledby="host-title" class="host">
      <h2 id="host-title">Host</h2>
      {frame.host === null ? (
        <p class="empty">The daemon has not measured the host yet.</p>
      ) : (
        <div class="tiles">
          <Memory frame={frame} now={frame.host} host={host} />
          <Cpu frame={frame} now={frame.host} host={host} />
          <Pressure now={frame.host} host={host} />
        </div>
      )}
    </section>
  );
}

interface Props {
  readonly frame: Frame;
  readonly now: HostPoint;
  readonly host: readonly HostPoint[];
}

function Memory({ frame, now, host }: Props) {
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
      <Chart
        title="Memory"
        times={useTimes(host)}
        lines={lines}
        format={size}
        sync={SYNC}
        atLeast={total}
        ticks="binary"
      />
    </div>
  );
}

function Cpu({ frame, now, host }: Props) {
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
  return (
    <div class="tile">
      <p class="figure">
        <b>{cores(capacity.cpu_available_cores)}</b> cores free for tasks{' '}
        <span class="quiet">of {cores(total)}</span>
      </p>
      <Bar
        label={`CPU: tasks ${cores(ours)}, other programs ${cores(others)}, of ${cores(total)} cores`}
        parts={[
          { value: ours ?? 0, color: 'ours' },
          { value: others ?? 0, color: 'others' },
        ]}
        max={total}
      />
      <p class="split">
        tasks {cores(ours)} · others {cores(others)} · reserved {cores(capacity.cpu_reserved_cores)}
      </p>
      <Chart title="Cores" times={useTimes(host)} lines={lines} format={cores} sync={SYNC} atLeast={total} />
    </div>
  );
}

const pct = (value: number | null | undefined) => (value == null ? '–' : `${value.toFixed(0)}%`);

function Pressure({ now, host }: Omit<Props, 'frame'>) {
  const lines = useMemo(
    () => [
      { label: 'memory', color: 'bad', values: host.map((point) => point.psi_mem_pct) },
      { label: 'IO', color: 'warn', values: host.map((point) => point.psi_io_pct) },
      { label: 'CPU', color: 'ours', values: host.map((point) => point.psi_cpu_pct) },
    ],
    [host],
  );
  const parts = [
    ['memory', now.psi_mem_pct],
    ['IO', now.psi_io_pct],
  ] as const;
  const worst = Math.max(...parts.map(([, value]) => value ?? 0));
  return (
    <div class="tile">
      <p class="figure">
        <b>{now.psi_mem_pct == null ? '–' : pct(worst)}</b> of the time all work stalled{' '}
        <span class="quiet">(PSI, 10 s)</span>
      </p>
      <Bar
        label={`Stalled for memory ${pct(now.psi_mem_pct)}, for IO ${pct(now.psi_io_pct)} of the time`}
        parts={[{ value: worst, color: worst > 20 ? 'bad' : 'warn' }]}
        max={100}
      />
      <p class="split">
        {now.disk_free_bytes == null ? 'disk not known' : `disk ${size(now.disk_free_bytes)} free`}
      </p>
      <Chart title="Stalled" times={useTimes(host)} lines={lines} format={pct} sync={SYNC} atLeast={10} />
    </div>
  );
}

function useTimes(host: readonly HostPoint[]): number[] {
  return useMemo(() => host.map(({ at }) => at), [host]);
}
