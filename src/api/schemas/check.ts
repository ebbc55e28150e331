// Checks a value against its schema. An error names the field and the expected value.
import type { z } from 'zod';
import { BabysitError } from '../../core/errors.ts';

const ISSUES_SHOWN = 5;

/** Throws BabysitError usage that names each field and what is wrong with it. */
export function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { error: explain });
  if (result.success) return result.data;
  const what = result.error.issues.map((issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`);
  throw new BabysitError('usage', what.slice(0, ISSUES_SHOWN).join('; '));
}

/** Returns undefined to use the message of the schema or of zod. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing; give ${expected(issue.expected)}`
        : `must be ${expected(issue.expected)}, not ${kindOf(issue.input)}`;
    case 'unrecognized_keys':
      return `unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')}; leave it out or correct its name`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `must be at least ${issue.minimum}${UNIT[issue.origin] ?? ''}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${UNIT[issue.origin] ?? ''}`;
    default:
      return undefined;
  }
}

const UNIT: Readonly<Record<string, string>> = { string: ' characters long', array: ' entries long' };

function expected(type: string): string {
  switch (type) {
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'a text';
    case 'int':
      return 'a whole number';
    case 'array':
      return 'a list';
    case 'record':
      return 'an object';
    default:
      return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return expected(typeof value);
}
