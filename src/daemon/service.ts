// The verbs of the API on top of the engine and the record.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigView, DoctorView } from '../api/schemas/daemon.ts';
import type { TaskView } from '../api/schemas/task.ts';
import type { Service, Subscription } from '../api/service.ts';
import type { LoadedConfig } from '../config/load.ts';
import { SETTING_KEYS, SETTINGS } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import { BabysitError } from '../core/errors.ts';
import type { RecordedEvent } from '../core/events.ts';
import { isActive, isEnded, type KillIntent, type Task, type TaskId } from '../core/task.ts';
import { recoverRotation } from '../exec/rotate.ts';
import type { Store } from '../store/store.ts';
import type { WatchMemory } from '../watchdog/memory.ts';
import { adjust } from './adjust.ts';
import { batchLine } from './batch-line.ts';
import { type CleanDeps, clean } from './cleaning.ts';
import type { Engine } from './engine.ts';
import { findTask } from './find.ts';
import { logChanged } from './follow-log.ts';
import { readHeartbeats } from './heartbeat.ts';
import { createInbox } from './inbox.ts';
import { logRange, logStream } from './log-stream.ts';
import { attemptPaths } from './paths.ts';
import { profileView } from './profiles.ts';
import type { Stage } from './stage.ts';
import { type StatusDeps, statusView } from './status-view.ts';
import { createSubmit, type SubmitDeps } from './submit.ts';
import { openTicket } from './ticket.ts';
import { type LiveFigures, taskView } from './views.ts';
import { waitingView } from './waits.ts';

export interface ServiceDeps extends StatusDeps, CleanDeps, Omit<SubmitDeps, 'config'> {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
  readonly loaded: LoadedConfig;
  readonly tasksDir: string;
  readonly instance: string;
  doctor(): Promise<DoctorView>;
  stop(killTasks: boolean): void;
}

/** Beyond it the plan is too dear for an answer to a submission; `status` and `list` tell. */
const PLANNED_AT_ONCE = 500;

export function createService(deps: ServiceDeps): Service {
  const { engine, store, clock, loaded } = deps;
  const submit = createSubmit({ ...deps, config: loaded.config });
  const inbox = createInbox(store, clock, deps.log);

  const figures = (task: Task): LiveFigures | null => {
    const live = isActive(task.state) ? engine.attempt(task.id) : undefined;
    return live?.memory ? liveFigures(live.memBytes, live.memory) : null;
  };
  const progressOf = (id: TaskId) => engine.attempt(id)?.progress.progress(clock.now().monoMs) ?? null;
  const show = (task: Task, isPlanned = true): TaskView =>
    taskView(task, {
      nowMs: clock.now().wallMs,
      live: figures(task),
      progress: isActive(task.state) ? progressOf(task.id) : null,
      waiters: engine.hub.count(task.id),
      waiting: isPlanned ? waitingView(task, engine) : null,
      logPath: task.attempts === 0 ? null : attemptPaths(deps.tasksDir, task.id, task.attempts).log,
    });
  /** A live task by its id costs no query. */
  const find = (ref: string): Task => engine.live.get(ref as TaskId) ?? findTask(store, ref);
  const known = (id: TaskId): Task => {
    const task = engine.live.get(id) ?? store.byId(id);
    if (task === null) throw new BabysitError('not_found', `no task has the id ${id}`);
    return task;
  };
  const shown = (id: TaskId): TaskView => show(known(id));
  /** The log of the last attempt. */
  const logOf = (ref: string): { task: Task; path: string } => {
    const task = find(ref);
    if (task.attempts === 0) throw new BabysitError('no_log', `"${task.name}" has not started`);
    const { log } = attemptPaths(deps.tasksDir, task.id, task.attempts);
    // No daemon may have come between the interruption of a rotation and the end of the attempt.
    if (engine.attempt(task.id) === undefined) recoverRotation(log);
    return { task, path: log };
  };

  /** Runs `apply` in the next round; resolves with what it returned once that is committed. */
  const inRound = <T>(apply: (stage: Stage) => T): Promise<T> =>
    new Promise((resolve, reject) => {
      let value: T;
      engine.request({
        apply: (stage) => {
          value = apply(stage);
        },
        resolve: () => resolve(value),
        reject,
      });
    });
  /** Stages a change of the live task `ref` names. */
  const change = async (ref: string, apply: (stage: Stage, task: Task) => void): Promise<TaskView> => {
    const found = find(ref);
    await inRound((stage) => {
      const task = stage.get(found.id) ?? known(found.id);
      if (isEnded(task.state))
        throw new BabysitError('already_ended', `"${found.name}" is ${task.state.status}`, {
          name: found.name,
          task_status: task.state.status,
        });
      apply(stage, task);
    });
    return shown(found.id);
  };

  return {
    ping: () => ({ ok: true, pid: process.pid, version: deps.version, instance: deps.instance }),
    status: () => statusView(deps, figures, clock.now().wallMs),
    doctor: deps.doctor,
    config: () => configView(deps),
    async run(run) {
      const { task, isDeduplicated } = await inRound((stage) => submit(stage, run));
      const view = show(known(task.id), engine.live.queue.size <= PLANNED_AT_ONCE);
      return isDeduplicated ? { ...view, deduplicated: true } : view;
    },
    batch: (lines) => inRound((stage) => lines.map((line) => batchLine(line, (run) => submit(stage, run)))),
    list: ({ project, owner, tag, statuses, sinceMs }) =>
      store
        .list({
          ...(project === null ? {} : { project }),
          ...(owner === null ? {} : { owner }),
          ...(statuses === null ? {} : { statuses }),
          ...(sinceMs === null ? {} : { endedSince: clock.now().wallMs - sinceMs }),
        })
        .filter((task) => tag === null || task.tags.includes(tag))
        .map((task) => show(task)),
    task: (ref) => show(find(ref)),
    kill: (ref, signal) =>
      change(ref, (stage, task) => {
        const at = stage.now.wallMs;
        const intent: KillIntent = { reason: 'manual', at, detail: { signal }, signal, killedAt: null };
        stage.change(task.id, { kind: 'request_kill', intent });
      }),
    pause: (ref) =>
      change(ref, (stage, task) => {
        if (task.state.status === 'pending') throw notRunning(task, 'paused');
        stage.change(task.id, { kind: 'pause', at: stage.now.wallMs });
      }),
    resume: (ref) =>
      change(ref, (stage, task) => {
        if (task.state.status === 'pending') throw notRunning(task, 'resumed');
        stage.change(task.id, { kind: 'resume', at: stage.now.wallMs });
      }),
    adjust: (ref, adjustment) => change(ref, (stage, task) => adjust(deps, stage, task, adjustment)),
    async retry(ref) {
      const found = find(ref);
      await inRound((stage) => retry(stage, found));
      return shown(found.id);
    },
    awaitCapacity: (request, listener) => openTicket(deps, request, listener),
    heartbeats: async (ref) => readHeartbeats(join(deps.tasksDir, find(ref).id)),
    profile: () => profileView(deps.profiles),
    async switchProfile(profile) {
      await deps.profiles.switchTo(profile, 'hand', engine);
      return profileView(deps.profiles);
    },
    clean: (query) => clean(deps, query),
    async backup(path) {
      if (existsSync(path)) throw new BabysitError('usage', `path: ${path} exists already`, { path });
      try {
        await store.backup(path);
      } catch (error) {
        throw new BabysitError('usage', `path: ${path} cannot be written: ${(error as Error).message}`, {
          path,
        });
      }
      return { path, bytes: statSync(path).size };
    },
    log: (ref, query) => {
      const { task, path } = logOf(ref);
      const changed = () => logChanged(engine, task.id, path);
      return logStream({ path, changed }, query, clock.now().wallMs);
    },
    async logRange(ref, query) {
      const { task, path } = logOf(ref);
      return { id: task.id, name: task.name, ...(await logRange(path, query, clock.now().wallMs)) };
    },
    events: (ref, after) => subscribe(deps, find(ref), after),
    inbox: inbox.take,
    see: inbox.see,
    view: shown,
    stop: deps.stop,
  };
}

