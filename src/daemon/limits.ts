// Turns the config and the host's size into the numbers the pure rooms work with.
import type { Config } from '../config/settings.ts';
import type { EnvelopeRules } from '../scheduler/envelope.ts';
import type { Capacity } from '../scheduler/snapshot.ts';
import type { WatchRules } from '../watchdog/judge.ts';

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
    cpuLimitCores: (cores * config['admission.max_babysit_cpu_pct']) / 100,
    maxRunning: config['admission.max_running'],
    maxPending: config['admission.max_pending'],
  };
}

export function envelopeRules(config: Config, memTotalBytes: number): EnvelopeRules {
  return {
    memReserveBytes: memReserveBytes(config, memTotalBytes),
    cpuWeight: config['envelope.cpu_weight'],
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
  };
}
