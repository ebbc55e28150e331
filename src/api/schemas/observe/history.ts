// GET /v1/history: the tasks that ended within a time, one a line, with what was asked for and what was used.
import { z } from 'zod';
import { parseDuration } from '../../../units/duration.ts';
import { check } from '../check.ts';

const number = z.number();
const text = z.string();
const ENDED = z.enum(['completed', 'failed', 'killed', 'interrupted']);

export const PAST_RUN = z
  .strictObject({
    id: text.describe('Id of the task.'),
    name: text.describe('Its name.'),
    owner: text.describe('Its owner, or the project.'),
    project: text.describe('Its project.'),
    command: text.describe('The beginning of its command.'),
    status: ENDED.describe('How it ended.'),
    reason: text.nullable().describe('[Reason](reasons.md) of a kill, a failure or an interruption.'),
    earlier_kills: z.array(text).describe('Reasons of the kills of its earlier attempts.'),
    ended_at: text.describe('When it ended.'),
    waited_ms: number.nullable().describe('From its submission to its first start. Null: it never started.'),
    elapsed_ms: number.nullable().describe('Running time of the last attempt, without pauses.'),
    estimated_time_ms: number.describe('Estimated time.'),
    estimated_mem_bytes: number.describe('Estimated memory.'),
    estimated_cpu_cores: number.describe('Estimated cores.'),
    peak_mem_bytes: number.nullable().describe('Highest memory use, without page cache.'),
    cpu_seconds: number.nullable().describe('CPU time.'),
  })
  .meta({ id: 'PastRun', description: 'A task that ended, in short.' });
export type PastRunView = z.output<typeof PAST_RUN>;

export const HISTORY_QUERY = z.object({
  since: text.optional().describe('A time before now: 7d, the default.'),
  project: text.optional(),
  owner: text.optional(),
});

export interface HistoryRequest {
  readonly sinceMs: number;
  readonly project: string | null;
  readonly owner: string | null;
}

const DEFAULT_MS = 7 * 86_400_000;

export function parseHistory(query: unknown): HistoryRequest {
  const { since, project, owner } = check(HISTORY_QUERY, query);
  const sinceMs = since === undefined ? DEFAULT_MS : parseDuration(since, 'since');
  return { sinceMs, project: project ?? null, owner: owner ?? null };
}
