// The real service on the real engine and a real record, with a host, a clock and a driver of the test's own.
// No process is ever started: the driver refuses every group, so what is dispatched ends as could_not_start.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import pino from 'pino';
import { buildApp } from '../../src/api/app.ts';
import { type Driver, DriverError, type Group } from '../../src/cgroups/driver.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { GroupRef } from '../../src/core/task.ts';
import { Engine } from '../../src/daemon/engine.ts';
import { envelopeRules, watchRules } from '../../src/daemon/limits.ts';
import { recover } from '../../src/daemon/recover.ts';
import { createService } from '../../src/daemon/service.ts';
import { openStore } from '../../src/store/store.ts';
import { hostOf } from './build-run.ts';
import { NOW } from './build-snapshot.ts';
import { GIB } from './build-task.ts';

const DOCTOR = { ok: true, driver: 'v2', checks: [] };

export function serviceOf(t: TestContext) {
  const home = mkdtempSync(join(tmpdir(), 'babysit-service-'));
  const store = openStore(join(home, 'babysit.db'));
  const loaded = loadConfig(join(home, 'config.json'), {});
  const capacity = hostOf(24, 8, loaded.config);
  /** A full host: nothing fits until a test makes room. */
  const host = { totalBytes: capacity.memTotalBytes, availableBytes: 0, freeDisk: 100 * GIB, monoMs: 0 };
  const clock = {
    now: () => {
      host.monoMs += 1;
      return { wallMs: NOW + host.monoMs, monoMs: host.monoMs };
    },
  };
  const driver: Driver = {
    kind: 'v2',
    create: (name) => {
      throw new DriverError('EBUSY', name, `no group ${name} today`);
    },
    open: emptyGroup,
    list: () => [],
  };
  const tasksDir = join(home, 'tasks');
  const log = pino({ level: 'silent' });
  const engine = new Engine({
    driver,
    clock,
    store,
    log,
    tasksDir,
    tools: { cat: '', env: '', nice: '', bash: '', setsid: null },
    spawner: { start() {}, close() {} },
    bootId: 'boot-1',
    capacity,
    envelopeRules: envelopeRules(loaded.config, capacity.memTotalBytes),
    watchRules: watchRules(loaded.config, capacity.memTotalBytes, true),
    monitorIntervalMs: 1000,
    killGraceMs: 1000,
    readHost: () => host,
  });
  const service = createService({
    engine,
    store,
    clock,
    loaded,
    capacity,
    home,
    tasksDir,
    driver: 'v2',
    version: '0.0.0',
    instance: 'instance-1',
    startedAt: NOW,
    readHost: () => host,
    freeDisk: () => host.freeDisk,
    doctor: async () => DOCTOR,
    stop: () => {},
  });
  const app = buildApp(service, { maxBodyBytes: 100_000, onInternalError: () => {} });
  t.after(async () => {
    engine.stop();
    await app.close();
    store.close();
    rmSync(home, { recursive: true, force: true });
  });
  /** Starts as the daemon does, with the record as a daemon before it has left it. */
  const restart = () => recover(engine, { store, driver, clock, log, bootId: 'boot-1', tasksDir });
  return { app, service, store, host, engine, tasksDir, restart };
}

/** A group whose last process has gone. */
function emptyGroup(ref: GroupRef): Group {
  const nothing = () => {};
  return {
    ref,
    entryFiles: [],
    attach: nothing,
    setLimits: nothing,
    usage: () => null,
    counterFiles: [],
    usageFrom: () => null,
    populated: () => false,
    pids: () => [],
    signal: () => 0,
    killAll: nothing,
    freeze: nothing,
    thaw: nothing,
    remove: () => true,
    watch: () => nothing,
    close: nothing,
  };
}
