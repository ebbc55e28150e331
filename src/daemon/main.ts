// The daemon: opens its parts, serves the API, and closes the parts in reverse order.
import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import type { NoticeView } from '../api/schemas/daemon.ts';
import { openDriver } from '../cgroups/open.ts';
import { inotifyShortage, watchFiles } from '../cgroups/watch.ts';
import { liveConfig } from '../config/change.ts';
import { findHome, type Home } from '../config/home.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { EXIT } from '../core/errors.ts';
import { recover } from '../engine/recover.ts';
import { checkQueueEngines } from '../engines/modules.ts';
import { Notifier } from '../notify/notifier.ts';
import { readFreeDisk } from '../procfs/disk.ts';
import { memorySource, readHostMemory } from '../procfs/meminfo.ts';
import { OutsidePrograms } from '../procfs/outside/outside-programs.ts';
import { findDaemons } from '../procfs/process/daemons.ts';
import { readBootId } from '../procfs/process/process-identity.ts';
import { OutsideLog } from '../series/outside-log.ts';
import { SeriesRecorder } from '../series/recorder.ts';
import { keepClean, sweepFiles } from '../service/clean.ts';
import { doctor } from '../service/doctor.ts';
import { holdsView, releaseCommand } from '../service/hold.ts';
import { recordOutside } from '../service/observe/outside.ts';
import { recordSeries } from '../service/observe/series.ts';
import { createService } from '../service/service.ts';
import { holdNotices, notices } from '../service/views/notices.ts';
import { notEnforced } from '../service/views/unenforced.ts';
import { openStore } from '../store/store.ts';
import { realClock } from './clock.ts';
import { ClosingStack } from './closing-stack.ts';
import { checkIdentity, claimHome, hasTasks, leaveHome, prepareHome, readPid } from './home.ts';
import { watchHome } from './home-watch.ts';
import { listen } from './listen.ts';
import { type Lock, takeLock } from './lock.ts';
import { openEngine } from './open-engine.ts';

/** Of the identity, in the names of cgroups. */
const TAG_LENGTH = 8;
/** Answers leave before the process ends without closing its sockets. */
const LAST_ANSWERS_MS = 200;
/** Work that is under way when all parts are closed may take this long. It is safe against a crash. */
const LAST_WORK_MS = 1000;
/** Reading the table of processes does not delay the first answers. */
const LOOK_FOR_OTHERS_MS = 2000;

const LOG_MAX_BYTES = 8 * 1024 ** 2;

/** The socket on which journald accepts output. */
const JOURNAL = '/run/systemd/journal/stdout';

async function main(): Promise<void> {
  // The listener replaces Node's own, which opens a debugger on a TCP port.
  process.on('SIGUSR1', () => {});
  process.umask(0o077);
  const home = findHome(process.env);
  prepareHome(home);
  const loaded = loadConfig(home.config, process.env);
  const lock = takeLock(home.lock);
  if (lock === null) {
    process.stderr.write(
      `babysit: a daemon is already running (pid ${readPid(home.pidFile)}) in ${home.dir}\n`,
    );
    return;
  }
  const log = openLog(home.log, loaded.config['log.level']);
  await run(home, loaded, lock, log);
  process.on('SIGHUP', () => {});
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    process.exit(EXIT.failed);
  });
}

/** A new build renames its files into place. The program is the first argument of Node. */
function watchProgram(): () => boolean {
  const stat = () => statSync(process.argv[1] ?? '', { throwIfNoEntry: false });
  const before = stat();
  return () => {
    const now = stat();
    return now === undefined || now.ino !== before?.ino || now.mtimeMs !== before.mtimeMs;
  };
}

