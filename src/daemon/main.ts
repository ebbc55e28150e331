// Wires the rooms by hand, makes the API listen, and takes everything down in reverse order.
import { randomInt, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { monotonicFactory } from 'ulid';
import packageJson from '../../package.json' with { type: 'json' };
import { type AppOptions, buildApp } from '../api/app.ts';
import { openDriver } from '../cgroups/open.ts';
import { watchFiles } from '../cgroups/watch.ts';
import { findHome } from '../config/home.ts';
import { homeTag } from '../config/home-tag.ts';
import { loadConfig } from '../config/load.ts';
import { EXIT } from '../core/errors.ts';
import type { LeaseId } from '../core/lease.ts';
import { openSpawner } from '../exec/spawner.ts';
import { findTools } from '../exec/tools.ts';
import { freeDiskBytes } from '../procfs/disk.ts';
import { readHostMemory } from '../procfs/meminfo.ts';
import { readBootId } from '../procfs/process-identity.ts';
import { openStore } from '../store/store.ts';
import { keepClean, sweepFiles } from './cleaning.ts';
import { realClock } from './clock.ts';
import { doctor } from './doctor.ts';
import { Engine } from './engine.ts';
import { assertRecord, claimHome, leaveHome, prepareHome } from './home.ts';
import { policyOf, pressureRules, watchRules } from './limits.ts';
import { takeLock } from './lock.ts';
import { Logs } from './logs.ts';
import { Profiles } from './profiles.ts';
import { recover } from './recover.ts';
import { createService } from './service.ts';

/** How long a stopping daemon lets callers read the rest of their answers. */
const CLOSE_PATIENCE_MS = 1000;

/** Where journald takes what programs print. */
const JOURNAL = '/run/systemd/journal/stdout';

async function main(): Promise<void> {
  process.umask(0o077);
  const paths = findHome(process.env);
  prepareHome(paths);
  const loaded = loadConfig(paths.config, process.env);
  const lock = takeLock(paths.lock);
  if (lock === null) {
    process.stderr.write(
      `babysit: a daemon is running already (pid ${readPid(paths.pidFile)}) in ${paths.dir}\n`,
    );
    return;
  }
  const { config } = loaded;
  const logFile = pino.destination({ dest: paths.log, sync: true });
  // A full disk costs lines of the log, not the daemon.
  logFile.on('error', () => {});
  const log = pino({ level: config['log.level'], base: { pid: process.pid } }, logFile);
  const wanted = config['envelope.driver'];
  const opened = openDriver({ tag: homeTag(paths.dir), want: wanted === 'systemd' ? 'auto' : wanted });
  const { driver, units, probe } = opened;
  assertRecord(paths);
  const store = openStore(paths.database);
  const host = { memTotalBytes: readHostMemory().totalBytes, cores: availableParallelism() };
  const profiles = new Profiles({
    config,
    host,
    clock: realClock,
    log,
    path: join(paths.dir, 'profile.json'),
    switched: ({ envelopeRules }) => spawner.setNice(envelopeRules.nice),
    capTotalCpu: opened.capTotalCpu,
  });
  const policy = policyOf(config);
  // Its own source asks the system for each letter.
  const newId = monotonicFactory(() => randomInt(2 ** 32) / 2 ** 32);
  const bootId = readBootId();
  const { nice } = profiles.regime.envelopeRules;
  const tools = findTools(nice);
  const spawner = openSpawner(tools, nice, (how) => log.error({ how }, 'spawner lost; starting another'));
  const logs = new Logs(
    { maxBytes: config['log.max_size'], isDaily: config['log.daily'], keep: config['log.keep'] },
    realClock,
    log,
  );
  const engine = new Engine({
    driver,
    units,
    clock: realClock,
    store,
    log,
    logs,
    tasksDir: paths.tasks,
    tools,
    spawner,
    bootId,
    profiles,
    policy,
    newLeaseId: (nowMs) => newId(nowMs) as LeaseId,
    watchRules: watchRules(config, host.memTotalBytes, probe.enforces.memory),
    pressureRules: pressureRules(config),
    home: paths.dir,
    monitorIntervalMs: config['watchdog.monitor_interval'],
    killGraceMs: config['watchdog.kill_grace'],
    readHost: readHostMemory,
  });
  recover(engine, { store, driver, clock: realClock, log, bootId, tasksDir: paths.tasks });
  profiles.start(engine);

  const stop = async (killTasks: boolean): Promise<void> => {
    log.info({ killTasks }, 'stopping');
    if (killTasks) await engine.killAll();
    engine.stop();
    spawner.close();
    const apps = observer === null ? [app] : [app, observer];
    const cut = setTimeout(() => {
      for (const { server } of apps) server.closeAllConnections();
    }, CLOSE_PATIENCE_MS);
    await Promise.all(apps.map((each) => each.close()));
    clearTimeout(cut);
    // A rotation in the middle would leave a supervisor stopped until the next daemon comes.
    await logs.close();
    store.close();
    opened.close();
    stopCleaning();
    profiles.stop();
    homeWatch();
    leaveHome(paths);
    lock.release();
    process.exitCode = EXIT.ok;
  };
  let _stopping: Promise<void> | null = null;
  const stopOnce = (killTasks: boolean): void => {
    _stopping ??= stop(killTasks);
  };
  const service = createService({
    engine,
    store,
    clock: realClock,
    loaded,
    profiles,
    policy,
    newId,
    home: paths.dir,
    tasksDir: paths.tasks,
    driver: driver.kind,
    systemd: { noUnits: opened.noUnits, hasJournal: existsSync(JOURNAL) },
    version: packageJson.version,
    instance: randomUUID(),
    startedAt: Date.now(),
    readHost: readHostMemory,
    log,
    // The logs may be on a disk of their own.
    freeDisk: () => Math.min(freeDiskBytes(paths.dir), freeDiskBytes(paths.tasks)),
    doctor: () => doctor(probe),
    // The answer to the request that asks for it leaves first.
    stop: (killTasks) => void setImmediate(stopOnce, killTasks),
  });
  const appOptions: AppOptions = {
    maxBodyBytes: config['api.max_body'],
    onInternalError: (error) => log.error({ err: error }, 'request failed'),
  };
  const app = buildApp(service, appOptions);
  const observer = config['api.observe_only_socket']
    ? buildApp(service, { ...appOptions, isObserveOnly: true })
    : null;
  const retention = config['retention.schedule'];
  const cleaning = { store, clock: realClock, tasksDir: paths.tasks, log };
  const stopCleaning =
    retention === 'off' ? () => {} : keepClean(cleaning, retention, config['retention.older_than']);
  claimHome(paths);
  // Somebody deleted the state directory: nobody can reach this daemon any more, and its lock keeps nobody out.
  const homeWatch = watchFiles([paths.pidFile], () => {
    if (readPid(paths.pidFile) === String(process.pid)) return;
    homeWatch();
    log.error({ home: paths.dir }, 'the state directory is gone; ending once no task runs');
    void engine.drain().then(() => process.exit(EXIT.failed));
  });
  // Who finds the first socket shall find the second.
  await observer?.listen({ path: paths.observeSocket });
  await app.listen({ path: paths.socket });
  chmodSync(paths.socket, 0o600);
  if (observer !== null) chmodSync(paths.observeSocket, 0o600);
  log.info({ version: packageJson.version, driver: driver.kind, home: paths.dir }, 'ready');
  void sweepFiles(cleaning);
  process.on('SIGTERM', () => stopOnce(false));
  process.on('SIGINT', () => stopOnce(false));
  process.on('SIGHUP', () => {});
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught');
    process.exit(EXIT.failed);
  });
}

function readPid(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

main().catch((error: Error) => {
  process.stderr.write(`babysit daemon: ${error.message}\n`);
  process.exit(EXIT.failed);
});
