// Events that belong to no task, in the stream of all events.
import { z } from 'zod';
import type { HostEventMap, HostEventName } from '../../../core/events.ts';
import { HELD_BY } from '../hold.ts';
import { LEVER_USE } from '../levers.ts';

const { scope, of, reason, by, until } = HELD_BY.shape;

/** The fields of each event besides `event`, `seq` and `at`, and when it occurs. */
export const HOST_EVENT_FIELDS = {
  hold: z
    .strictObject({
      ...{ scope, of, reason, by, until },
      drain: z.boolean().describe('The person waits for the end of the running tasks.'),
    })
    .describe('A person holds the start of tasks. Only in the stream of all events.'),
  release: z
    .strictObject({
      ...{ scope, of },
      cause: z.enum(['released', 'over']).describe('A person released it, or its time is over.'),
      by: by.nullable().describe('Who released it. Null: its time is over.'),
    })
    .describe('A hold ended. Only in the stream of all events.'),
  lever: LEVER_USE.omit({ at: true }).describe(
    'A user or an agent used what costs others: `--force`, a setting, the profile. Only in the stream of all events.',
  ),
} as const satisfies { readonly [K in HostEventName]: z.ZodType<HostEventMap[K]> };

export const HOST_EVENT = z
  .looseObject({
    event: z.enum(Object.keys(HOST_EVENT_FIELDS) as HostEventName[]).describe('Name of the event.'),
    seq: z.number().describe('Number of the event, from the same sequence as those of tasks.'),
    at: z.string().describe('When it happened.'),
  })
  .superRefine((view, context) => {
    const { event, seq: _, at: __, ...fields } = view;
    for (const { message } of HOST_EVENT_FIELDS[event].safeParse(fields).error?.issues ?? [])
      context.addIssue(`${event}: ${message}`);
  })
  .meta({
    id: 'HostEvent',
    description:
      'Something that happened to no single task. [Events](events.md) lists the further fields of each.',
  });
export type HostEventView = z.output<typeof HOST_EVENT>;
