// The verbs of the API on top of the engine and the record.
import { watch } from 'node:fs';
import { hostname } from 'node:os';
import { monotonicFactory } from 'ulid';
import type { RunSubmission, Service, Subscription } from '../api/service.ts';
import type { ConfigView, DoctorView, StatusView, TaskView } from '../api/shapes.ts';
import type { LoadedConfig } from '../config/load.ts';
import { SETTING_KEYS, SETTINGS } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import { BabysitError } from '../core/errors.ts';
import { isActive, isEnded, type KillIntent, type Task, type TaskId } from '../core/task.ts';
import type { HostMemory } from '../host/memory.ts';
import { admit } from '../scheduler/admission.ts';
import { type Blocked, explainQueue } from '../scheduler/explain.ts';
import { ledger } from '../scheduler/ledger.ts';
import type { Capacity } from '../scheduler/snapshot.ts';
import type { Store } from '../store/store.ts';
import { formatSize } from '../units/size.ts';
import type { WatchMemory } from '../watchdog/memory.ts';
import type { Engine } from './engine.ts';
import { findTask } from './find.ts';
import { logStream } from './log-stream.ts';
import { attemptPaths } from './paths.ts';
import { pendingItem } from './picture.ts';
import { blockedView, refusal } from './refusal.ts';
import type { Stage } from './stage.ts';
import { taskFrom } from './submission.ts';
import { type LiveFigures, taskView } from './views.ts';

export interface ServiceDeps {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
  readonly loaded: LoadedConfig;
  readonly capacity: Capacity;
  readonly home: string;
  readonly tasksDir: string;
  readonly driver: string;
  readonly version: string;
  readonly instance: string;
  readonly startedAt: number;
  readHost(): HostMemory;
  freeDisk(): number;
  doctor(): Promise<DoctorView>;
  stop(killTasks: boolean): void;
}

type Waits = ReadonlyMap<TaskId, Blocked>;

export function createService(deps: ServiceDeps): Service {
  const { engine, store, clock, loaded, capacity } = deps;
  const newId = monotonicFactory();

  const queue = (): Waits => explainQueue(engine.snapshot(), clock.now().wallMs);
  const show = (task: Task, waits?: Waits): TaskView => {
    const live = isActive(task.state) ? engine.attempt(task.id) : undefined;
    const blocked = task.state.status === 'pending' ? (waits ?? queue()).get(task.id) : undefined;
    return taskView(task, {
      nowMs: clock.now().wallMs,
      live: live?.memory ? liveFigures(live.memBytes, live.memory) : null,
      waiting: blocked === undefined ? null : blockedView(blocked),
      logPath: task.attempts === 0 ? null : attemptPaths(deps.tasksDir, task.id, task.attempts).log,
    });
  };
  const shown = (id: TaskId): TaskView => {
    const task = engine.task(id) ?? store.byId(id);
    if (task === null) throw new BabysitError('not_found', `no task has the id ${id}`);
    return show(task);
  };

  const submit = (stage: Stage, run: RunSubmission): Task => {
    const free = deps.freeDisk();
    const floor = loaded.config['admission.min_free_disk'];
    if (free < floor)
      throw new BabysitError(
        'disk_full',
        `${formatSize(free)} is free in ${deps.home}, the floor is ${formatSize(floor)}`,
      );
    const nowMs = stage.now.wallMs;
    const task = taskFrom(run, {
      config: loaded.config,
      capacity,
      id: newId(nowMs) as TaskId,
      now: nowMs,
      isNameTaken: (name) => stage.isNameTaken(name),
      isNameKnown: (name) => stage.isNameTaken(name) || store.byName(name) !== null,
    });
    const queue = run.queue || loaded.config['admission.when_full'] === 'queue';
    const submission = { item: pendingItem(task), limits: task.limits, queue, force: run.force };
    const admission = admit(engine.snapshot(stage.tasks()), submission, nowMs);
    const refused = refusal(admission, run, nowMs);
    if (refused !== null) throw refused;
    stage.add(task, run.env, { event: 'submitted', queued: admission.kind === 'queue', forced: run.force });
    if (run.force) engine.force(task.id);
    return task;
  };

  return {
    ping: () => ({ ok: true, pid: process.pid, version: deps.version, instance: deps.instance }),
    status: () => statusView(deps, show),
    doctor: deps.doctor,
    config: () => configView(deps),
    run: (run) =>
      new Promise((resolve, reject) => {
        let task: Task | null = null;
        engine.request({
          apply: (stage) => {
            task = submit(stage, run);
          },
          resolve: () => resolve(shown((task as unknown as Task).id)),
          reject,
        });
      }),
    list: ({ project, owner, statuses, sinceMs }) => {
      const tasks = store.list({
        ...(project === null ? {} : { project }),
        ...(owner === null ? {} : { owner }),
        ...(statuses === null ? {} : { statuses }),
        ...(sinceMs === null ? {} : { endedSince: clock.now().wallMs - sinceMs }),
      });
      const waits = queue();
      return tasks.map((task) => show(task, waits));
    },
    task: (ref) => show(findTask(store, ref)),
    kill: (ref, signal) =>
      new Promise((resolve, reject) => {
        const found = findTask(store, ref);
        const detail = { signal };
        engine.request({
          apply: (stage) => {
            const task = stage.get(found.id);
            if (task === undefined || isEnded(task.state))
              throw new BabysitError('already_ended', `"${found.name}" is ${shown(found.id).status}`, {
                name: found.name,
                task_status: shown(found.id).status,
              });
            const at = stage.now.wallMs;
            const intent: KillIntent = { reason: 'manual', at, detail, signal, killedAt: null };
            stage.change(found.id, { kind: 'request_kill', intent });
          },
          resolve: () => resolve(shown(found.id)),
          reject,
        });
      }),
    log: (ref, query) => {
      const task = findTask(store, ref);
      if (task.attempts === 0) throw new BabysitError('no_log', `"${task.name}" has not started`);
      const { log } = attemptPaths(deps.tasksDir, task.id, task.attempts);
      return logStream({ path: log, changed: () => logChanged(engine, task.id, log) }, query);
    },
    events: (ref, after) => subscribe(deps, show, findTask(store, ref), after),
    view: shown,
    stop: deps.stop,
  };
}

