// Errors: application/problem+json (RFC 9457) with these fields, and those of the error itself.
import { z } from 'zod';

export const PROBLEM = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  error: z.string().describe('code of the error'),
  hint: z.string().describe('what to do'),
});
export type ProblemView = z.output<typeof PROBLEM>;
