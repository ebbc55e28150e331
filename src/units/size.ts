// Converts sizes such as 4G to bytes and back. Units are powers of 1024.
import bytes from 'bytes';
import { BabysitError } from '../core/errors.ts';

const SHAPE = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])i?)?b?$/i;
const SIZE_EXAMPLES = '512M, 4G, 1.5T, 4GiB; a bare number is bytes';

/** `"4G"` -> 4294967296. `what` names the flag or key in the error. Throws BabysitError usage. */
export function parseSize(text: string | number, what: string): number {
  const match = SHAPE.exec(String(text).trim());
  const value = match ? bytes.parse(`${match[1]}${match[2] ?? ''}b`) : null;
  if (value === null || !(value > 0)) throw bad(text, what, 'is not a size above zero');
  if (!Number.isSafeInteger(Math.round(value))) throw bad(text, what, 'is too large');
  return Math.max(1, Math.round(value));
}

/** 4294967296 -> `"4G"`, with at most two decimals, as parseSize accepts it. */
export function formatSize(valueBytes: number): string {
  const text = bytes.format(valueBytes, { unitSeparator: '', decimalPlaces: 2 });
  return text === null ? `${valueBytes}` : text.replace(/B$/, '') || '0';
}

function bad(text: string | number, what: string, why: string): BabysitError {
  return new BabysitError('usage', `${what}: "${text}" ${why}. Examples: ${SIZE_EXAMPLES}.`);
}
