// The kinds of values that settings have: how each is read, checked and described.
import { z } from 'zod';
import { parseDuration, parseDurationOrOff } from '../units/duration.ts';
import { parseCores, parseCount, parsePercent } from '../units/number.ts';
import { parseSize } from '../units/size.ts';

/** A schema whose messages name the key of the setting. */
type SchemaOf<S extends z.ZodType> = (key: string) => S;

/** `takesEffect`: when the daemon takes a changed value over. */
export function setting<S extends z.ZodType>(
  schema: SchemaOf<S>,
  fallback: z.input<S>,
  help: string,
  takesEffect: 'now' | 'after_restart' = 'now',
) {
  return { schema, fallback, help, takesEffect };
}

const text = z.union([z.string(), z.number()]);
/** `type` describes the values in the reference. */
const parsed =
  <T>(parse: (value: string | number, key: string) => T, type: string) =>
  (key: string) =>
    text.transform((value) => parse(value, key)).describe(type);
export const duration = parsed(parseDuration, 'duration');
export const durationOrOff = parsed(parseDurationOrOff, 'duration or 0');
export const size = parsed(parseSize, 'size');
export const percent = parsed(parsePercent, 'percent');
export const cores = parsed(parseCores, 'cores');
export const count = (min: number, max: number) =>
  parsed((value, key) => parseCount(value, key, min, max), `${min} to ${max}`);
export const countOrAuto = (min: number, max: number) => (key: string) =>
  z
    .union([z.literal('auto').transform(() => null), count(min, max)(key)])
    .describe(`${min} to ${max}, or auto`);
export const choice =
  <const T extends readonly [string, ...string[]]>(...values: T) =>
  () =>
    z.enum(values).describe(values.join(', '));
export const flag = () =>
  z
    .union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')])
    .describe('true, false');
export const sizeOrAuto = (key: string) =>
  z.union([z.literal('auto').transform(() => null), size(key)]).describe('size or auto');

/** The time of a setTimeout, which is limited to 24 days. */
const DAY_MS = 86_400_000;
export const timer = (key: string) =>
  duration(key)
    .refine((value) => value <= DAY_MS, `${key}: the limit is 1d`)
    .describe('duration, at most 1d');
/** A packed part stores its length in 32 bits, and a part with long lines may be four times as long as the limit. */
const LOG_MAX_BYTES = 512 * 1024 ** 2;
export const logSize = (key: string) =>
  size(key)
    .refine((value) => value <= LOG_MAX_BYTES, `${key}: the limit is 512M`)
    .describe('size, at most 512M');
/** Checks the shape only; the scheduler of the job parses the fields. */
export const cron = (key: string) =>
  z
    .string()
    .refine(
      (value) => value === 'off' || /^\S+( +\S+){4}$/.test(value),
      `${key}: must be five cron fields, such as "17 4 * * *", or off`,
    )
    .describe('cron expression or off');
/** Without their last slash. */
export const paths = (key: string) =>
  z
    .string()
    .transform((text) => (text === 'none' ? [] : text.split(/\s+/).filter((path) => path !== '')))
    .refine(
      (found) => found.every((path) => path.startsWith('/')),
      `${key}: must be absolute paths, separated by spaces, or none`,
    )
    .transform((found) => found.map((path) => path.replace(/\/+$/, '')))
    .describe('absolute paths, separated by spaces, or none');
