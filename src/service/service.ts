// Connects the API to the verbs, one file each.
import { join } from 'node:path';
import type { DoctorView } from '../api/schemas/daemon.ts';
import type { Service } from '../api/service.ts';
import { readHeartbeats } from '../engine/attempt/heartbeat.ts';
import { listensOn } from '../procfs/process/listening.ts';
import { backup } from './backup.ts';
import { batch } from './batch.ts';
import { adjust } from './change/adjust.ts';
import { kill } from './change/kill.ts';
import { pause } from './change/pause.ts';
import { resume } from './change/resume.ts';
import { retry } from './change/retry.ts';
import { type CleanDeps, clean } from './clean.ts';
import { configView, type SetConfigDeps, setConfig } from './config.ts';
import { learned } from './estimates.ts';
import { allEvents, events } from './events.ts';
import { hold, holdsView, release } from './hold.ts';
import { createInbox } from './inbox.ts';
import { noteLever, takeLeverUses } from './levers.ts';
import { list } from './list.ts';
import { log, rangeOfLog } from './log.ts';
import { selectTasks } from './lookup/resolve.ts';
import { createTaskAccess } from './lookup/task-access.ts';
import { historySummary, type SummaryDeps } from './observe/history-summary.ts';
import { LiveStream } from './observe/live.ts';
import { Metrics } from './observe/metrics.ts';
import { type OutsideDeps, outside } from './observe/outside.ts';
import { type SeriesDeps, series } from './observe/series.ts';
import { profileView } from './profile.ts';
import { createSubmit, run, type Submit, type SubmitDeps } from './run.ts';
import { sent } from './sent.ts';
import { hostStatus, type StatusDeps, statusView } from './status.ts';
import { batchAnywhere, runAnywhere, testedElsewhere } from './submission/elsewhere.ts';
import { testRun } from './test-run.ts';
import { deliveryViews } from './views/deliveries.ts';
import { noteOf } from './views/note.ts';
import { unenforcedViews } from './views/unenforced.ts';
import { waitForCapacity } from './wait-for-capacity.ts';

/** Of the host's processes, where a group needs it. */
const SCAN_AGE_MS = 200;

export interface ServiceDeps
  extends StatusDeps,
    CleanDeps,
    SetConfigDeps,
    SeriesDeps,
    SummaryDeps,
    OutsideDeps,
    Omit<SubmitDeps, 'config'> {
  readonly instance: string;
  /** Uses of levers while no daemon ran. */
  readonly leverUses: string;
  doctor(): Promise<DoctorView>;
  stop(killTasks: boolean): void;
}

export function createService(deps: ServiceDeps): Service {
  const { engine, store, clock, profiles, settings } = deps;
  const { loaded } = settings;
  const tasks = createTaskAccess(deps);
  const metrics = new Metrics(engine);
  const { submit: uncounted, test } = createSubmit({ ...deps, config: loaded.config });
  const submit: Submit = (...submission) => metrics.submitting(() => uncounted(...submission));
  const unenforced = unenforcedViews(deps.notEnforced);
  const elsewhere = { engine, config: loaded.config, nowMs: () => clock.now().wallMs };
  const live = new LiveStream(deps, tasks);
  takeLeverUses(deps.leverUses, tasks).catch((error: unknown) =>
    deps.log.error({ err: error }, 'uses of levers not recorded'),
  );
  const inbox = createInbox(store, clock, deps.log);
  return {
    ping: () => ({ ok: true, pid: process.pid, version: deps.version, instance: deps.instance }),
    status: () => statusView(deps),
    doctor: deps.doctor,
    config: () => configView(deps.home, loaded),
    setConfig: (body) => setConfig(deps, body),
    run: async (request) => ({
      ...(await runAnywhere(elsewhere, request, (each) => run(deps, tasks, submit, each))),
      ...unenforced(),
    }),
    testRun: async (request) => {
      const view = await runAnywhere(elsewhere, request, (each) => testRun(deps, tasks, test, each));
      return testedElsewhere(elsewhere, request, view);
    },
    async batch(request) {
      const anywhere = await batchAnywhere(elsewhere, request.lines);
      const id = deps.newId(clock.now().wallMs);
      const submitLine: Submit = (work, line, name) => anywhere(line, (each) => submit(work, each, name));
      return { ...(await batch({ clock, tasks, submit: submitLine }, request, id)), ...unenforced() };
    },
    list: (query) => list(deps, tasks, query, clock.now().wallMs),
    resolve: (ref, project) => tasks.find(ref, project).id,
    select: (query) => selectTasks(store, query, clock.now().wallMs),
    async task(ref) {
      const task = tasks.find(ref);
      return { ...(await tasks.planned(task)), ...deliveryViews(store.deliveries, task.id) };
    },
    kill: (ref, request, by) => kill(tasks, ref, request, by, loaded.config['agents.may_kill_others']),
    pause: (ref, _, by) => pause(tasks, ref, by),
    resume: (ref, _, by) => resume(tasks, ref, by),
    async adjust(ref, adjustment, by) {
      const view = await tasks.change(ref, (work, task) => adjust(deps, work, task, adjustment, by));
      return { ...view, ...noteOf(adjustment.cpuCores, view.estimated_cpu_cores) };
    },
    retry: (ref, request) => retry(deps, tasks, ref, request),
    awaitCapacity: (request, listener) => waitForCapacity(deps, request, listener),
    heartbeats: (ref) => readHeartbeats(join(deps.tasksDir, tasks.find(ref).id)),
    learned: (query) => learned(store, query, loaded.config['defaults.estimated_time']),
    forget: (project, line) => ({
      command: line,
      forgotten: store.learned.forget(project, { kind: 'shell', line }),
    }),
    profile: () => profileView(profiles),
    async switchProfile(profile) {
      await profiles.switchTo(profile, 'hand', engine);
      return profileView(profiles);
    },
    holds: () => holdsView(engine, clock.now().wallMs),
    hold: (request) => hold(engine, tasks, request, () => clock.now().wallMs),
    release: (request) => release(engine, tasks, request, () => clock.now().wallMs),
    noteLever: (use) => noteLever(deps, tasks, use),
    clean: (query) => clean(deps, query),
    backup: (path) => backup(store, path),
    log: (ref, query, reader) => log(deps, tasks, ref, query, reader),
    logRange: (ref, query) => rangeOfLog(deps, tasks, ref, query),
    events: (ref, after) => events(engine, store, tasks.find(ref), after),
    allEvents: (query) => allEvents(engine, store, query),
    listens: (id, port) => listensOn(engine.attempt(id)?.group.pids(SCAN_AGE_MS) ?? [], port),
    inbox: inbox.take,
    see: inbox.see,
    sent: (report) => sent(store, clock, report),
    view: (id) => tasks.view(tasks.byId(id), null),
    planned: (id) => tasks.planned(tasks.byId(id)),
    historySummary: (query) => historySummary(deps, query),
    viewAtEnd: tasks.viewAtEnd,
    series: (ref, request) => series(deps, ref === null ? null : tasks.find(ref).id, request),
    live: (subscriber) => live.subscribe(subscriber),
    outside: (sinceMs) => outside(deps, sinceMs),
    metricsText: () => metrics.text(hostStatus(deps, clock.now().wallMs)),
    stop: deps.stop,
  };
}
