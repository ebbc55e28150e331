// POST /v1/inbox, /v1/inbox/seen and /v1/inbox/sent.
import { z } from 'zod';
import type { RecordedEvent } from '../../core/events.ts';
import type { TaskId } from '../../core/task.ts';
import { check } from './check.ts';
import { EVENT } from './events/events.ts';
import { absolutePath, owner } from './fields.ts';

const MAX_ENTRIES = 10_000;
const DEFAULT_ENTRIES = 50;

const SCOPE = {
  owner: owner.optional().describe('default: the inbox of tasks in the project that have no owner'),
  project: absolutePath,
};
export const INBOX = z.strictObject({
  ...SCOPE,
  others: z.boolean().optional().describe("include events of other owners' tasks in the project"),
  limit: z
    .int()
    .min(1)
    .max(MAX_ENTRIES)
    .optional()
    .describe('largest number of events, oldest first (default: 50)'),
  peek: z.boolean().optional().describe('keep the events for the next reader'),
});
export type InboxBody = z.output<typeof INBOX>;

export const SEEN = z
  .strictObject({
    ...SCOPE,
    seen: z
      .array(z.strictObject({ id: z.string(), seq: z.int().min(0) }))
      .max(MAX_ENTRIES)
      .describe('each task with the last event that wait or inbox has shown'),
  })
  .describe('Reports events as shown, so that the inbox does not repeat them.');
export type SeenBody = z.output<typeof SEEN>;

export const SENT = z
  .strictObject({
    id: z.string().describe('id of the task'),
    seq: z.int().min(0).describe('number of the event'),
    target: z
      .string()
      .regex(/^[\w ]{1,40}$/)
      .describe('where the message went'),
    error: z.string().max(500).optional().describe('why it could not be sent'),
  })
  .describe(
    'Reports a message about an event that a client has sent to an agent: status shows it in `deliveries`.',
  );
export type SentBody = z.output<typeof SENT>;

export const INBOX_VIEW = z
  .strictObject({
    events: z.array(EVENT).describe('Ends, kill requests and warnings, oldest first.'),
    more: z.number().describe('Events left for the next request.'),
  })
  .meta({ id: 'Inbox', description: 'Events of an owner that no reader has shown yet.' });
export type InboxView = z.output<typeof INBOX_VIEW>;

export interface InboxQuery {
  /** Owner of the inbox; for tasks without an owner, their project. */
  readonly owner: string;
  /** Include events of other owners' tasks in this project; null to exclude them. */
  readonly project: string | null;
  readonly limit: number;
  /** Keep the events for the next reader. */
  readonly isPeek: boolean;
}

/** Unseen events, oldest first. `more` is the number of events that are left. */
export interface InboxPage {
  readonly events: readonly RecordedEvent[];
  readonly more: number;
}

/** The owner has seen events of each task up to `seq`. */
export interface SeenReport {
  readonly owner: string;
  readonly seen: readonly { readonly id: TaskId; readonly seq: number }[];
}

/** A message that a client has sent about an event, or tried to. */
export interface SentReport {
  readonly taskId: TaskId;
  readonly seq: number;
  readonly target: string;
  /** Null: it was sent. */
  readonly error: string | null;
}

export function parseInbox(body: unknown): InboxQuery {
  const { owner, project, others, limit, peek } = check(INBOX, body);
  return {
    owner: owner ?? project,
    project: others ? project : null,
    limit: limit ?? DEFAULT_ENTRIES,
    isPeek: peek ?? false,
  };
}

export function parseSeen(body: unknown): SeenReport {
  const { owner, project, seen } = check(SEEN, body);
  return { owner: owner ?? project, seen: seen.map(({ id, seq }) => ({ id: id as TaskId, seq })) };
}

export function parseSent(body: unknown): SentReport {
  const { id, error, ...rest } = check(SENT, body);
  return { ...rest, taskId: id as TaskId, error: error ?? null };
}
