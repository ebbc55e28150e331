// The time series of the host and of one task, and what is recorded in them.
import type { SeriesRequest, SeriesView } from '../../api/schemas/observe/series.ts';
import type { Clock } from '../../core/clock.ts';
import type { TaskId } from '../../core/task.ts';
import type { Engine } from '../../engine/engine.ts';
import { type Field, HOST_FIELDS, type Point, TASK_FIELDS } from '../../series/fields.ts';
import type { SeriesRecorder } from '../../series/recorder.ts';
import { measured } from '../views/host-point.ts';

const HOST_SINCE_MS = 600_000;

/** Returns the stop function. */
export function recordSeries(engine: Engine, recorder: SeriesRecorder): () => void {
  const { passes, eventBus } = engine;
  const stops = [
    passes.listen((pass) => {
      // Another daemon may use the paths of a state directory that was moved.
      if (engine.homeLoss === null) recorder.record(measured(pass));
    }),
    eventBus.listenToAll((events) => {
      for (const { event, taskId } of events) if (event === 'ended') recorder.ended(taskId);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

export interface SeriesDeps {
  readonly recorder: SeriesRecorder;
  readonly clock: Clock;
}

/** `id` null: of the host. */
export async function series(
  { recorder, clock }: SeriesDeps,
  id: TaskId | null,
  { sinceMs, stepMs }: SeriesRequest,
): Promise<SeriesView> {
  const nowMs = clock.now().wallMs;
  const spanMs = sinceMs ?? (id === null ? HOST_SINCE_MS : nowMs);
  const query = { since: nowMs - spanMs, stepMs };
  const [fields, points] =
    id === null
      ? [HOST_FIELDS, await recorder.host(query, nowMs)]
      : [TASK_FIELDS, await recorder.task(id, query, nowMs)];
  return {
    step_ms: stepMs,
    fields: ['at', ...fields.map(({ name }) => name)],
    points: points.map((point) => row(fields, point)),
  };
}

function row(fields: readonly Field[], { at, values }: Point): (number | null)[] {
  const shown = fields.map(({ decimals }, index) => {
    const value = values[index] ?? Number.NaN;
    return Number.isNaN(value) ? null : Math.round(value * 10 ** decimals) / 10 ** decimals;
  });
  return [at, ...shown];
}
