// The time series of a task: read once, then continued by the frames. Frames have no IO, so that is read again now and then.
import { useEffect, useState } from 'preact/hooks';
import type { SeriesView } from '../../src/api/schemas/observe/series.ts';
import { type Live, pointsOf } from '../client/live.ts';
import { ask } from '../client/request.ts';
import { rowOf } from './use-task.ts';

export interface TaskPoint {
  readonly at: number;
  readonly mem_bytes: number | null;
  readonly cpu_cores: number | null;
  readonly io_read_bytes_per_s: number | null;
  readonly io_write_bytes_per_s: number | null;
}

/** The daemon counts IO every five seconds. */
const IO_MS = 10_000;
/** More points than a wide screen has pixels cost time and show nothing. */
const MOST_POINTS = 4000;

export function useSeries(id: string, live: Live): readonly TaskPoint[] {
  const [points, setPoints] = useState<readonly TaskPoint[]>([]);
  const frameAt = live.frame?.at ?? 0;
  const row = rowOf(live, id);
  const isRunning = row?.status === 'running';
  const reading = isRunning ? Math.floor(frameAt / IO_MS) : 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: one reading for each task, at its end, and for each period of IO.
  useEffect(() => {
    const leaving = new AbortController();
    ask<SeriesView>(`/v1/tasks/${encodeURIComponent(id)}/series`, leaving.signal)
      .then((series) => setPoints(thinned(pointsOf<TaskPoint>(series))))
      // A pending task has no series.
      .catch(() => {});
    return () => leaving.abort();
  }, [id, isRunning, reading]);
  if (!isRunning || row.mem_bytes === null || frameAt <= (points.at(-1)?.at ?? 0)) return points;
  const none = { io_read_bytes_per_s: null, io_write_bytes_per_s: null };
  return [...points, { at: frameAt, mem_bytes: row.mem_bytes, cpu_cores: row.cpu_cores, ...none }];
}

/** Keeps the highest memory of each group of points. */
function thinned(points: readonly TaskPoint[]): readonly TaskPoint[] {
  const step = Math.ceil(points.length / MOST_POINTS);
  if (step <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / step) }, (_, i) =>
    points
      .slice(i * step, (i + 1) * step)
      .reduce((best, point) => ((point.mem_bytes ?? 0) > (best.mem_bytes ?? 0) ? point : best)),
  );
}
