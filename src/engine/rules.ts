// Derives the rules of scheduler and watchdog from the config and the size of the host.
import type { Config } from '../config/settings.ts';
import type { EnvelopeRules } from '../scheduler/envelope.ts';
import type { Policy } from '../scheduler/pass.ts';
import type { Capacity } from '../scheduler/snapshot.ts';
import type { WatchRules } from '../watchdog/judge.ts';
import type { PressureRules } from '../watchdog/shortage.ts';
import type { ThrottleRules } from '../watchdog/throttle.ts';

const GIB = 1024 ** 3;

export function memReserveBytes(config: Config, memTotalBytes: number): number {
  return config['admission.memory_reserve'] ?? Math.min(24 * GIB, 0.25 * memTotalBytes);
}

export function capacityOf(config: Config, host: { memTotalBytes: number; cores: number }): Capacity {
  const { memTotalBytes, cores } = host;
  const byPercent = (memTotalBytes * config['admission.max_sys_mem_pct']) / 100;
  return {
    memTotalBytes,
    memLimitBytes: Math.max(
      0,
      Math.floor(Math.min(byPercent, memTotalBytes - memReserveBytes(config, memTotalBytes))),
    ),
    cores,
    cpuLimitCores: cores,
    cpuShareCores: (cores * config['admission.max_babysit_cpu_pct']) / 100,
    maxRunning: config['admission.max_running'],
    maxPending: config['admission.max_pending'],
  };
}

/** What the daemon and its clients use of a limit, and each running task: log, group, two processes. */
const USES = {
  'open files': { own: 64, task: 12 },
  // Threads count.
  processes: { own: 20, task: 4 },
} as const;

/** A limit of the daemon that allows fewer tasks than `admission.max_running`. */
export interface RunningBudget {
  readonly what: keyof typeof USES;
  readonly limit: number;
  readonly maxRunning: number;
}

/** The limit that allows the fewest tasks; null when all allow `maxRunning`. Infinity is unlimited. */
export function runningBudget(
  limits: Readonly<Record<keyof typeof USES, number>>,
  maxRunning: number,
): RunningBudget | null {
  let least: RunningBudget | null = null;
  for (const what of ['open files', 'processes'] as const) {
    const { own, task } = USES[what];
    const possible = Math.max(1, Math.floor((limits[what] - own) / task));
    if (possible < (least?.maxRunning ?? maxRunning))
      least = { what, limit: limits[what], maxRunning: possible };
  }
  return least;
}

export function policyOf(config: Config): Policy {
  const ageingMs = config['scheduler.ageing_interval'];
  return {
    backfill: config['scheduler.backfill'],
    ageingMs: ageingMs === 0 ? Number.POSITIVE_INFINITY : ageingMs,
    expressStarts: config['scheduler.express_starts'],
    learned: config['scheduler.learned'],
  };
}

export function envelopeRules(config: Config, memTotalBytes: number): EnvelopeRules {
  return {
    memReserveBytes: memReserveBytes(config, memTotalBytes),
    cpuWeight: config['envelope.cpu_weight'],
    cpuIdle: false,
    pidsMax: config['envelope.pids_max'],
    nice: config['envelope.nice'],
    oomScoreAdj: config['envelope.oom_score_adj'],
  };
}

export function watchRules(config: Config, memTotalBytes: number, driverCapsMem: boolean): WatchRules {
  return {
    toleranceWindowMs: config['watchdog.tolerance_window'],
    pidsWindowMs: config['watchdog.pids_window'],
    memTotalBytes,
    driverCapsMem,
    gapMs: gapMs(config),
    dryRun: config['watchdog.dry_run'],
  };
}

export function pressureRules(config: Config, memTotalBytes: number): PressureRules {
  return {
    maxSysMemPct: config['admission.max_sys_mem_pct'],
    memFullAvg10Pct: config['watchdog.max_mem_stall_pct'],
    maxSysDiskPct: config['watchdog.max_sys_disk_pct'],
    windowMs: config['watchdog.pressure_window'],
    reserveWindowMs: config['watchdog.reserve_window'],
    holdWindowMs: config['watchdog.hold_window'],
    memReserveBytes: memReserveBytes(config, memTotalBytes),
    cooldownMs: config['watchdog.pressure_cooldown'],
    gapMs: gapMs(config),
    dryRun: config['watchdog.dry_run'],
  };
}

export function throttleRules(config: Config, cores: number, driverCapsCpu: boolean): ThrottleRules {
  return {
    maxSysCpuPct: config['watchdog.max_sys_cpu_pct'],
    windowMs: config['watchdog.pressure_window'],
    cores,
    driverCapsCpu,
    dryRun: config['watchdog.dry_run'],
  };
}

/** On a busy host samples come late. After more than this time the interval counts as unobserved. */
function gapMs(config: Config): number {
  return 2 * config['watchdog.monitor_interval'] + 2000;
}
