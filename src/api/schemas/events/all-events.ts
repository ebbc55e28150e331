// GET /v1/events: events of all tasks, one JSON object a line.
import { z } from 'zod';
import { BabysitError } from '../../../core/errors.ts';
import type { EventName, HostEventName } from '../../../core/events.ts';
import type { TaskStatus } from '../../../core/task.ts';
import { commaWords } from '../../../text/split.ts';
import { parseCount } from '../../../units/number.ts';
import { check } from '../check.ts';
import { parseStatuses } from '../task.ts';
import { EVENT_FIELDS } from './events.ts';
import { HOST_EVENT_FIELDS } from './host-events.ts';

const GAP_REASONS = ['removed', 'ahead'] as const;
export type GapReason = (typeof GAP_REASONS)[number];

export const GAP_LINE = z
  .strictObject({
    event: z.literal('gap').describe('Always this name.'),
    reason: z
      .enum(GAP_REASONS)
      .describe(
        '`removed`: events after the cursor were removed with their tasks. `ahead`: the cursor is newer than every event, as after a restored backup.',
      ),
    since: z.number().describe('The cursor of the client.'),
    through: z
      .number()
      .describe(
        '`removed`: events up to this number may be missing. `ahead`: the number of the newest event.',
      ),
    hint: z.string().describe('What to do.'),
  })
  .meta({ id: 'GapLine', description: 'Events may be missing here. The first line of a stream with a gap.' });

export const CURSOR_LINE = z
  .strictObject({
    event: z.literal('cursor').describe('Always this name.'),
    seq: z.number().describe('Every event up to this number was looked at: the next `since`.'),
  })
  .meta({ id: 'CursorLine', description: 'How far a stream of all events has come.' });

const EVENT_NAMES = Object.keys({ ...EVENT_FIELDS, ...HOST_EVENT_FIELDS }) as (EventName | HostEventName)[];

export const ALL_EVENTS_QUERY = z.object({
  since: z.string().optional(),
  follow: z.string().optional(),
  project: z.string().optional(),
  owner: z.string().optional(),
  tag: z.string().optional(),
  status: z.string().optional(),
  event: z.string().optional(),
});

export interface AllEventsQuery {
  /** The number of the last event that the client has; null: none. */
  readonly since: number | null;
  readonly follow: boolean;
  readonly project: string | null;
  readonly owner: string | null;
  readonly tag: string | null;
  /** Of the task when the event is read. */
  readonly statuses: readonly TaskStatus[] | null;
  readonly names: readonly (EventName | HostEventName)[] | null;
}

/** Statuses and names of events are separated by commas. */
export function parseAllEvents(query: unknown): AllEventsQuery {
  const { since, follow, project, owner, tag, status, event } = check(ALL_EVENTS_QUERY, query);
  return {
    since: since === undefined ? null : parseCount(since, 'since', 0, Number.MAX_SAFE_INTEGER),
    follow: follow === '1',
    project: project ?? null,
    owner: owner ?? null,
    tag: tag ?? null,
    statuses: status === undefined ? null : parseStatuses(status),
    names: event === undefined ? null : commaWords([event]).map(readName),
  };
}

function readName(word: string): EventName | HostEventName {
  const name = EVENT_NAMES.find((candidate) => candidate === word);
  if (name === undefined)
    throw new BabysitError('usage', `event: "${word}" is not one of ${EVENT_NAMES.join(', ')}`);
  return name;
}
