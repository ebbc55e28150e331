// The settings of a profile: capacity, CPU limits, niceness and thread limits.
import type { CpuShare } from '../../cgroups/driver-module.ts';
import type { Config } from '../../config/settings.ts';
import { boundEstimate } from '../../core/estimate.ts';
import type { ProfileName } from '../../core/host/profile.ts';
import type { ActiveState, Envelope, Task } from '../../core/task.ts';
import { type EnvelopeRules, envelope } from '../../scheduler/envelope.ts';
import type { Capacity } from '../../scheduler/snapshot.ts';
import { capacityOf, envelopeRules } from '../rules.ts';

export interface ProfileSettings {
  readonly profile: ProfileName;
  readonly capacity: Capacity;
  readonly envelopeRules: EnvelopeRules;
  /** The largest thread-pool size given to a starting task. */
  readonly threadsMax: number;
  readonly cpuShare: CpuShare;
}

export interface HostSize {
  readonly memTotalBytes: number;
  readonly cores: number;
  /** Of the groups around the daemon: a higher limit of a task would never be reached. */
  readonly pidsMax: number;
  /** As many tasks as the daemon can open files for. */
  readonly maxRunning: number;
}

export function profileSettings(profile: ProfileName, config: Config, host: HostSize): ProfileSettings {
  const own = settingsOf(profile, config);
  const settings: Config = { ...config, ...own };
  const capacity = capacityOf(settings, host);
  const { cores, cpuShareCores } = capacity;
  const maxRunning = Math.min(capacity.maxRunning, host.maxRunning);
  // The profile `normal` reserves whole cores: only the parent group's limit keeps the host's share free.
  const cpuLimitCores = profile === 'normal' ? cores : cpuShareCores;
  const cpuIdle = profile === 'day' && config['profile.day.cpu_idle'] === 'on';
  const weight = settings['envelope.cpu_weight'];
  const rules = envelopeRules(settings, host.memTotalBytes);
  return {
    profile,
    capacity: { ...capacity, maxRunning, cpuLimitCores },
    envelopeRules: { ...rules, pidsMax: Math.min(rules.pidsMax, host.pidsMax), cpuIdle },
    threadsMax: Math.max(1, Math.floor(Math.min(cpuLimitCores, threadsOf(profile, config)))),
    cpuShare: { maxCores: cpuShareCores < cores ? cpuShareCores : null, weight, isIdle: cpuIdle },
  };
}

function threadsOf(profile: ProfileName, config: Config): number {
  return (profile === 'day' ? config['profile.day.threads'] : null) ?? Number.POSITIVE_INFINITY;
}

/** The settings that a profile overrides. */
function settingsOf(profile: ProfileName, config: Config): Partial<Config> {
  switch (profile) {
    case 'normal':
      return {};
    case 'day':
    case 'night':
      return {
        'admission.max_babysit_cpu_pct': config[`profile.${profile}.cpu_pct`],
        'admission.max_sys_mem_pct': config[`profile.${profile}.mem_pct`],
        'envelope.cpu_weight': config[`profile.${profile}.cpu_weight`],
        'envelope.nice': config[`profile.${profile}.nice`],
      };
  }
}

/** A profile changes the CPU limits of a running attempt, never memory: a lower memory limit could kill it. */
export function envelopeUnder(task: Task, { attempt }: ActiveState, settings: ProfileSettings): Envelope {
  const { cpuMaxCores, cpuWeight, cpuIdle, nice } = envelope(
    boundEstimate(task),
    task.limits,
    settings.capacity,
    settings.envelopeRules,
    task.execOptions,
  );
  return { ...attempt.envelope, cpuMaxCores, cpuWeight, cpuIdle, nice };
}

/** The schedule of one profile. */
export interface Scheduled {
  readonly profile: ProfileName;
  /** The cron expression from the config. */
  readonly cron: string;
  /** Whether the profile is due at this full minute. */
  matches(minute: Date): boolean;
  /** The next time it is due; null if never. */
  next(): Date | null;
}

const MINUTE_MS = 60_000;

/** The profile that was due last in (fromMs, toMs], checked minute by minute; null if none was. */
export function lastDue(
  schedule: readonly Pick<Scheduled, 'profile' | 'matches'>[],
  fromMs: number,
  toMs: number,
): { readonly profile: ProfileName; readonly atMs: number } | null {
  for (let atMs = Math.floor(toMs / MINUTE_MS) * MINUTE_MS; atMs > fromMs; atMs -= MINUTE_MS) {
    const due = schedule.find(({ matches }) => matches(new Date(atMs)));
    if (due !== undefined) return { profile: due.profile, atMs };
  }
  return null;
}
