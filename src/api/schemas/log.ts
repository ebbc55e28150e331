// GET /v1/tasks/:ref/log and /log/range.
import { z } from 'zod';
import type { LogQuery } from '../../core/log-query.ts';
import { parseDuration } from '../../units/duration.ts';
import { parseCount } from '../../units/number.ts';
import { parseSize } from '../../units/size.ts';
import { check } from './check.ts';

const text = z.string().optional();
export const LOG_QUERY = z.object({
  attempt: text,
  tail: text,
  head: text,
  full: text,
  since: text,
  from: text,
  max_bytes: text,
  follow: text,
});

export const LOG_RANGE = z
  .strictObject({
    id: z.string().describe('Id of the task.'),
    name: z.string().describe('Name of the task.'),
    from: z.number().describe('First byte, counted from the start of the output.'),
    to: z.number().describe('The byte after the last one.'),
    attempt: z.number().describe('The attempt that printed it.'),
    attempts: z.number().describe('How many attempts the task has had.'),
  })
  .meta({ id: 'LogRange', description: 'Where a part of the log is in all output of an attempt.' });
export type LogRangeView = z.output<typeof LOG_RANGE>;

const DEFAULT_LINES = 15;
const MAX_LINES = 10_000_000;

export function parseLog(query: unknown): LogQuery {
  const { attempt, since, from, max_bytes, follow, ...part } = check(LOG_QUERY, query);
  return {
    attempt: attempt === undefined ? null : parseCount(attempt, 'attempt', 1, Number.MAX_SAFE_INTEGER),
    part: partOf(part),
    sinceMs: since === undefined ? null : parseDuration(since, 'since'),
    from: from === undefined ? null : parseCount(from, 'from', 0, Number.MAX_SAFE_INTEGER),
    maxBytes: max_bytes === undefined ? null : parseSize(max_bytes, 'max_bytes'),
    follow: follow === '1',
  };
}

function partOf({
  full,
  head,
  tail,
}: Pick<z.output<typeof LOG_QUERY>, 'full' | 'head' | 'tail'>): LogQuery['part'] {
  if (full === '1') return { kind: 'full' };
  if (head !== undefined) return { kind: 'head', lines: parseCount(head, 'head', 1, MAX_LINES) };
  return {
    kind: 'tail',
    lines: tail === undefined ? DEFAULT_LINES : parseCount(tail, 'tail', 1, MAX_LINES),
  };
}