async function run(home: Home, loaded: LoadedConfig, lock: Lock, log: Logger): Promise<void> {
  const { config } = loaded;
  const settings = liveConfig(home.config, process.env, loaded);
  const isReplaced = watchProgram();
  const closing = new ClosingStack();
  closing.push(() => lock.release());
  // Before the longest work of a start: clients that find the pid do not start another daemon.
  claimHome(home);
  closing.push(() => leaveHome(home));
  const store = openStore(home.database, undefined, !hasTasks(home));
  closing.push(() => store.close());
  checkIdentity(home, store.identity);
  // From the identity, not from the path: the groups follow a directory that is moved, and two file systems may have
  // different directories at the same path.
  const tag = store.identity.slice(0, TAG_LENGTH);
  const opened = openDriver({ tag, want: config['envelope.driver'] });
  closing.push(() => opened.close());
  const bootId = readBootId();
  const onHomeLost = (why: string): void => {
    log.error({ home: home.dir }, `${why}; starting nothing, stopping when no task runs`);
    void engine.drain().then(() => setTimeout(() => process.exit(EXIT.failed), LAST_ANSWERS_MS));
  };
  const homeLoss = watchHome(home);
  const parts = { home, config, log, store, opened, bootId, env: process.env, homeLoss, onHomeLost };
  const { engine, profiles, newId, spawner, tools, budget } = openEngine(parts, closing);
  // daemon-stop --kill_tasks starts a daemon like this for tasks whose daemon has died.
  if (process.argv.includes('--no_dispatch')) void engine.drain();
  const { driver, probe } = opened;
  const { tasks: tasksDir, lostTasks: lostDir } = home;
  const recovered = recover(engine, { store, driver, clock: realClock, log, bootId, tasksDir, lostDir });
  profiles.start(engine);
  const recorder = new SeriesRecorder({ host: home.series, task: (id) => join(tasksDir, id, 'series') });
  closing.push(() => recorder.close());
  closing.push(recordSeries(engine, recorder));
  const notifier = new Notifier({
    targets: () => config['notify.targets'],
    deliveries: store.deliveries,
    env: process.env,
    clock: realClock,
    log,
    bash: tools.bash,
    home: home.dir,
    identity: store.identity,
    version: packageJson.version,
    task: (id) => engine.live.get(id) ?? store.byId(id),
    environment: (id) => store.environment(id),
    listen: (listener) => engine.eventBus.listenToAll(listener),
  });
  closing.push(() => notifier.close());

  let isStopping = false;
  const stop = async (killTasks: boolean): Promise<void> => {
    log.info({ killTasks }, 'stopping');
    if (killTasks) await engine.killAll();
    // Ends pending responses, which would keep the sockets open.
    engine.stop();
    // Another daemon may use the paths: closing would remove its sockets.
    if (engine.homeLoss !== null) return void setTimeout(() => process.exit(EXIT.ok), LAST_ANSWERS_MS);
    await closing.close();
    process.exitCode = EXIT.ok;
    // A message under way may take 30 s. It is not recorded as sent, so the next daemon sends it again.
    setTimeout(() => process.exit(), LAST_WORK_MS).unref();
  };
  const stopOnce = (killTasks: boolean): void => {
    if (isStopping) return;
    isStopping = true;
    void stop(killTasks);
  };
  const notes = (): NoticeView[] =>
    notices({
      tasksDir,
      lostDir,
      recovered,
      homeLoss: () => engine.homeLoss,
      isUpdated: isReplaced,
      pendingSettings: () => settings.pending,
      held: () => engine.held,
      spawnerFault: () => spawner.fault,
      inotifyShortage,
      runningBudget: budget,
      runningCount: () => [...engine.live.active()].length,
    });
  const held = () => holdNotices(holdsView(engine, realClock.now().wallMs).holds, releaseCommand);
  const unloadUnits = (patterns: readonly string[]) => opened.units?.unload(patterns);
  const outside = new OutsidePrograms();
  const taskPids = () =>
    new Set(
      [...engine.live.active()].flatMap(
        ({ id }) => engine.attempt(id)?.group.pids(Number.POSITIVE_INFINITY) ?? [],
      ),
    );
  const largestOutside = () =>
    outside.largest(taskPids, {
      cores: profiles.capacity.cores,
      memBytes: profiles.capacity.memTotalBytes,
    });
  const outsideLog = new OutsideLog(home.outsideLog);
  closing.push(recordOutside({ engine, clock: realClock, outsideLog, largestOutside }));
  const service = createService({
    engine,
    store,
    clock: realClock,
    settings,
    reconfigure: () => {
      log.level = config['log.level'];
      profiles.reload(engine);
    },
    profiles,
    newId,
    recorder,
    home: home.dir,
    leverUses: home.leverUses,
    tasksDir,
    driver: driver.kind,
    notEnforced: notEnforced(probe.enforces),
    systemd: { noUnits: opened.noUnits, hasJournal: existsSync(JOURNAL) },
    version: packageJson.version,
    instance: randomUUID(),
    startedAt: realClock.now().wallMs,
    largestOutside,
    outsideLog,
    readHost: () => opened.outer.memory(readHostMemory()),
    log,
    // The logs may be on another disk.
    freeDisk: () => readFreeDisk(home.dir, home.tasks),
    notices: notes,
    unloadUnits,
    doctor: () =>
      doctor(probe, memorySource(opened.outer.limitedBy), [...notes(), ...held()], () =>
        checkQueueEngines({ tasksDir, env: process.env, loaded, identity: store.identity }),
      ),
    // The response to the stop request is sent first.
    stop: (killTasks) => void setImmediate(stopOnce, killTasks),
  });
  const cleaning = { store, clock: realClock, tasksDir, log, unloadUnits };
  const retention = config['retention.schedule'];
  if (retention !== 'off') closing.push(keepClean(cleaning, retention, config['retention.older_than']));
  closing.push(
    watchPidFile(home, () => engine.loseHome(homeLoss() ?? `its pid file ${home.pidFile} was deleted`)),
  );
  closing.push(await listen(service, home, config, log));
  log.info({ version: packageJson.version, driver: driver.kind, home: home.dir }, 'ready');
  setTimeout(() => {
    for (const other of findDaemons()) log.warn({ other }, 'another daemon of this user runs on this host');
  }, LOOK_FOR_OTHERS_MS).unref();
  sweepFiles(cleaning).catch((error: unknown) =>
    log.error({ err: error }, 'the files of removed tasks could not be swept'),
  );
  process.on('SIGTERM', () => stopOnce(false));
  process.on('SIGINT', () => stopOnce(false));
}

/**
 * Calls `onLost` when the pid file is deleted or names another daemon: no client can reach this daemon, and its lock
 * excludes no other. Returns the stop function.
 */
function watchPidFile({ pidFile }: Home, onLost: () => void): () => void {
  const stop = watchFiles([pidFile], () => {
    if (readPid(pidFile) === String(process.pid)) return;
    stop();
    onLost();
  });
  return stop;
}

/**
 * Synchronous: no line is lost when the daemon is killed. A full disk costs log lines, not the daemon. A full file becomes
 * `daemon.log.1`, which replaces the one before.
 */
function openLog(path: string, level: string): Logger {
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const file = pino.destination({ dest: path, sync: true });
  file.on('error', () => {});
  const rotate = (): void => {
    bytes = 0;
    try {
      renameSync(path, `${path}.1`);
      file.reopen();
    } catch {
      // The directory was moved: keep the open file.
    }
  };
  const write = (line: string): void => {
    file.write(line);
    bytes += line.length;
    if (bytes > LOG_MAX_BYTES) rotate();
  };
  return pino({ level, base: { pid: process.pid } }, { write });
}

main().catch((error: Error) => {
  process.stderr.write(`babysit daemon: ${error.message}\n`);
  process.exit(EXIT.failed);
});
