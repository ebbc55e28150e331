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

/** What the daemon opens for itself and its clients, and for each running task: log, group, two processes. */
const OWN_FILES = 64;
const FILES_OF_TASK = 12;

/** `limit`: open files; null is unlimited. Null when it allows `maxRunning` tasks. */
export function openFilesBudget(
  limit: number | null,
  maxRunning: number,
): { readonly limit: number; readonly maxRunning: number } | null {
  if (limit === null) return null;
  const possible = Math.max(1, Math.floor((limit - OWN_FILES) / FILES_OF_TASK));
  return possible < maxRunning ? { limit, maxRunning: possible } : null;
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
