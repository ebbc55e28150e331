// The JSON a caller attaches to a task: bounded in size and depth.
import { BabysitError } from '../core/errors.ts';

/** Far below the depth that ends a recursion, here and in every reader of it. */
const MAX_DEPTH = 100;

/** Throws BabysitError usage. */
export function assertSmall(value: unknown, what: string, maxBytes: number): unknown {
  if (isDeeper(value, MAX_DEPTH))
    throw new BabysitError('usage', `${what}: it is nested more than ${MAX_DEPTH} levels deep`);
  const bytes = JSON.stringify(value).length;
  if (bytes > maxBytes)
    throw new BabysitError(
      'usage',
      `${what}: ${bytes} bytes are more than the ${maxBytes} it may have; put it into a file and give its path`,
    );
  return value;
}

/** Level by level: a recursion would overflow on the values it has to refuse. */
function isDeeper(value: unknown, depth: number): boolean {
  let level: unknown[] = [value];
  for (let left = depth; level.length > 0; left--) {
    level = level.flatMap((one) => (one !== null && typeof one === 'object' ? Object.values(one) : []));
    if (left === 0 && level.length > 0) return true;
  }
  return false;
}
