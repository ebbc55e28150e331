// Memory, CPU and IO of a task over time, against its estimate, twice the estimate and its cap, with its events as marks.
import { useMemo } from 'preact/hooks';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { Chart, type Line, type Mark } from '../parts/chart.tsx';
import { cores, size } from '../text.ts';
import { colorOf } from './event-list.tsx';
import type { TaskPoint } from './use-series.ts';

interface Props {
  readonly task: TaskView;
  readonly points: readonly TaskPoint[];
  readonly events: readonly EventView[];
  readonly onCursor: (at: number | null) => void;
}

const perSecond = (bytes: number | null | undefined) => (bytes == null ? '–' : `${size(bytes)}/s`);

export function Charts({ task, points, events, onCursor }: Props) {
  const {
    estimated_mem_bytes: mem,
    estimated_cpu_cores: cpu,
    mem_max_bytes: memCap,
    cpu_max_cores: cpuCap,
  } = task;
  const times = useMemo(() => points.map(({ at }) => at), [points]);
  const marks: readonly Mark[] = useMemo(
    () =>
      events.map((event) => ({ at: Date.parse(event.at), label: event.event, color: colorOf(event.event) })),
    [events],
  );
  const memory = useMemo(
    () => [
      { label: 'use', color: 'ours', isFilled: true, values: points.map((point) => point.mem_bytes) },
      limit(points, 'estimate', 'limit', mem),
      limit(points, '2 × estimate', 'warn', 2 * mem),
      ...(memCap === null ? [] : [limit(points, 'cap', 'bad', memCap)]),
    ],
    [points, mem, memCap],
  );
  const processor = useMemo(
    () => [
      { label: 'use', color: 'ours', isFilled: true, values: points.map((point) => point.cpu_cores) },
      limit(points, 'estimate', 'limit', cpu),
      limit(points, '2 × estimate', 'warn', 2 * cpu),
      ...(cpuCap === null ? [] : [limit(points, 'cap', 'bad', cpuCap)]),
    ],
    [points, cpu, cpuCap],
  );
  const io = useMemo(
    () => [
      { label: 'read', color: 'good', values: points.map((point) => point.io_read_bytes_per_s) },
      { label: 'written', color: 'others', values: points.map((point) => point.io_write_bytes_per_s) },
    ],
    [points],
  );
  const common = { times, marks, sync: 'task', onCursor };
  if (points.length === 0) return <p class="empty">Nothing has been measured yet.</p>;
  return (
    <>
      <Chart {...common} title="Memory" lines={memory} format={size} ticks="binary" />
      <Chart {...common} title="Cores" lines={processor} format={cores} height={110} />
      <Chart {...common} title="IO" lines={io} format={perSecond} height={90} ticks="binary" />
    </>
  );
}

function limit(points: readonly TaskPoint[], label: string, color: string, value: number): Line {
  return { label, color, isLimit: true, values: points.map(() => value) };
}
