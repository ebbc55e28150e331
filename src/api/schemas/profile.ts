// GET and POST /v1/profile.
import { z } from 'zod';
import { BabysitError } from '../../core/errors.ts';
import { isProfile, PROFILES, type ProfileName } from '../../core/profile.ts';
import { check } from './check.ts';

const name = z.enum(PROFILES);

export const PROFILE_VIEW = z.strictObject({
  profile: name,
  by: z.enum(['start', 'hand', 'schedule']),
  since: z.string(),
  next: z.strictObject({ profile: name, at: z.string() }).nullable().describe('null: nothing is scheduled'),
  profiles: z
    .array(
      z.strictObject({
        profile: name,
        cpu_limit_cores: z.number(),
        total_cpu_max_cores: z
          .number()
          .nullable()
          .describe('cap of all tasks together; null: only their own caps'),
        mem_limit_bytes: z.number(),
        cpu_weight: z.number(),
        cpu_idle: z.boolean(),
        nice: z.number(),
        threads_max: z.number(),
        at: z.string().describe('cron expression, or off'),
      }),
    )
    .describe('settings of every profile, the one in force included'),
});
export type ProfileView = z.output<typeof PROFILE_VIEW>;

const SWITCH = z.strictObject({ profile: z.string() });

export function parseProfile(body: unknown): ProfileName {
  const { profile } = check(SWITCH, body ?? {});
  if (isProfile(profile)) return profile;
  throw new BabysitError('usage', `profile: "${profile}" is not one of ${PROFILES.join(', ')}`);
}
