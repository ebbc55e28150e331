// The active profile: switched by hand or by schedule, applied to new and running tasks, and kept across restarts.
import { createTask, validate } from 'node-cron';
import type { Logger } from 'pino';
import type { ShareCpu } from '../../cgroups/driver-module.ts';
import type { Config } from '../../config/settings.ts';
import type { Clock } from '../../core/clock.ts';
import { traitsOf } from '../../core/engine-traits.ts';
import { isProfile, PROFILES, type ProfileName } from '../../core/host/profile.ts';
import { type GroupRef, isActive, type Task } from '../../core/task.ts';
import { readRegular, replaceFile } from '../../files/regular-file.ts';
import type { Capacity, OtherProfile } from '../../scheduler/snapshot.ts';
import type { Request, UnitOfWork } from '../unit-of-work.ts';
import {
  envelopeUnder,
  type HostSize,
  lastDue,
  type ProfileSettings,
  profileSettings,
  type Scheduled,
} from './profile-settings.ts';

export interface ProfilesDeps {
  readonly config: Config;
  readonly host: HostSize;
  readonly clock: Clock;
  readonly log: Logger;
  /** File that keeps the active profile. */
  readonly path: string;
  /** Called after the commit. */
  readonly switched: (settings: ProfileSettings) => void;
  readonly shareCpu: ShareCpu;
}

/** The part of the engine that a switch needs. */
export interface Rounds {
  request(request: Request): void;
  readonly live: { active(): Iterable<Task> };
}

/** `by`: what activated the profile. `at`: when (epoch ms). */
export interface ActiveProfile {
  readonly profile: ProfileName;
  readonly by: 'start' | 'hand' | 'schedule';
  readonly at: number;
}

const MINUTE_MS = 60_000;
const SHARE_RETRY_MS = 1000;
/** Covers every weekly schedule. */
const LOOK_BACK_MS = 8 * 24 * 60 * MINUTE_MS;

export class Profiles {
  readonly #deps: ProfilesDeps;
  #settingsByProfile: Readonly<Record<ProfileName, ProfileSettings>>;
  #schedule: readonly Scheduled[];
  /** The profile of the last commit. */
  #active: ActiveProfile;
  /** The settings in use. During the round of a switch they are those of the new profile. */
  #settings: ProfileSettings;
  #checkedMs: number;
  #timer: NodeJS.Timeout | null = null;
  #shareRetry: NodeJS.Timeout | null = null;

