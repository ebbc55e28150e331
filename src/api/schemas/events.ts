// GET /v1/tasks/:ref/events: one JSON object a line.
import { z } from 'zod';
import type { EventName } from '../../core/events.ts';
import { parseCount } from '../../units/number.ts';
import { check } from './check.ts';
import { PROGRESS, TASK } from './task.ts';

export const EVENT = z
  .looseObject({
    event: z.custom<EventName | 'daemon_stopping' | 'progress'>((value) => typeof value === 'string'),
    seq: z.number(),
    at: z.string(),
    name: z.string(),
    id: z.string(),
    task: TASK.optional().describe('only with ended'),
  })
  .describe('ended is the last line and carries the task');
export type EventView = z.output<typeof EVENT>;

/** The progress between the events: of the present, so it is not stored and has no `seq`. */
export const PROGRESS_LINE = z.strictObject({
  event: z.literal('progress'),
  name: z.string(),
  id: z.string(),
  at: z.string(),
  ...PROGRESS.shape,
});
/** The last line of a stream whose daemon stops. */
export const STOPPING = z.strictObject({ event: z.literal('daemon_stopping') });

const EVENTS = z.object({ after: z.string().optional(), progress: z.string().optional() });

export interface EventsQuery {
  /** Sequence number of the last event that the client received. */
  readonly after: number;
  /** Also send progress between the events. */
  readonly progress: boolean;
}

export function parseEvents(query: unknown): EventsQuery {
  const { after, progress } = check(EVENTS, query);
  return {
    after: after === undefined ? 0 : parseCount(after, 'after', 0, Number.MAX_SAFE_INTEGER),
    progress: progress === '1',
  };
}
