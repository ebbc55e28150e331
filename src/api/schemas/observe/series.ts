// GET /v1/series and /v1/tasks/:ref/series: how the use of the host and of a task developed.
import { z } from 'zod';
import { parseDuration } from '../../../units/duration.ts';
import { check } from '../check.ts';

export const SERIES = z
  .strictObject({
    step_ms: z.number().describe('The least time between two points. Old points are further apart.'),
    fields: z.array(z.string()).describe('The names of the values of a point.'),
    points: z
      .array(z.array(z.number().nullable()))
      .describe('Oldest first. The first value is the start of the step in ms since 1970. Null: not known.'),
  })
  .meta({ id: 'Series', description: 'Points of a time series. See `fields`.' });
export type SeriesView = z.output<typeof SERIES>;

const text = z.string().optional();
export const SERIES_QUERY = z.object({
  since: text.describe('A time before now: 10m. Default: 10m for the host, the whole life of a task.'),
  step: text.describe('At most one point in this time. Default and least: 1s.'),
  project: text,
});

export interface SeriesRequest {
  /** Null: the default. */
  readonly sinceMs: number | null;
  readonly stepMs: number;
}

const LEAST_STEP_MS = 1000;

export function parseSeries(query: unknown): SeriesRequest {
  const { since, step } = check(SERIES_QUERY, query);
  const stepMs = step === undefined ? LEAST_STEP_MS : parseDuration(step, 'step');
  return {
    sinceMs: since === undefined ? null : parseDuration(since, 'since'),
    stepMs: Math.max(LEAST_STEP_MS, stepMs),
  };
}
