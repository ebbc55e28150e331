// --priority as it is typed.
import { BabysitError } from '../../src/core/errors.ts';
import { MAX_PRIORITY, MIN_PRIORITY } from '../../src/core/task.ts';

/** Throws BabysitError usage. */
export function readPriority(text: string | undefined): { priority?: number } {
  if (text === undefined) return {};
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && value >= MIN_PRIORITY && value <= MAX_PRIORITY) return { priority: value };
  throw new BabysitError(
    'usage',
    `--priority: "${text}" is no whole number from ${MIN_PRIORITY} to ${MAX_PRIORITY}. Examples: --priority=10, --priority=-5.`,
    { flag: '--priority' },
  );
}