function notRunning(task: Task, what: string): BabysitError {
  return new BabysitError('not_running', `"${task.name}" is ${task.state.status} and cannot be ${what}`, {
    name: task.name,
    task_status: task.state.status,
  });
}

function retry(stage: Stage, found: Task): void {
  const task = stage.get(found.id) ?? found;
  if (!isEnded(task.state)) throw notRunning(task, 'retried before it has ended');
  const holder = stage.byName(task.name);
  if (holder !== undefined && holder.id !== task.id)
    throw new BabysitError('name_taken', `"${task.name}" is the name of a live task`, { name: task.name });
  stage.change(task.id, { kind: 'retry' }, task);
}

function liveFigures(memBytes: number, { cpu, silentMs }: WatchMemory): LiveFigures {
  return {
    memBytes,
    cpuCores: cpu.cores === null ? null : Math.round(cpu.cores * 100) / 100,
    silentMs: Math.round(silentMs),
  };
}

function subscribe({ engine, store }: ServiceDeps, task: Task, after: number): Subscription {
  let stopListening: (() => void) | null = null;
  let isStopped = false;
  return {
    backlog: backlog(store, task, after),
    start(listener) {
      if (!isStopped) stopListening = engine.hub.listen(task.id, listener);
    },
    stop() {
      isStopped = true;
      stopListening?.();
    },
  };
}

/**
 * Who comes after the end hears how it ended, not the whole story; who comes back hears what it has missed. A task that
 * was retried ended before, and lives on.
 */
function backlog(store: Store, task: Task, after: number): readonly RecordedEvent[] {
  const events = store.eventsAfter(task.id, after);
  const end = events.findLastIndex(isEnd);
  if (!isEnded(task.state)) return events.slice(end + 1);
  if (after === 0 || end < 0) return store.eventsAfter(task.id, 0).filter(isEnd).slice(-1);
  return events.slice(events.slice(0, end).findLastIndex(isEnd) + 1, end + 1);
}

function isEnd(event: RecordedEvent): boolean {
  return event.event === 'ended';
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
