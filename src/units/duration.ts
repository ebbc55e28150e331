// Converts durations such as 1h30m to milliseconds and back.
import ms, { type StringValue } from 'ms';
import { invalid } from './number.ts';

const PART = /(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h|d|w)/gi;
const PARTS = /^((\d+(\.\d+)?|\.\d+)\s*(ms|s|m|h|d|w)\s*)+$/i;
const PLAIN = /^(\d+(\.\d+)?|\.\d+)$/;
const MAX_MS = ms('3650d');
export const DURATION_EXAMPLES = '90s, 10m, 2h, 1d, 1.5h, 1h30m; a bare number is seconds';

/** `"90s"` -> 90000. `what` names the flag or key in the error. Throws BabysitError usage. */
export function parseDuration(text: string | number, what: string): number {
  const value = toMs(String(text).trim());
  if (!(value > 0)) throw invalid(text, what, 'is not a duration above zero', DURATION_EXAMPLES);
  if (value > MAX_MS) throw invalid(text, what, 'is longer than ten years', DURATION_EXAMPLES);
  return Math.max(1, Math.round(value));
}

/** Returns NaN for an invalid duration. */
function toMs(text: string): number {
  if (PLAIN.test(text)) return ms(`${text}s` as StringValue);
  if (!PARTS.test(text)) return Number.NaN;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(PART)) sum += ms(`${amount}${unit}` as StringValue);
  return sum;
}

/** Like parseDuration, but accepts `0` and `0s` as off. */
export function parseDurationOrOff(text: string | number, what: string): number {
  return /^0+(\.0+)?\s*(ms|s|m|h|d|w)?$/i.test(String(text).trim()) ? 0 : parseDuration(text, what);
}

/** 90000 -> `"1m30s"`: at most two units. */
export function formatDuration(valueMs: number): string {
  if (Math.round(valueMs) < 1000) return `${Math.round(valueMs)}ms`;
  if (valueMs < 10_000) return `${Math.round(valueMs / 100) / 10}s`;
  let rest = Math.round(valueMs / 1000);
  const parts: string[] = [];
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const n = Math.floor(rest / seconds);
    rest -= n * seconds;
    if (n > 0) parts.push(`${n}${unit}`);
  }
  return parts.slice(0, 2).join('');
}

/** As `parseDuration` reads it back without a difference: 90001 -> `"90001ms"`. */
export function exactDuration(valueMs: number): string {
  const text = formatDuration(valueMs);
  return parseDuration(text, 'duration') === valueMs ? text : `${valueMs}ms`;
}
