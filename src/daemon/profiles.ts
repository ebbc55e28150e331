// The profile in force: switched by hand or by schedule, for new and running tasks together, and kept over restarts.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createTask, validate } from 'node-cron';
import type { Logger } from 'pino';
import type { ProfileView } from '../api/schemas/profile.ts';
import type { Config } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import { isProfile, PROFILES, type ProfileName } from '../core/profile.ts';
import { type GroupRef, isActive, type Task } from '../core/task.ts';
import type { Capacity } from '../scheduler/snapshot.ts';
import type { Request } from './engine.ts';
import { lastDue, type Regime, recapped, regimeOf, type Scheduled } from './regime.ts';
import type { Stage } from './stage.ts';

export interface ProfilesDeps {
  readonly config: Config;
  readonly host: { readonly memTotalBytes: number; readonly cores: number };
  readonly clock: Clock;
  readonly log: Logger;
  /** Where the profile in force is kept. */
  readonly path: string;
  /** Told after the commit. */
  readonly switched: (regime: Regime) => void;
  readonly capTotalCpu: (cores: number | null, groups: Iterable<GroupRef>) => string | null;
}

/** The part of the engine a switch passes through. */
export interface Rounds {
  request(request: Request): void;
  readonly live: { active(): Iterable<Task> };
}

/** What put the profile into force, and when (epoch ms). */
export interface InForce {
  readonly profile: ProfileName;
  readonly by: 'start' | 'hand' | 'schedule';
  readonly at: number;
}

const MINUTE_MS = 60_000;
const CAP_AGAIN_MS = 1000;
/** Farther back no weekly schedule has anything new to say. */
const LOOK_BACK_MS = 8 * 24 * 60 * MINUTE_MS;

export class Profiles {
  readonly #deps: ProfilesDeps;
  readonly #regimes: Readonly<Record<ProfileName, Regime>>;
  readonly #schedule: readonly Scheduled[];
  /** As the last commit left it. */
  #inForce: InForce;
  /** Ahead of it within the round that switches. */
  #regime: Regime;
  #lookedMs: number;
  #timer: NodeJS.Timeout | null = null;
  #capAgain: NodeJS.Timeout | null = null;

