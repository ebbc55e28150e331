// GET /v1/ping, /v1/doctor, /v1/config and POST /v1/daemon/stop.
import { z } from 'zod';
import { check } from './check.ts';

const text = z.string();

export const PING = z
  .strictObject({
    ok: z.literal(true).describe('Always true.'),
    pid: z.number().describe('Process id of the daemon.'),
    version: text.describe('Version of the daemon.'),
    instance: text.describe('Changes with every start of the daemon.'),
  })
  .meta({ id: 'Ping', description: 'The daemon answers.' });
export type PingView = z.output<typeof PING>;

export const NOTICE = z.strictObject({
  what: text.describe('What it is about.'),
  reason: text.describe('What was found.'),
  fix: text.describe('What to do.'),
});
export type NoticeView = z.output<typeof NOTICE>;

const CHECK = z.strictObject({
  what: text.describe('What was checked.'),
  ok: z.boolean().describe('Whether the check passed.'),
  reason: text.describe('What was found.'),
  fix: text.nullable().describe('What to do about a check that failed.'),
});

export const DOCTOR = z
  .strictObject({
    ok: z.boolean().describe('A driver is in use and memory limits are enforced.'),
    driver: text.describe('The driver in use.'),
    checks: z.array(CHECK).describe('The checks.'),
  })
  .meta({ id: 'Doctor', description: 'What babysit can enforce on this host.' });
export type DoctorView = z.output<typeof DOCTOR>;

const SETTING = z.strictObject({
  key: text.describe('Name of the [setting](settings.md).'),
  value: z.unknown().describe('Its value, as written in its source.'),
  source: z.enum(['default', 'file', 'env']).describe('The default, config.json, or the environment.'),
  values: text.describe('Which values it takes: a type such as `duration`, a range, or its choices.'),
  help: text.describe('What it means.'),
});

export const CONFIG = z
  .strictObject({
    home: text.describe('State directory, BABYSIT_HOME.'),
    values: z.array(SETTING).describe('The settings.'),
  })
  .meta({ id: 'Config', description: 'Every setting with its value and the source of the value.' });
export type ConfigView = z.output<typeof CONFIG>;

export const CONFIG_SET = z.strictObject({
  key: text.describe('Name of the setting.'),
  value: z
    .union([text, z.number(), z.boolean(), z.null()])
    .describe('The new value; null: the default again.'),
});
export type ConfigSetBody = z.output<typeof CONFIG_SET>;

export const CONFIG_CHANGE = z
  .strictObject({
    key: text.describe('Name of the [setting](settings.md).'),
    value: z.unknown().describe('Its value, as written in its source.'),
    source: z.enum(['default', 'file', 'env']).describe('The default, config.json, or the environment.'),
    takes_effect: z
      .enum(['now', 'after_restart', 'environment'])
      .describe(
        'Whether the daemon has taken the value over, needs a restart, or has another value in its environment.',
      ),
    hint: text.optional().describe('What is left to do.'),
  })
  .meta({ id: 'ConfigChange', description: 'A setting that was changed in config.json.' });
export type ConfigChangeView = z.output<typeof CONFIG_CHANGE>;

/** Throws BabysitError usage. */
export function parseConfigSet(body: unknown): ConfigSetBody {
  return check(CONFIG_SET, body);
}

export const OK = z
  .strictObject({ ok: z.literal(true).describe('Always true.') })
  .meta({ id: 'Ok', description: 'The daemon accepted the request, which has no other result.' });

export const STOP = z.strictObject({ kill_tasks: z.boolean().optional() });

/** Returns true if the tasks end with the daemon. */
export function parseStop(body: unknown): boolean {
  return check(STOP, body ?? {}).kill_tasks ?? false;
}