function liveFigures(memBytes: number, { cpu, silentMs }: WatchMemory): LiveFigures {
  return {
    memBytes,
    cpuCores: cpu.cores === null ? null : Math.round(cpu.cores * 100) / 100,
    silentMs: Math.round(silentMs),
  };
}

function subscribe(
  { engine, store }: ServiceDeps,
  show: (task: Task) => TaskView,
  task: Task,
  after: number,
): Subscription {
  let stopListening: (() => void) | null = null;
  let isStopped = false;
  return {
    task: show(task),
    // Who comes after the end hears how it ended, not the whole story.
    backlog: isEnded(task.state)
      ? store.eventsAfter(task.id, 0).filter((event) => event.event === 'ended')
      : store.eventsAfter(task.id, after),
    start(listener) {
      if (!isStopped) stopListening = engine.hub.listen(task.id, listener);
    },
    stop() {
      isStopped = true;
      stopListening?.();
    },
  };
}

/** Resolves on the next change of the log or at the end of the task; true: it has ended. */
function logChanged(engine: Engine, id: TaskId, path: string): Promise<boolean> {
  const hasEnded = () => engine.task(id) === undefined;
  if (hasEnded()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const stops: (() => void)[] = [];
    const settle = () => {
      for (const stop of stops.splice(0)) stop();
      resolve(hasEnded());
    };
    stops.push(
      engine.hub.listen(id, settle),
      (
        (timer) => () =>
          clearTimeout(timer)
      )(setTimeout(settle, FOLLOW_BACKSTOP_MS)),
    );
    try {
      const watcher = watch(path, { persistent: false }, settle);
      watcher.on('error', settle);
      stops.push(() => watcher.close());
    } catch {
      // Not written yet; the backstop looks again.
    }
  });
}

const FOLLOW_BACKSTOP_MS = 500;

function statusView(deps: ServiceDeps, show: (task: Task, waits: Waits) => TaskView): StatusView {
  const { engine, capacity } = deps;
  const snapshot = engine.snapshot();
  const books = ledger(snapshot);
  const host = deps.readHost();
  const waits = explainQueue(snapshot, deps.clock.now().wallMs);
  const views = [...engine.tasks()].map((task) => show(task, waits));
  const active = views.filter((view) => view.status !== 'pending');
  const pending = views.filter((view) => view.status === 'pending');
  return {
    host: {
      hostname: hostname(),
      cores: capacity.cores,
      mem_total_bytes: host.totalBytes,
      mem_available_bytes: host.availableBytes,
    },
    daemon: {
      pid: process.pid,
      version: deps.version,
      started_at: new Date(deps.startedAt).toISOString(),
      driver: deps.driver,
      home: deps.home,
      node: process.version,
    },
    capacity: {
      mem_limit_bytes: capacity.memLimitBytes,
      mem_outside_bytes: snapshot.outsideMemBytes,
      mem_running_bytes: books.memRunningBytes,
      mem_pending_bytes: books.memPendingBytes,
      mem_available_bytes: Math.max(0, books.roomBehindQueue.memBytes),
      cpu_limit_cores: capacity.cpuLimitCores,
      cpu_reserved_cores: books.cpuRunningCores + books.cpuPendingCores,
      cpu_available_cores: Math.max(0, books.roomBehindQueue.cpuCores),
    },
    tasks: {
      running: active.filter((view) => view.status === 'running').length,
      paused: active.filter((view) => view.status === 'paused').length,
      pending: pending.length,
    },
    running: active.map(({ name, id, elapsed_ms, mem_bytes, cpu_cores }) => ({
      name,
      id,
      elapsed_ms: elapsed_ms ?? 0,
      mem_bytes,
      cpu_cores,
    })),
    queue: pending.map(({ name, id, waiting }) => ({ name, id, waiting })),
  };
}

function configView({ home, loaded }: ServiceDeps): ConfigView {
  return {
    home,
    values: SETTING_KEYS.map((key) => ({
      key,
      value: loaded.written[key],
      source: loaded.sources[key],
      help: SETTINGS[key].help,
    })),
  };
}
