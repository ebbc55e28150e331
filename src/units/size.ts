// Converts sizes such as 4G to bytes and back. Units are powers of 1024.
import bytes from 'bytes';
import { invalid } from './number.ts';

const SHAPE = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])i?)?b?$/i;
export const SIZE_EXAMPLES = '512M, 4G, 1.5T, 4GiB; a bare number is bytes';

/** `"4G"` -> 4294967296. `what` names the flag or key in the error. Throws BabysitError usage. */
export function parseSize(text: string | number, what: string): number {
  const match = SHAPE.exec(String(text).trim());
  const value = match ? bytes.parse(`${match[1]}${match[2] ?? ''}b`) : null;
  if (value === null || !(value > 0)) throw invalid(text, what, 'is not a size above zero', SIZE_EXAMPLES);
  if (!Number.isSafeInteger(Math.round(value))) throw invalid(text, what, 'is too large', SIZE_EXAMPLES);
  return Math.max(1, Math.round(value));
}

/** 4294967296 -> `"4G"`, with at most two decimals, as parseSize accepts it. */
export function formatSize(valueBytes: number): string {
  const text = bytes.format(valueBytes, { unitSeparator: '', decimalPlaces: 2 });
  return text === null ? `${valueBytes}` : text.replace(/B$/, '') || '0';
}

/** As `parseSize` reads it back without a difference: 4294967297 -> `"4294967297"`. */
export function exactSize(valueBytes: number): string {
  const text = formatSize(valueBytes);
  return parseSize(text, 'size') === valueBytes ? text : String(valueBytes);
}