  /** Throws on a bad cron expression. */
  constructor(deps: ProfilesDeps) {
    this.#deps = deps;
    const { config, clock, path } = deps;
    this.#settingsByProfile = settingsByProfile(deps);
    this.#schedule = scheduleOf(config);
    const nowMs = clock.now().wallMs;
    const saved = readSaved(path);
    const due = lastDue(this.#schedule, Math.max(saved?.at ?? 0, nowMs - LOOK_BACK_MS), nowMs);
    this.#active =
      due === null
        ? (saved ?? { profile: config['profile.start'], by: 'start', at: nowMs })
        : { profile: due.profile, by: 'schedule', at: due.atMs };
    this.#settings = this.#settingsByProfile[this.#active.profile];
    this.#checkedMs = nowMs;
  }

  get settings(): ProfileSettings {
    return this.#settings;
  }

  get capacity(): Capacity {
    return this.#settings.capacity;
  }

  get active(): ActiveProfile {
    return this.#active;
  }

  get all(): readonly ProfileSettings[] {
    return Object.values(this.#settingsByProfile);
  }

  get schedule(): readonly Scheduled[] {
    return this.#schedule;
  }

  /** The largest capacity of any profile. A request beyond it can never be met. */
  get largest(): Capacity {
    const all = this.all.map(({ capacity }) => capacity);
    return {
      ...this.#settings.capacity,
      memLimitBytes: Math.max(...all.map(({ memLimitBytes }) => memLimitBytes)),
      cpuLimitCores: Math.max(...all.map(({ cpuLimitCores }) => cpuLimitCores)),
      cpuShareCores: this.#settingsByProfile.normal.capacity.cpuShareCores,
    };
  }

  /** The profiles that are not active, those that the schedule starts soonest first. */
  others(): OtherProfile[] {
    return this.all
      .filter(({ profile }) => profile !== this.#settings.profile)
      .map(({ profile, capacity }) => ({ profile, capacity, atMs: this.#nextMs(profile) }))
      .sort((a, b) => (a.atMs ?? Number.POSITIVE_INFINITY) - (b.atMs ?? Number.POSITIVE_INFINITY) || 0);
  }

  #nextMs(profile: ProfileName): number | null {
    const scheduled = this.#schedule.find((one) => one.profile === profile);
    return scheduled?.next()?.getTime() ?? null;
  }

  /** Changes the limits of running tasks and the capacity in one round. Resolves after its commit. */
  switchTo(profile: ProfileName, by: 'hand' | 'schedule', rounds: Rounds): Promise<ActiveProfile> {
    const { clock, log } = this.#deps;
    return new Promise((resolve, reject) =>
      rounds.request({
        apply: (work) => {
          this.#settings = this.#settingsByProfile[profile];
          this.#applySettings(work, rounds);
        },
        resolve: () => {
          this.#active = { profile, by, at: clock.now().wallMs };
          this.#deps.switched(this.#settingsByProfile[profile]);
          this.#share(rounds);
          this.#save();
          log.info({ profile, by }, 'profile switched');
          resolve(this.#active);
        },
        reject: (error) => {
          this.#settings = this.#settingsByProfile[this.#active.profile];
          this.#share(rounds);
          reject(error);
        },
      }),
    );
  }

  /** Switches to the profile that was due last since the last check. A failed switch is retried a minute later. */
  async followSchedule(rounds: Rounds): Promise<void> {
    const nowMs = this.#deps.clock.now().wallMs;
    const due = lastDue(this.#schedule, Math.max(this.#checkedMs, nowMs - LOOK_BACK_MS), nowMs);
    // The clock may have been set back.
    const before = Math.min(this.#checkedMs, nowMs);
    this.#checkedMs = nowMs;
    if (due === null || due.profile === this.#active.profile) return;
    try {
      await this.switchTo(due.profile, 'schedule', rounds);
    } catch (error) {
      this.#checkedMs = before;
      this.#deps.log.error({ err: error, profile: due.profile }, 'profile not switched');
    }
  }

  /** Applies the active profile to adopted attempts, then checks the schedule every full minute, if there is one. */
  start(rounds: Rounds): void {
    rounds.request({
      apply: (work) => this.#applySettings(work, rounds),
      resolve: () => this.#share(rounds),
      reject: (error) => {
        this.#share(rounds);
        this.#deps.log.error({ err: error }, 'profile not applied to adopted attempts');
      },
    });
    if (this.#schedule.length > 0) this.#arm(rounds);
  }

  /** Call when settings have changed: applies them, also to running tasks. */
  reload(rounds: Rounds): void {
    this.#settingsByProfile = settingsByProfile(this.#deps);
    this.#schedule = scheduleOf(this.#deps.config);
    this.#settings = this.#settingsByProfile[this.#active.profile];
    this.#deps.switched(this.#settings);
    this.stop();
    this.start(rounds);
  }

  stop(): void {
    for (const timer of [this.#timer, this.#shareRetry]) if (timer !== null) clearTimeout(timer);
  }

  #applySettings(work: UnitOfWork, rounds: Rounds): void {
    // Lift the common limit first: the limits of the tasks must fit below it.
    this.#deps.shareCpu({ ...this.#settings.cpuShare, maxCores: null }, groupsOf(rounds));
    for (const task of [...rounds.live.active()]) {
      if (!isActive(task.state) || !traitsOf(task).usesHost) continue;
      const envelope = envelopeUnder(task, task.state, this.#settings);
      work.change(task.id, { kind: 'apply_profile', profile: this.#settings.profile, envelope });
    }
  }

  /** v1 counts the limit of a removed group for about 20 ms more and answers EINVAL: retry. */
  #share(rounds: Rounds, isRetry = false): void {
    if (this.#shareRetry !== null) clearTimeout(this.#shareRetry);
    this.#shareRetry = null;
    const { cpuShare } = this.#settings;
    const refused = this.#deps.shareCpu(cpuShare, groupsOf(rounds));
    if (refused === null) return;
    if (refused === 'EINVAL') this.#shareRetry = setTimeout(() => this.#share(rounds, true), SHARE_RETRY_MS);
    if (!isRetry) this.#deps.log.warn({ errno: refused, ...cpuShare }, 'CPU share of all tasks not written');
  }

  #arm(rounds: Rounds): void {
    this.#timer = setTimeout(
      () => {
        void this.followSchedule(rounds);
        this.#arm(rounds);
      },
      MINUTE_MS - (this.#deps.clock.now().wallMs % MINUTE_MS),
    );
  }

  #save(): void {
    const { path, log } = this.#deps;
    try {
      replaceFile(path, `${JSON.stringify(this.#active)}\n`);
    } catch (error) {
      log.error({ err: error }, 'active profile not saved');
    }
  }
}

function groupsOf({ live }: Rounds): GroupRef[] {
  return [...live.active()].flatMap((task) =>
    isActive(task.state) && traitsOf(task).usesHost ? [task.state.attempt.group] : [],
  );
}

function settingsByProfile({
  config,
  host,
}: Pick<ProfilesDeps, 'config' | 'host'>): Record<ProfileName, ProfileSettings> {
  const settings = PROFILES.map((name) => [name, profileSettings(name, config, host)] as const);
  return Object.fromEntries(settings) as Record<ProfileName, ProfileSettings>;
}

function scheduleOf(config: Config): Scheduled[] {
  return (['day', 'night'] as const).flatMap((profile) => {
    const cron = config[`profile.${profile}.at`];
    if (cron === 'off') return [];
    if (!validate(cron))
      throw new Error(`profile.${profile}.at: invalid cron expression "${cron}" (example: 0 8 * * 1-5)`);
    // Used only to match minutes; it is never started.
    const task = createTask(cron, () => {});
    return [
      { profile, cron, matches: (minute) => task.match(minute), next: () => task.getNextRuns(1)[0] ?? null },
    ];
  });
}

/** Returns null when the file is absent or unreadable. */
function readSaved(path: string): ActiveProfile | null {
  try {
    const saved = JSON.parse(readRegular(path, 'utf8')) as Partial<ActiveProfile>;
    return isProfile(saved.profile) && typeof saved.at === 'number'
      ? { profile: saved.profile, by: saved.by ?? 'hand', at: saved.at }
      : null;
  } catch {
    return null;
  }
}
