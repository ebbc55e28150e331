// The real service on the real engine and a real database, with a host, a clock and a driver of the test.
// It starts no process. The driver refuses groups unless a test asks for them, so that a dispatched task ends as
// could_not_start; with groups, it stays running with no process in its group.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import pino from 'pino';
import { monotonicFactory } from 'ulid';
import { buildApp } from '../../../src/api/app.ts';
import type { NotEnforced } from '../../../src/api/schemas/task.ts';
import { type Driver, DriverError, type Group, type GroupUsage } from '../../../src/cgroups/port.ts';
import { liveConfig } from '../../../src/config/change.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { LeaseId } from '../../../src/core/lease.ts';
import type { GroupRef } from '../../../src/core/task.ts';
import { Engine } from '../../../src/engine/engine.ts';
import { LogMaintenance } from '../../../src/engine/log-maintenance.ts';
import { Profiles } from '../../../src/engine/profiles/profiles.ts';
import { recover } from '../../../src/engine/recover.ts';
import { policyOf, pressureRules, throttleRules, watchRules } from '../../../src/engine/rules.ts';
import { Engines } from '../../../src/engines/engines.ts';
import { LocalEngine } from '../../../src/engines/local/local-engine.ts';
import type { PendingStart, SpawnRequest } from '../../../src/exec/spawner.ts';
import { OutsideLog } from '../../../src/series/outside-log.ts';
import { SeriesRecorder } from '../../../src/series/recorder.ts';
import { recordSeries } from '../../../src/service/observe/series.ts';
import { createService } from '../../../src/service/service.ts';
import { openStore } from '../../../src/store/store.ts';
import { checkAnswers } from '../check-answers.ts';
import { tempDir } from '../temp-dir.ts';
import { hostOf } from './build-run.ts';
import { NOW } from './build-snapshot.ts';
import { GIB } from './build-task.ts';

const DOCTOR = { ok: true, driver: 'v2', checks: [] };

/** The body of a submission, unless a test changes it. */
const RUN = {
  command: 'make',
  cwd: '/',
  env: { TOKEN: 'hunter2' },
  project: '/',
  estimated_mem_bytes: '4G',
  estimated_cpu_cores: 1,
};

