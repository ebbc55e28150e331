// Parses numbers: cores, percentages, counts.
import { BabysitError } from '../core/errors.ts';

const DECIMAL = /^(\d+(?:\.\d+)?|\.\d+)$/;
const SIGN = /^[+-](?=[\d.])/;

/** `"1.5"` -> 1.5 cores. Throws BabysitError usage. */
export function parseCores(text: string | number, what: string): number {
  const value = toNumber(text);
  if (!(value >= 0.01 && value <= 4096))
    throw invalid(text, what, 'is not a number of cores from 0.01 to 4096', '0.5, 1, 4');
  return value;
}

/** Rounds to 0.001 cores, the resolution of a measurement: 3 x 0.2 prints as 0.6. Null without a value. */
export function roundCores(cores: number): number;
export function roundCores(cores: number | null | undefined): number | null;
export function roundCores(cores: number | null | undefined): number | null {
  return cores == null ? null : Math.round(cores * 1000) / 1000;
}

/** `"40"` or `"40%"` -> 40. Throws BabysitError usage. */
export function parsePercent(text: string | number, what: string): number {
  const value = toNumber(String(text).trim().replace(/%$/, ''));
  if (!(value > 0 && value <= 100))
    throw invalid(text, what, 'is not a percentage above 0 and up to 100', '40, 90');
  return value;
}

/** Parses a whole number in an inclusive range. Throws BabysitError usage. */
export function parseCount(text: string | number, what: string, min: number, max: number): number {
  const trimmed = String(text).trim();
  const size = toNumber(trimmed.replace(SIGN, ''));
  const value = trimmed.startsWith('-') && size !== 0 ? -size : size;
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(
      text,
      what,
      `is not a whole number from ${min} to ${max}`,
      min < 0 ? `${Math.min(max, 10)}, ${Math.max(min, -5)}` : `${min}, ${Math.min(max, min + 9)}`,
    );
  return value;
}

function toNumber(text: string | number): number {
  const trimmed = String(text).trim();
  return DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN;
}

/** The error of a value that the parsers of this room refuse. */
export function invalid(text: string | number, what: string, why: string, examples: string): BabysitError {
  return new BabysitError('usage', `${what}: "${text}" ${why}. Examples: ${examples}.`);
}