  /** Throws on a bad cron expression. */
  constructor(deps: ProfilesDeps) {
    this.#deps = deps;
    const { config, host, clock, path } = deps;
    const regimes = PROFILES.map((name) => [name, regimeOf(name, config, host)] as const);
    this.#regimes = Object.fromEntries(regimes) as Record<ProfileName, Regime>;
    this.#schedule = scheduleOf(config);
    const nowMs = clock.now().wallMs;
    const kept = readKept(path);
    const due = lastDue(this.#schedule, Math.max(kept?.at ?? 0, nowMs - LOOK_BACK_MS), nowMs);
    this.#inForce =
      due === null
        ? (kept ?? { profile: config['profile.start'], by: 'start', at: nowMs })
        : { profile: due.profile, by: 'schedule', at: due.atMs };
    this.#regime = this.#regimes[this.#inForce.profile];
    this.#lookedMs = nowMs;
  }

  get regime(): Regime {
    return this.#regime;
  }

  get capacity(): Capacity {
    return this.#regime.capacity;
  }

  get inForce(): InForce {
    return this.#inForce;
  }

  get all(): readonly Regime[] {
    return Object.values(this.#regimes);
  }

  get schedule(): readonly Scheduled[] {
    return this.#schedule;
  }

  /** What is given to tasks under the profile that gives most: beyond it nothing can ever be met. */
  get largest(): Capacity {
    const all = this.all.map(({ capacity }) => capacity);
    return {
      ...this.#regime.capacity,
      memLimitBytes: Math.max(...all.map(({ memLimitBytes }) => memLimitBytes)),
      cpuLimitCores: Math.max(...all.map(({ cpuLimitCores }) => cpuLimitCores)),
    };
  }

  /** The caps of running tasks and the room for others change in one round; resolves once that is committed. */
  switchTo(profile: ProfileName, by: 'hand' | 'schedule', rounds: Rounds): Promise<InForce> {
    const { clock, log } = this.#deps;
    return new Promise((resolve, reject) =>
      rounds.request({
        apply: (stage) => {
          this.#regime = this.#regimes[profile];
          this.#recap(stage, rounds);
        },
        resolve: () => {
          this.#inForce = { profile, by, at: clock.now().wallMs };
          this.#deps.switched(this.#regimes[profile]);
          this.#capTotal(rounds);
          this.#keep();
          log.info({ profile, by }, 'profile switched');
          resolve(this.#inForce);
        },
        reject: (error) => {
          this.#regime = this.#regimes[this.#inForce.profile];
          this.#capTotal(rounds);
          reject(error);
        },
      }),
    );
  }

  /**
   * Switches as the schedule says: what fell due since the last look, also while the host slept. What was under way
   * when a commit failed is tried again a minute later.
   */
  async look(rounds: Rounds): Promise<void> {
    const nowMs = this.#deps.clock.now().wallMs;
    const due = lastDue(this.#schedule, Math.max(this.#lookedMs, nowMs - LOOK_BACK_MS), nowMs);
    // A clock that was set back makes times come again.
    const before = Math.min(this.#lookedMs, nowMs);
    this.#lookedMs = nowMs;
    if (due === null || due.profile === this.#inForce.profile) return;
    try {
      await this.switchTo(due.profile, 'schedule', rounds);
    } catch (error) {
      this.#lookedMs = before;
      this.#deps.log.error({ err: error, profile: due.profile }, 'profile could not be switched');
    }
  }

  /** Brings adopted attempts to the profile in force, then looks every full minute. Without a schedule no timer runs. */
  start(rounds: Rounds): void {
    rounds.request({
      apply: (stage) => this.#recap(stage, rounds),
      resolve: () => this.#capTotal(rounds),
      reject: (error) => {
        this.#capTotal(rounds);
        this.#deps.log.error({ err: error }, 'caps could not be brought to the profile');
      },
    });
    if (this.#schedule.length > 0) this.#arm(rounds);
  }

  stop(): void {
    for (const timer of [this.#timer, this.#capAgain]) if (timer !== null) clearTimeout(timer);
  }

  #recap(stage: Stage, rounds: Rounds): void {
    // The caps of the tasks must find room below that of all, whether they rise or fall.
    this.#deps.capTotalCpu(null, groupsOf(rounds));
    recapAll(stage, rounds.live.active(), this.#regime);
  }

  /** v1 counts the cap of a group that has been removed for some 20 ms more: what is refused is tried again. */
  #capTotal(rounds: Rounds, isAgain = false): void {
    if (this.#capAgain !== null) clearTimeout(this.#capAgain);
    this.#capAgain = null;
    const { totalCpuCores } = this.#regime;
    const refused = this.#deps.capTotalCpu(totalCpuCores, groupsOf(rounds));
    if (refused === null) return;
    if (refused === 'EINVAL') this.#capAgain = setTimeout(() => this.#capTotal(rounds, true), CAP_AGAIN_MS);
    if (!isAgain)
      this.#deps.log.warn({ errno: refused, totalCpuCores }, 'the CPU of all tasks together is not capped');
  }

  #arm(rounds: Rounds): void {
    this.#timer = setTimeout(
      () => {
        void this.look(rounds);
        this.#arm(rounds);
      },
      MINUTE_MS - (this.#deps.clock.now().wallMs % MINUTE_MS),
    );
  }

  #keep(): void {
    const { path, log } = this.#deps;
    try {
      writeFileSync(`${path}.new`, `${JSON.stringify(this.#inForce)}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      log.error({ err: error }, 'the profile in force could not be kept');
    }
  }
}

export function profileView({ inForce, all, schedule }: Profiles): ProfileView {
  const next = schedule
    .flatMap((scheduled) => {
      const at = scheduled.next();
      return at === null ? [] : [{ profile: scheduled.profile, at: at.toISOString() }];
    })
    .sort((a, b) => a.at.localeCompare(b.at))[0];
  return {
    profile: inForce.profile,
    by: inForce.by,
    since: new Date(inForce.at).toISOString(),
    next: next ?? null,
    profiles: all.map(({ profile, capacity, envelopeRules, threadsMax, totalCpuCores }) => ({
      profile,
      cpu_limit_cores: capacity.cpuLimitCores,
      total_cpu_max_cores: totalCpuCores,
      mem_limit_bytes: capacity.memLimitBytes,
      cpu_weight: envelopeRules.cpuWeight,
      cpu_idle: envelopeRules.cpuIdle,
      nice: envelopeRules.nice,
      threads_max: threadsMax,
      at: schedule.find((scheduled) => scheduled.profile === profile)?.cron ?? 'off',
    })),
  };
}

function groupsOf({ live }: Rounds): GroupRef[] {
  return [...live.active()].flatMap(({ state }) => (isActive(state) ? [state.attempt.group] : []));
}

function recapAll(stage: Stage, active: Iterable<Task>, regime: Regime): void {
  for (const task of [...active])
    if (isActive(task.state))
      stage.change(task.id, {
        kind: 'recap',
        profile: regime.profile,
        envelope: recapped(task, task.state, regime),
      });
}

function scheduleOf(config: Config): Scheduled[] {
  return (['day', 'night'] as const).flatMap((profile) => {
    const cron = config[`profile.${profile}.at`];
    if (cron === 'off') return [];
    if (!validate(cron))
      throw new Error(`profile.${profile}.at: "${cron}" is no cron expression (example: 0 8 * * 1-5)`);
    // Only asked whether a minute matches; it never runs by itself.
    const task = createTask(cron, () => {});
    return [
      { profile, cron, matches: (minute) => task.match(minute), next: () => task.getNextRuns(1)[0] ?? null },
    ];
  });
}

/** Null: nothing was kept, or nothing that can be read. */
function readKept(path: string): InForce | null {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<InForce>;
    return isProfile(kept.profile) && typeof kept.at === 'number'
      ? { profile: kept.profile, by: kept.by ?? 'hand', at: kept.at }
      : null;
  } catch {
    return null;
  }
}
