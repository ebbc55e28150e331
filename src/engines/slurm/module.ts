// Opens the engine of the Slurm cluster from the settings, and checks the cluster for doctor.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Config, SETTING_KEYS } from '../../config/settings.ts';
import type { EngineModule, EngineParts } from '../engine-module.ts';
import { openSlurmClient, type SlurmSettings } from './client/slurm-client.ts';
import { SlurmEngine } from './slurm-engine.ts';

export const SLURM: EngineModule = {
  open(parts) {
    const { env, config, log, identity, reports, nowMs } = parts;
    return new SlurmEngine({
      client: openSlurmClient(() => slurmSettings(config), env),
      tasksDir: slurmTasksDir(parts),
      identity,
      get pace() {
        return { minMs: config['engine.slurm.poll_min'], maxMs: config['engine.slurm.poll_max'] };
      },
      get graceMs() {
        return config['watchdog.kill_grace'];
      },
      get suspends() {
        return config['engine.slurm.suspend'];
      },
      log,
      reports,
      newArray: () => randomUUID().slice(0, 13),
      nowMs,
    });
  },

  async checks({ tasksDir, env, identity, loaded: { config, sources } }) {
    const isConfigured = SETTING_KEYS.some(
      (key) => key.startsWith('engine.slurm.') && sources[key] !== 'default',
    );
    const isDefault = ['slurm', 'auto'].includes(config['engine.default']);
    if (!isConfigured && !isDefault) return [];
    // Loaded on demand, as doctor itself.
    const { diagnoseSlurm } = await import('./client/diagnosis.ts');
    return diagnoseSlurm({
      settings: slurmSettings(config),
      env,
      sharedDir: slurmTasksDir({ tasksDir, config, identity }),
      token: randomUUID().slice(0, 8),
    });
  },
};

function slurmSettings(config: Config): SlurmSettings {
  return {
    conf: config['engine.slurm.conf'],
    partition: config['engine.slurm.partition'],
    account: config['engine.slurm.account'],
    qos: config['engine.slurm.qos'],
    constraint: config['engine.slurm.constraint'],
    extraFlags: config['engine.slurm.extra_flags'],
    commandTimeoutMs: config['engine.slurm.command_timeout'],
  };
}

/** Several daemons may share a directory. */
function slurmTasksDir({
  tasksDir,
  config,
  identity,
}: Pick<EngineParts, 'tasksDir' | 'config' | 'identity'>): string {
  const sharedDir = config['engine.slurm.shared_dir'];
  return sharedDir === null ? tasksDir : join(sharedDir, identity);
}
