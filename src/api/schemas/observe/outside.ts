// GET /v1/outside: which programs outside of all tasks used most of the host.
import { z } from 'zod';
import { parseDuration } from '../../../units/duration.ts';
import { check } from '../check.ts';
import { OUTSIDE } from '../status.ts';

export const OUTSIDE_POINT = z.strictObject({
  at: z.number().describe('When they were looked at, in ms since 1970.'),
  programs: z.array(OUTSIDE).describe('The largest first.'),
});
export type OutsidePoint = z.output<typeof OUTSIDE_POINT>;

export const OUTSIDE_HISTORY = z
  .strictObject({ points: z.array(OUTSIDE_POINT).describe('About one a minute, oldest first.') })
  .meta({
    id: 'OutsideHistory',
    description: 'The programs outside of all tasks that used most of the host, for about two days.',
  });
export type OutsideHistoryView = z.output<typeof OUTSIDE_HISTORY>;

export const OUTSIDE_QUERY = z.object({
  since: z.string().optional().describe('A time before now. Default: 10m.'),
});

export function parseOutside(query: unknown): { readonly sinceMs: number } {
  return { sinceMs: parseDuration(check(OUTSIDE_QUERY, query).since ?? '10m', 'since') };
}
