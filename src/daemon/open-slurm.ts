// Opens the engine of the Slurm cluster from the settings. It calls no program of Slurm before a task needs it.
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Home } from '../config/home.ts';
import type { Config } from '../config/settings.ts';
import type { EngineReports } from '../engines/port.ts';
import type { SlurmEnv } from '../engines/slurm/client/program.ts';
import { openSlurmClient } from '../engines/slurm/client/slurm-client.ts';
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
  const sharedDir = config['engine.slurm.shared_dir'];
  return new SlurmEngine({
    client: openSlurmClient(
      () => ({
        conf: config['engine.slurm.conf'],
        partition: config['engine.slurm.partition'],
        account: config['engine.slurm.account'],
        qos: config['engine.slurm.qos'],
        constraint: config['engine.slurm.constraint'],
        extraFlags: config['engine.slurm.extra_flags'],
        commandTimeoutMs: config['engine.slurm.command_timeout'],
      }),
      env,
    ),
    // Several daemons may share a directory.
    tasksDir: sharedDir === null ? home.tasks : join(sharedDir, identity),
    identity,
    get pace() {
      return { minMs: config['engine.slurm.poll_min'], maxMs: config['engine.slurm.poll_max'] };
    },
    get graceMs() {
      return config['watchdog.kill_grace'];
    },
    log,
    reports,
    nowMs: () => realClock.now().wallMs,
  });
}
