// The active profile, all profiles, and the next scheduled switch.
import type { ProfileView } from '../api/schemas/profile.ts';
import type { Profiles } from '../engine/profiles/profiles.ts';

export function profileView({ active, all, schedule }: Profiles): ProfileView {
  const next = schedule
    .flatMap((scheduled) => {
      const at = scheduled.next();
      return at === null ? [] : [{ profile: scheduled.profile, at: at.toISOString() }];
    })
    .sort((a, b) => a.at.localeCompare(b.at))[0];
  return {
    profile: active.profile,
    by: active.by,
    since: new Date(active.at).toISOString(),
    next: next ?? null,
    profiles: all.map(({ profile, capacity, envelopeRules, threadsMax, cpuShare }) => ({
      profile,
      cpu_limit_cores: capacity.cpuLimitCores,
      total_cpu_max_cores: cpuShare.maxCores,
      mem_limit_bytes: capacity.memLimitBytes,
      cpu_weight: envelopeRules.cpuWeight,
      cpu_idle: envelopeRules.cpuIdle,
      nice: envelopeRules.nice,
      threads_max: threadsMax,
      at: schedule.find((scheduled) => scheduled.profile === profile)?.cron ?? 'off',
    })),
  };
}
