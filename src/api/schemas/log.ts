// GET /v1/tasks/:ref/log and /log/range.
import { z } from 'zod';
import type { LogQuery } from '../../core/log-query.ts';
import { parseDuration } from '../../units/duration.ts';
import { parseCount } from '../../units/number.ts';
import { parseSize } from '../../units/size.ts';
import { check } from './check.ts';

const text = z.string().optional();
const LOG = z.object({
  tail: text,
  head: text,
  full: text,
  since: text,
  from: text,
  max_bytes: text,
  follow: text,
});

export const LOG_RANGE = z
  .strictObject({ id: z.string(), name: z.string(), from: z.number(), to: z.number() })
  .describe("Where the part of the log lies in all output of the task's last attempt, in bytes.");
export type LogRangeView = z.output<typeof LOG_RANGE>;

const DEFAULT_LINES = 15;
const MAX_LINES = 10_000_000;

export function parseLog(query: unknown): LogQuery {
  const { since, from, max_bytes, follow, ...part } = check(LOG, query);
  return {
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
}: Pick<z.output<typeof LOG>, 'full' | 'head' | 'tail'>): LogQuery['part'] {
  if (full === '1') return { kind: 'full' };
  if (head !== undefined) return { kind: 'head', lines: parseCount(head, 'head', 1, MAX_LINES) };
  return {
    kind: 'tail',
    lines: tail === undefined ? DEFAULT_LINES : parseCount(tail, 'tail', 1, MAX_LINES),
  };
}
