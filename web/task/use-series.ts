// The time series of a task: read once, then continued by the frames.
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

/** More points than the chart has pixels cost time and show nothing. */
const MOST_POINTS = 1500;
const POINT_MS = 900;

export function useSeries(id: string, live: Live): readonly TaskPoint[] {
  const [points, setPoints] = useState<readonly TaskPoint[]>([]);
  const frameAt = live.frame?.at ?? 0;
  const row = rowOf(live, id);
  const isRunning = row?.status === 'running';
  // biome-ignore lint/correctness/useExhaustiveDependencies: one reading for each task, and one at its end.
  useEffect(() => {
    const leaving = new AbortController();
    ask<SeriesView>(`/v1/tasks/${encodeURIComponent(id)}/series`, leaving.signal)
      .then((series) => setPoints(thinned(pointsOf<TaskPoint>(series))))
      // A pending task has no series.
      .catch(() => {});
    return () => leaving.abort();
  }, [id, isRunning]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: one point for each frame.
  useEffect(() => {
    if (!isRunning || row.mem_bytes === null) return;
    const { mem_bytes, cpu_cores, io_read_bytes_per_s, io_write_bytes_per_s } = row;
    const point = { at: frameAt, mem_bytes, cpu_cores, io_read_bytes_per_s, io_write_bytes_per_s };
    // Frames after events come more often than measurements.
    setPoints((earlier) =>
      frameAt - (earlier.at(-1)?.at ?? 0) < POINT_MS ? earlier : thinned([...earlier, point]),
    );
  }, [frameAt]);
  return points;
}

/** Keeps the highest memory of each group of points. */
function thinned(points: readonly TaskPoint[]): readonly TaskPoint[] {
  if (points.length < 2 * MOST_POINTS) return points;
  const step = Math.ceil(points.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(points.length / step) }, (_, i) =>
    points
      .slice(i * step, (i + 1) * step)
      .reduce((best, point) => ((point.mem_bytes ?? 0) > (best.mem_bytes ?? 0) ? point : best)),
  );
}
