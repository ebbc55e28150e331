// Opens the engine and the parts it needs.
import { randomBytes } from 'node:crypto';
import { availableParallelism, cpus, uptime } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { OpenedDriver } from '../cgroups/open.ts';
import type { Home } from '../config/home.ts';
import type { Config } from '../config/settings.ts';
import type { LeaseId } from '../core/lease.ts';
import { Engine } from '../engine/engine.ts';
import { LogMaintenance } from '../engine/log-maintenance.ts';
import { Profiles } from '../engine/profiles/profiles.ts';
import {
  memReserveBytes,
  policyOf,
  pressureRules,
  runningBudget,
  throttleRules,
  watchRules,
} from '../engine/rules.ts';
import { Engines } from '../engines/engines.ts';
import { LocalEngine } from '../engines/local/local-engine.ts';
import { openQueueEngines } from '../engines/modules.ts';
import { openPipeStore } from '../exec/pipe-store.ts';
import { openSpawner, probeSpawner } from '../exec/spawner.ts';
import { findTools } from '../exec/tools.ts';
import { busyReader, readHostCpu } from '../procfs/host-cpu.ts';
import { readHostMemory } from '../procfs/meminfo.ts';
import { readRlimits } from '../procfs/process/inherited.ts';
import { openRelay } from '../relay/control.ts';
import type { Store } from '../store/store.ts';
import { readLoginAt } from '../systemd/host.ts';
import { realClock } from './clock.ts';
import type { ClosingStack } from './closing-stack.ts';
import { newIds } from './new-id.ts';

export interface EngineParts {
  readonly home: Home;
  /** It may change: read a value when it is used. */
  readonly config: Config;
  readonly log: Logger;
  readonly store: Store;
  readonly opened: OpenedDriver;
  readonly bootId: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  homeLoss(): string | null;
  onHomeLost(why: string): void;
}

export function openEngine(parts: EngineParts, closing: ClosingStack) {
  const { home, config, log, store, opened, bootId } = parts;
  const { outer } = opened;
  const readBusyUsec = busyReader();
  const limits = {
    'open files': softLimit('nofile'),
    // The kernel does not limit the processes of root.
    processes: Math.min(
      outer.pidsMax,
      process.getuid?.() === 0 ? Number.POSITIVE_INFINITY : softLimit('nproc'),
    ),
  };
  const readHost = () => outer.memory(readHostMemory());
  const host = {
    memTotalBytes: readHost().totalBytes,
    cores: Math.min(availableParallelism(), outer.cores),
    pidsMax: outer.pidsMax,
    maxRunning: runningBudget(limits, Number.POSITIVE_INFINITY)?.maxRunning ?? Number.POSITIVE_INFINITY,
  };
  const profiles = new Profiles({
    config,
    host,
    clock: realClock,
    log,
    path: join(home.dir, 'profile.json'),
    switched: ({ envelopeRules }) => spawner.setNice(envelopeRules.nice),
    shareCpu: opened.shareCpu,
  });
  closing.push(() => profiles.stop());
  const newId = newIds(store.idsBefore({}, null, 1).ids[0] ?? null);
  const { nice } = profiles.settings.envelopeRules;
  const tools = findTools(nice);
  const fault = probeSpawner(tools, nice);
  if (fault !== null) throw new Error(`no task can start: ${fault}`);
  const spawner = openSpawner(tools, nice, (how) => log.error({ how }, 'spawner ended, starting another'));
  const relay = openRelay(home.dir, home.relaySocket, (how) =>
    log.error({ how }, 'relay ended, starting another'),
  );
  closing.push(() => relay.close());
  const pipes = openPipeStore(join(home.dir, 'pipes'), tools.path);
  closing.push(() => pipes.close());
  const logs = new LogMaintenance(
    {
      get maxBytes() {
        return config['log.max_size'];
      },
      get isDaily() {
        return config['log.daily'];
      },
      get keep() {
        return config['log.keep'];
      },
    },
    realClock,
    log,
  );
  // An interrupted rotation would leave a supervisor stopped until the next daemon starts.
  closing.push(() => logs.close());
  closing.push(() => spawner.close());
  const { enforces } = opened.probe;
  const hostCores = cpus().length;
  const local = new LocalEngine({ driver: opened.driver, units: opened.units });
  const others = openQueueEngines({
    tasksDir: home.tasks,
    env: parts.env,
    config,
    log,
    identity: store.identity,
    reports: () => engine.reports,
    nowMs: () => realClock.now().wallMs,
  });
  const engines = new Engines(local, home.tasks, others);
  closing.push(() => engines.close());
  const engine = new Engine({
    driver: opened.driver,
    engines,
    clock: realClock,
    store,
    log,
    logs,
    tasksDir: home.tasks,
    tools,
    spawner,
    relay,
    pipes,
    bootId,
    profiles,
    newLeaseId: (nowMs) => newId(nowMs) as LeaseId,
    newSecret: () => randomBytes(18).toString('base64url'),
    home: home.dir,
    homeLoss: parts.homeLoss,
    onHomeLost: parts.onHomeLost,
    useHalfLifeMs: config['scheduler.use_half_life'],
    readHost,
    sharers: () => outer.sharers(readHostMemory()),
    readHostCpu,
    uptimeMs: () => 1000 * uptime(),
    readBusyUsec: () => outer.cpuUsec() ?? readBusyUsec(),
    get countsOutsideCpu() {
      return config['admission.count_outside_cpu'];
    },
    loginAt: readLoginAt,
    // Settings may change while the daemon runs: read them at each use.
    get policy() {
      return policyOf(config);
    },
    get watchRules() {
      return watchRules(config, host.memTotalBytes, enforces.memory);
    },
    get pressureRules() {
      return pressureRules(config, host.memTotalBytes);
    },
    get throttleRules() {
      return throttleRules(config, hostCores, enforces.cpu);
    },
    get memReserveBytes() {
      return memReserveBytes(config, host.memTotalBytes);
    },
    get monitorIntervalMs() {
      return config['watchdog.monitor_interval'];
    },
    get killGraceMs() {
      return config['watchdog.kill_grace'];
    },
    get requeueMax() {
      return config['engine.requeue_max'];
    },
  });
  const budget = () => runningBudget(limits, config['admission.max_running']);
  return { engine, profiles, newId, spawner, tools, budget };
}

/** Node has raised the soft limit of open files to the hard one, and the start of the daemon the others. */
function softLimit(name: 'nofile' | 'nproc'): number {
  const soft = Number(readRlimits()[name]?.[0]);
  return Number.isFinite(soft) ? soft : Number.POSITIVE_INFINITY;
}
