// POST /v1/tasks/:ref/adjust.
import { z } from 'zod';
import { BabysitError } from '../../../core/errors.ts';
import { parseFields, rowsOf } from '../../../request/parse.ts';
import type { Asked } from '../../../request/request.ts';
import { check } from '../check.ts';
import { shapeOf } from '../fields.ts';

export const ADJUST = z.strictObject(shapeOf('adjust')).describe('An absent field stays unchanged.');
export type AdjustBody = z.output<typeof ADJUST>;
/** A null field stays unchanged. */
export type Adjustment = Asked<'adjust'>;

const VALUES = rowsOf('adjust')
  .map(([name]) => name)
  .filter((name) => name !== 'force');

export function parseAdjust(body: unknown): Adjustment {
  const { force, ...values } = check(ADJUST, body);
  if (Object.values(values).every((value) => value === undefined))
    throw new BabysitError('usage', `nothing to adjust: give one of ${VALUES.join(', ')}`);
  return parseFields('adjust', { ...values, force });
}
