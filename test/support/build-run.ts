// Submissions, configs and hosts for tests of the daemon.
import type { RunSubmission } from '../../src/api/service.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/settings.ts';
import { PLAIN_MANNER } from '../../src/core/task.ts';
import { capacityOf } from '../../src/daemon/limits.ts';
import type { Capacity } from '../../src/scheduler/snapshot.ts';
import { GIB } from './build-task.ts';

/** The defaults, with changes by key as in config.json's dotted form, already parsed. */
export function configWith(changes: Partial<Config> = {}): Config {
  return { ...loadConfig('/nonexistent/config.json', {}).config, ...changes };
}

/** The capacity of a host under the default config. */
export function hostOf(memGib: number, cores: number, config = configWith()): Capacity {
  return capacityOf(config, { memTotalBytes: Math.floor(memGib * GIB), cores });
}

/** A submission with only a command, in a directory that exists. */
export function aRun(changes: Partial<RunSubmission> = {}): RunSubmission {
  return {
    command: { kind: 'shell', line: 'make -j4' },
    name: null,
    cwd: '/',
    env: {},
    project: '/',
    umask: 0o022,
    owner: null,
    timeMs: null,
    memBytes: null,
    cpuCores: null,
    killTimeoutMs: null,
    observabilityMs: null,
    isStrict: false,
    memPctLimit: null,
    cpuPctLimit: null,
    queue: false,
    force: false,
    priority: 0,
    after: null,
    key: null,
    context: null,
    tags: [],
    requeue: false,
    manner: PLAIN_MANNER,
    lease: null,
    retry: null,
    ...changes,
  };
}
