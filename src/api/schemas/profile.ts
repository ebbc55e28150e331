// GET and POST /v1/profile.
import { z } from 'zod';
import { BabysitError } from '../../core/errors.ts';
import { isProfile, PROFILES, type ProfileName } from '../../core/host/profile.ts';
import { check } from './check.ts';

const name = z.enum(PROFILES);

const NEXT = z.strictObject({
  profile: name.describe('The profile.'),
  at: z.string().describe('When it becomes active.'),
});

const LIMITS = z.strictObject({
  profile: name.describe('Name of the profile.'),
  cpu_limit_cores: z.number().describe('Cores that all tasks together may reserve.'),
  total_cpu_max_cores: z
    .number()
    .nullable()
    .describe('CPU time of all tasks together (cpu.max of their parent group). Null: no limit.'),
  mem_limit_bytes: z.number().describe('Memory that all tasks together may use.'),
  cpu_weight: z
    .number()
    .describe('cpu.weight of all tasks together, and of each among the others. Other programs have 100.'),
  cpu_idle: z.boolean().describe('Tasks get only idle CPU time (cpu.idle).'),
  nice: z.number().describe('Niceness of a task.'),
  threads_max: z.number().describe('Largest thread pool suggested to a starting task.'),
  at: z.string().describe('Its cron expression, or `off`.'),
});

export const PROFILE_VIEW = z
  .strictObject({
    profile: name.describe('The active profile.'),
    by: z
      .enum(['start', 'hand', 'schedule'])
      .describe('What made it active: the setting `profile.start`, a user, or the schedule.'),
    since: z.string().describe('When it became active.'),
    next: NEXT.nullable().describe('The next switch. Null: none is scheduled.'),
    profiles: z.array(LIMITS).describe('The limits of every profile.'),
  })
  .meta({ id: 'Profile', description: 'The active profile, and the limits of all profiles.' });
export type ProfileView = z.output<typeof PROFILE_VIEW>;

export const SWITCH = z.strictObject({ profile: z.string() });

export function parseProfile(body: unknown): ProfileName {
  const { profile } = check(SWITCH, body ?? {});
  if (isProfile(profile)) return profile;
  throw new BabysitError('usage', `profile: "${profile}" is not one of ${PROFILES.join(', ')}`);
}
