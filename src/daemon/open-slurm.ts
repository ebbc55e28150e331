// Opens the engine of the Slurm cluster from the settings. It calls no program of Slurm before a task needs it.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Home } from '../config/home.ts';
import type { LoadedConfig } from '../config/load.ts';
import { type Config, SETTING_KEYS } from '../config/settings.ts';
import type { EngineReports } from '../engines/port.ts';
import type { Check } from '../engines/slurm/client/diagnosis-check.ts';
import type { SlurmEnv } from '../engines/slurm/client/program.ts';
import { openSlurmClient, type SlurmSettings } from '../engines/slurm/client/slurm-client.ts';
import { SlurmEngine } from '../engines/slurm/slurm-engine.ts';
import { realClock } from './clock.ts';

export interface SlurmParts {
  readonly home: Home;
  /** Of the daemon. */
  readonly env: SlurmEnv;
  /** It may change: read a value when it is used. */
  readonly config: Config;
  readonly log: Logger;
  readonly identity: string;
  reports(): EngineReports;
}

export function openSlurm({ home, env, config, log, identity, reports }: SlurmParts): SlurmEngine {
  return new SlurmEngine({
    client: openSlurmClient(() => slurmSettings(config), env),
    // Several daemons may share a directory.
    tasksDir: slurmTasksDir(home, config, identity),
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
    nowMs: () => realClock.now().wallMs,
  });
}

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

function slurmTasksDir(home: Home, config: Config, identity: string): string {
  const sharedDir = config['engine.slurm.shared_dir'];
  return sharedDir === null ? home.tasks : join(sharedDir, identity);
}

/** The checks of doctor; none where no setting speaks of Slurm. */
export async function checkSlurm({
  home,
  env,
  loaded,
  identity,
}: Pick<SlurmParts, 'home' | 'env' | 'identity'> & { readonly loaded: LoadedConfig }): Promise<Check[]> {
  const { config, sources } = loaded;
  const isConfigured = SETTING_KEYS.some(
    (key) => key.startsWith('engine.slurm.') && sources[key] !== 'default',
  );
  if (!isConfigured && config['engine.default'] === 'local') return [];
  // Loaded on demand, as doctor itself.
  const { diagnoseSlurm } = await import('../engines/slurm/client/diagnosis.ts');
  return diagnoseSlurm({
    settings: slurmSettings(config),
    env,
    sharedDir: slurmTasksDir(home, config, identity),
    token: randomUUID().slice(0, 8),
  });
}
