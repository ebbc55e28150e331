// GET /v1/ping, /v1/doctor, /v1/config and POST /v1/daemon/stop.
import { z } from 'zod';
import { check } from './check.ts';

const text = z.string();

export const PING = z.strictObject({
  ok: z.literal(true),
  pid: z.number(),
  version: text,
  instance: text.describe('changes with every start of a daemon'),
});
export type PingView = z.output<typeof PING>;

export const DOCTOR = z.strictObject({
  ok: z.boolean(),
  driver: text,
  checks: z.array(
    z.strictObject({
      what: text,
      ok: z.boolean(),
      reason: text,
      fix: text.nullable().describe('what to do about a check that is not ok'),
    }),
  ),
});
export type DoctorView = z.output<typeof DOCTOR>;

export const CONFIG = z
  .strictObject({
    home: text,
    values: z.array(
      z.strictObject({
        key: text,
        value: z.unknown(),
        source: z.enum(['default', 'file', 'env']),
        help: text,
      }),
    ),
  })
  .describe('Every setting with its value and where the value comes from.');
export type ConfigView = z.output<typeof CONFIG>;

/** The answer of orders that have nothing to show. */
export const OK = z.strictObject({ ok: z.literal(true) });

const STOP = z.strictObject({ kill_tasks: z.boolean().optional() });

/** Returns true if the tasks end with the daemon. */
export function parseStop(body: unknown): boolean {
  return check(STOP, body ?? {}).kill_tasks ?? false;
}
