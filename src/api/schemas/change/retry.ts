// POST /v1/tasks/:ref/retry.
import { z } from 'zod';
import { checkCommand, checkEnvironment } from '../../../request/kernel-limits.ts';
import { parseFields } from '../../../request/parse.ts';
import type { Asked } from '../../../request/request.ts';
import { check } from '../check.ts';
import { shapeOf } from '../fields.ts';

export const RETRY = z.strictObject(shapeOf('retry')).describe('An absent field stays unchanged.');
export type RetryBody = z.output<typeof RETRY>;
/** A null field stays unchanged. */
export type RetryRequest = Asked<'retry'>;

export function parseRetry(body: unknown): RetryRequest {
  const request = parseFields('retry', check(RETRY, body ?? {}));
  checkCommand({ line: request.line, argv: null });
  if (request.env !== null) checkEnvironment(request.env);
  return request;
}
