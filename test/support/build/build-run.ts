// Submissions, configs and hosts for tests of the daemon.
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/settings.ts';
import { capacityOf } from '../../../src/engine/rules.ts';
import { parseRequest } from '../../../src/request/parse.ts';
import type { RunRequest } from '../../../src/request/request.ts';
import type { Capacity } from '../../../src/scheduler/snapshot.ts';
import { GIB } from './build-task.ts';

/** The defaults, with changes by key as in config.json's dotted form, already parsed. */
export function configWith(changes: Partial<Config> = {}): Config {
  return { ...loadConfig('/nonexistent/config.json', {}).config, ...changes };
}

/** The capacity of a host under the default config. */
export function hostOf(memGib: number, cores: number, config = configWith()): Capacity {
  return capacityOf(config, { memTotalBytes: Math.floor(memGib * GIB), cores });
}

/** A request that gives nothing but its command, from a directory that exists. */
export function aRun(changes: Partial<RunRequest> = {}): RunRequest {
  return { ...parseRequest({ command: 'make -j4' }, { cwd: '/', env: {}, project: '/' }), ...changes };
}
