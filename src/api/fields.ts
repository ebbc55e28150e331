// What the schemas of requests are made of, and how a value that does not fit is refused.
import { z } from 'zod';
import { BabysitError } from '../core/errors.ts';
import { MAX_PRIORITY, MIN_PRIORITY } from '../core/task.ts';

/** A number, or text as typed with its unit. */
export const quantity = z.union([z.string(), z.number()]);
export const noNul = z.string().refine((text) => !text.includes('\0'), 'must not hold a NUL character');
export const absolutePath = noNul.refine((path) => path.startsWith('/'), 'must be an absolute path');
export const owner = z.string().min(1).max(256);
export const priority = z.int().min(MIN_PRIORITY).max(MAX_PRIORITY);

/** Throws BabysitError usage that names each field and what is wrong with it. */
export function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const what = result.error.issues.map((issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`);
  throw new BabysitError('usage', what.slice(0, 5).join('; '));
}

/** Null: not given. */
export function read<T>(
  value: T | undefined,
  parse: (text: T, what: string) => number,
  what: string,
): number | null {
  return value === undefined ? null : parse(value, what);
}
