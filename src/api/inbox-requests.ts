// The schemas of requests about the inbox.
import { z } from 'zod';
import type { TaskId } from '../core/task.ts';
import { absolutePath, check, owner } from './fields.ts';
import type { InboxQuery, SeenReport } from './service.ts';

const MAX_ENTRIES = 10_000;
const DEFAULT_ENTRIES = 50;

const WHOSE = { owner: owner.optional(), project: absolutePath };
const INBOX = z.strictObject({
  ...WHOSE,
  others: z.boolean().optional(),
  limit: z.int().min(1).max(MAX_ENTRIES).optional(),
  peek: z.boolean().optional(),
});
const SEEN = z.strictObject({
  ...WHOSE,
  seen: z.array(z.strictObject({ id: z.string(), seq: z.int().min(0) })).max(MAX_ENTRIES),
});

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