/** `config` as in config.json. The host has 8 cores and 24 GiB, of which tasks may take 16.8. */
export function serviceOf(
  t: TestContext,
  config: object = {},
  options: { readonly notEnforced?: readonly NotEnforced[] } = {},
) {
  const home = tempDir(t, async () => {
    engine.stop();
    await app.close();
    store.close();
    assert.deepEqual(misfits, []);
  });
  const store = openStore(join(home, 'babysit.db'));
  writeFileSync(join(home, 'config.json'), JSON.stringify(config));
  const loaded = loadConfig(join(home, 'config.json'), {});
  const capacity = hostOf(24, 8, loaded.config);
  /** A full host: nothing fits until a test makes room. */
  const host = {
    totalBytes: capacity.memTotalBytes,
    availableBytes: 0,
    freeDisk: { bytes: 100 * GIB, inodes: 1e6 },
    monoMs: 0,
    /** How long the machine slept: no monotonic time passes. */
    sleptMs: 0,
    /** How far the wall clock was set since the start. */
    wallJumpMs: 0,
    hasGroups: false,
    /** The error of a group that is refused. */
    refusal: 'EBUSY',
    homeLoss: null as string | null,
    /** See `Spawner`. */
    forkShortage: null as string | null,
    /** When the user logged in; see `LoginAt`. */
    loginAt: null as number | null,
    /** Names of groups that hold processes. */
    listed: [] as string[],
    /** Working set of every group. */
    groupMemBytes: 0,
  };
  const clock = {
    now: () => {
      host.monoMs += 1;
      return { wallMs: NOW + host.monoMs + host.sleptMs + host.wallJumpMs, monoMs: host.monoMs };
    },
  };
  /** Groups that were killed. */
  const signals: string[] = [];
  const driver: Driver = {
    kind: 'v2',
    create: (name) => {
      if (!host.hasGroups) throw new DriverError(host.refusal, name, `no group ${name} today`);
      return {
        ...emptyGroup({ driver: 'v2', name }),
        populated: () => true,
        usage: () => usageOf(host.groupMemBytes),
      };
    },
    open: (ref) => ({
      ...emptyGroup(ref),
      populated: () => host.listed.includes(String(ref.name)),
      killAll: () => void signals.push(String(ref.name)),
    }),
    openParentMemory: () => null,
    list: () => host.listed.map((name) => ({ driver: 'v2', name })),
  };
  const tasksDir = join(home, 'tasks');
  const spawned: { readonly request: SpawnRequest; readonly pending: PendingStart }[] = [];
  const newId = monotonicFactory();
  const log = pino({ level: 'silent' });
  const profiles = new Profiles({
    config: loaded.config,
    host: { ...capacity, pidsMax: Number.POSITIVE_INFINITY },
    clock,
    log,
    path: join(home, 'profile.json'),
    switched: () => {},
    shareCpu: () => null,
  });
  const engine = new Engine({
    driver,
    engines: new Engines(new LocalEngine({ driver, units: null }), tasksDir),
    clock,
    store,
    log,
    logs: new LogMaintenance({ maxBytes: 1024 ** 2, isDaily: true, keep: 5 }, clock, log),
    tasksDir,
    tools: {
      path: '',
      env: '',
      nice: '',
      bash: '',
      spawnerNice: 10,
      spawnerRlimits: {},
      spawnerCpus: null,
      stty: null,
      tty: null,
      taskset: null,
      background: [],
      script: null,
      isBsdScript: false,
    },
    relay: { open() {}, over() {}, close() {} },
    pipes: { give() {}, close() {} },
    spawner: {
      fault: null,
      get shortage() {
        return host.forkShortage;
      },
      nice: 10,
      start: (request, pending) => void spawned.push({ request, pending }),
      setNice() {},
      close() {},
    },
    bootId: 'boot-1',
    profiles,
    policy: policyOf(loaded.config),
    newLeaseId: (nowMs) => newId(nowMs) as LeaseId,
    newSecret: () => 'secret',
    watchRules: watchRules(loaded.config, capacity.memTotalBytes, true),
    pressureRules: pressureRules(loaded.config, capacity.memTotalBytes),
    throttleRules: throttleRules(loaded.config, capacity.cores, true),
    readHostCpu: () => null,
    readBusyUsec: null,
    countsOutsideCpu: false,
    home,
    homeLoss: () => host.homeLoss,
    onHomeLost: () => {},
    useHalfLifeMs: 86_400_000,
    monitorIntervalMs: 1000,
    memReserveBytes: 0,
    killGraceMs: 1000,
    requeueMax: 1,
    readHost: () => host,
    sharers: () => null,
    uptimeMs: () => host.monoMs + host.sleptMs,
    loginAt: () => host.loginAt,
  });
  const recorder = new SeriesRecorder({
    host: join(home, 'host.series'),
    task: (id) => join(tasksDir, id, 'series'),
  });
  recordSeries(engine, recorder);
  const service = createService({
    engine,
    store,
    clock,
    settings: liveConfig(join(home, 'config.json'), {}, loaded),
    unloadUnits: () => {},
    reconfigure: () => profiles.reload(engine),
    log,
    profiles,
    newId,
    recorder,
    outsideLog: new OutsideLog(join(home, 'host.outside')),
    leverUses: join(home, 'lever-uses.jsonl'),
    home,
    tasksDir,
    driver: 'v2',
    notEnforced: options.notEnforced ?? [],
    systemd: { noUnits: 'no manager', hasJournal: false },
    version: '0.0.0',
    instance: 'instance-1',
    startedAt: NOW,
    readHost: () => host,
    largestOutside: () => [],
    freeDisk: () => host.freeDisk,
    notices: () => [],
    doctor: async () => DOCTOR,
    stop: () => {},
  });
  const app = buildApp(service, { maxBodyBytes: 100_000, onInternalError: () => {} });
  const misfits = checkAnswers(app);
  /** Starts as the daemon does, with the database that an earlier daemon has left. */
  const restart = () =>
    recover(engine, {
      store,
      driver,
      clock,
      log,
      bootId: 'boot-1',
      tasksDir,
      lostDir: join(home, 'tasks.lost'),
    });
  const ask = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) => {
    const response = await app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
    return { status: response.statusCode, body: response.json() };
  };
  return {
    app,
    service,
    store,
    host,
    engine,
    recorder,
    tasksDir,
    /** The requests to the spawner. */
    spawned,
    signals,
    restart,
    ask,
    run: (changes: object = {}) => ask('POST', '/v1/tasks', { ...RUN, ...changes }),
    /** Lines as in POST /v1/batch; the answers. */
    batch: async (...lines: object[]) => {
      const { command: _, ...line } = RUN;
      const { cwd, env, project, ...estimates } = line;
      const full = lines.map((changes) => ({ command: 'make', ...estimates, ...changes }));
      return (await ask('POST', '/v1/batch', { caller: { cwd, env, project }, lines: full })).body.lines;
    },
    kill: (ref: string) => ask('POST', `/v1/tasks/${ref}/kill`),
    task: async (ref: string) => (await ask('GET', `/v1/tasks/${ref}`)).body,
    makeRoom: () => {
      host.availableBytes = host.totalBytes;
    },
    fillUp: () => {
      host.availableBytes = 0;
    },
    /** Tasks that are dispatched from now on keep running. */
    makeGroups: () => {
      host.hasGroups = true;
    },
  };
}

function usageOf(memBytes: number): GroupUsage {
  return {
    memBytes,
    memPeakCachedBytes: null,
    memPeakBytes: null,
    cpuUsec: 0,
    ioReadBytes: null,
    ioWriteBytes: null,
    pids: 1,
    oomKills: 0,
    isOomAtOwnCap: false,
    strays: [],
    pidsMaxHits: 0,
  };
}

/** A group whose last process has ended. */
export function emptyGroup(ref: GroupRef): Group {
  const nothing = () => {};
  return {
    ref,
    entryFiles: [],
    existsBeforeEntry: true,
    preparation: null,
    attach: nothing,
    setLimits: nothing,
    allowKernelMemory: nothing,
    usage: () => null,
    counterFiles: [],
    usageFrom: () => null,
    populated: () => false,
    pids: () => [],
    signal: () => 0,
    killAll: nothing,
    freeze: nothing,
    thawAll: () => {},
    thaw: nothing,
    remove: () => true,
    watch: () => nothing,
    close: nothing,
  };
}
