// The engine of a Slurm cluster: a job for each attempt. Its own supervisor writes the records on the shared directory.
import { join } from 'node:path';
import { CAP_FACTOR } from '../../core/estimate.ts';
import { type Attempt, type GroupRef, liveAttemptOf, type Task, type TaskId } from '../../core/task.ts';
import type {
  EngineNeed,
  EngineQueueView,
  EngineReports,
  Handover,
  Place,
  QueueEngine,
  StartFailure,
} from '../port.ts';
import { listenToBell } from './bell.ts';
import { Cancellations } from './cancellations.ts';
import type { SlurmClient } from './client/slurm-client.ts';
import { Job, type JobLimits } from './job.ts';
import { JobChanges } from './job-changes.ts';
import { lossOf, startFailure } from './job-end.ts';
import { NOT_SHARED, removeJobFile, type SharedFiles, writeJobFile, writeSharedFiles } from './job-files.ts';
import { indexOf, JobNames } from './job-names.ts';
import { Outbox, type Wanted } from './outbox.ts';
import type { OwnJob } from './own-jobs.ts';
import { jobPlace } from './place.ts';
import type { PollPace } from './poll-pace.ts';
import { readUse } from './usage-file.ts';
import { Watch } from './watch.ts';

export interface SlurmEngineDeps {
  readonly client: SlurmClient;
  /** On the file system that the nodes share. */
  readonly tasksDir: string;
  /** Of the database: part of each job's comment. */
  readonly identity: string;
  readonly pace: PollPace;
  /** Time that Slurm grants beyond the kill timeout, so that the watchdog's kill comes first. */
  readonly graceMs: number;
  /** Pause by Slurm, which frees the CPUs, instead of by signals. */
  readonly suspends: boolean;
  readonly log: { warn(data: object, message: string): void; info(data: object, message: string): void };
  reports(): EngineReports;
  /** A name that no other array has. */
  newArray(): string;
  nowMs(): number;
}

/** A kill by the agent of the job takes up to a second, on a busy node ten; one by Slurm ends the supervisor, too. */
const DESTROY_AFTER_MS = 15_000;
/** An exit by a signal waits this long for Slurm to say whether it sent it. */
const ASK_WHY_MS = 20_000;
const ASK_AGAIN_MS = 200;
/** A submission waits this long for a forecast. */
const ANSWER_MS = 2_000;
const PLAIN = {
  // The launch script enters the directory of the task, and reports one that a node does not have.
  cwd: '/',
  // For the job script's own programs: the launch script sets the caller's variables.
  environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
  gpus: 0,
  licenses: [],
  after: [],
};

export class SlurmEngine implements QueueEngine {
  readonly tasksDir: string;
  readonly fixedWhileRunning = 'memory and cores';
  readonly #deps: SlurmEngineDeps;
  readonly #jobs = new Map<TaskId, Job>();
  readonly #names: JobNames;
  /** The elements of each array that are not released. */
  readonly #elements = new Map<string, number>();
  readonly #outbox: Outbox;
  readonly #watch: Watch;
  readonly #cancellations: Cancellations;
  readonly #changes: JobChanges;
  #isClosed = false;
  #shared: SharedFiles | null = null;
  #stopBell: (() => void) | null = null;
  #isUnreachable = false;

  constructor(deps: SlurmEngineDeps) {
    const { client, tasksDir, identity, nowMs } = deps;
    this.#deps = deps;
    this.tasksDir = tasksDir;
    this.#names = new JobNames(identity, tasksDir);
    this.#outbox = new Outbox({
      client,
      tasksDir,
      names: this.#names,
      newArray: deps.newArray,
      nowMs,
      wanted: (job) => this.#wanted(job),
      write: ({ handover }) => writeJobFile(handover.describe(), handover.task.id, this.#files()),
      accepted: (job, id, array) => this.#accepted(job, id, array),
      refused: ({ handover: { task, attempt } }, error) =>
        deps.reports().refused(task.id, attempt.number, error),
      vanished: (job) => job.forgotten(nowMs()),
      failed: (message) => this.#unreachable(message),
    });
    this.#cancellations = new Cancellations(client, (message) => this.#unreachable(message));
    this.#changes = new JobChanges({
      client,
      get suspends() {
        return deps.suspends;
      },
      log: deps.log,
      refused: ({ handover: { task, attempt } }, error) =>
        deps.reports().adjustRefused(task.id, attempt.number, error),
      own: (job) => this.#own(job),
      limitsOf: (job) => this.#limitsOf(job),
    });
    this.#watch = new Watch({
      client,
      names: this.#names,
      jobs: this.#jobs,
      get pace() {
        return deps.pace;
      },
      nowMs,
      found: (job, id, array) => this.#is(job, id, array),
      changed: (id) => deps.reports().changed(id),
      answered: () => this.#answered(),
      failed: (message) => this.#unreachable(message),
    });
  }

  refOf(name: string): GroupRef {
    return { driver: 'slurm', name, job: null };
  }

  submit(handover: Handover): void {
    this.#outbox.add(this.#add(handover));
  }

  /** Another attempt of such a task would be another job. */
  canFollow(ids: readonly TaskId[]): boolean {
    return ids.every((id) => {
      const job = this.#jobs.get(id);
      if (job === undefined || job.id === null || job.hasEnded) return false;
      const { retry, requeue, state } = job.handover.task;
      return retry === null && !requeue && liveAttemptOf(state)?.kill === null;
    });
  }

  async expectedStart({ memBytes, cpuCores, killTimeoutMs }: EngineNeed): Promise<number | null> {
    const answer = this.#deps.client.testOnly({
      name: 'babysit-test',
      comment: '',
      script: '#!/bin/sh\n',
      ...PLAIN,
      outputPath: '/dev/null',
      timeLimitMs: killTimeoutMs + this.#deps.graceMs,
      memBytes: Math.floor(CAP_FACTOR * memBytes),
      cpus: Math.ceil(cpuCores),
      elements: null,
    });
    const late = new Promise<null>((resolve) => setTimeout(resolve, ANSWER_MS, null).unref());
    return Promise.race([answer.catch(() => null), late]);
  }

  adopt(handover: Handover): void {
    const { job: id, array } = handover.attempt.group;
    const job = this.#add(handover);
    try {
      // Listens to the jobs of an earlier daemon.
      this.#files();
    } catch (error) {
      this.#unreachable((error as Error).message);
    }
    if (typeof id === 'string') this.#is(job, id, typeof array === 'string' ? array : null);
    // The daemon may have died between the submission and its record.
    else this.#outbox.add(job, true);
    this.#watch.look(0);
  }

  open(id: TaskId, attempt: Attempt): Place {
    const job = this.#jobs.get(id);
    const { nowMs } = this.#deps;
    const end = () => job?.end(nowMs()) ?? null;
    const dir = this.#dirOf(id, attempt.number);
    return jobPlace(dir, attempt, {
      isOver: () => end() !== null,
      loss: () => {
        if (job === undefined) return null;
        const ended = job.said;
        if (ended === null) return this.#askWhy(job);
        if (job.awaitsRecords(nowMs())) return 'unknown';
        const peak = readUse(`${dir}.usage`)?.peakMemBytes ?? 0;
        return lossOf(ended, job.handover.task, job.handover.attempt, nowMs(), peak);
      },
      silent: () => this.#watch.look(this.#deps.pace.minMs),
      destroy: () => job !== undefined && this.#destroy(job),
      suspend: (otherwise) => (job === undefined ? otherwise() : this.#changes.suspend(job, otherwise)),
      resume: () => job !== undefined && this.#changes.resume(job),
    });
  }

  /** The script ends a moment before its job. */
  #askWhy(job: Job): 'unknown' | null {
    const nowMs = this.#deps.nowMs();
    job.askedWhyAt ??= nowMs;
    if (nowMs - job.askedWhyAt > ASK_WHY_MS) return null;
    this.#watch.look(ASK_AGAIN_MS);
    return 'unknown';
  }

  failureOf(id: TaskId): StartFailure | null {
    const job = this.#jobs.get(id);
    const nowMs = this.#deps.nowMs();
    const end = job?.end(nowMs) ?? null;
    return job === undefined || end === null || job.awaitsRecords(nowMs)
      ? null
      : startFailure(end, job.printed(), NOT_SHARED);
  }

  release(id: TaskId): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    this.#jobs.delete(id);
    job.isReleased = true;
    try {
      removeJobFile(job.dir);
    } catch {
      // The shared directory is away. The file is only for the user who owns it.
    }
    const own = this.#own(job);
    if (own !== null && !job.hasEnded && !job.isClosed) this.#cancellations.add(own);
    if (job.array !== null) this.#count(job.array, -1);
  }

  adjust(task: Task, attempt: Attempt): void {
    const job = this.#jobs.get(task.id);
    if (job === undefined) return;
    job.handover = { ...job.handover, task, attempt };
    if (job.id !== null) this.#changes.limits(job);
    else this.#outbox.changed(job);
  }

  queueView(id: TaskId): EngineQueueView | null {
    const job = this.#jobs.get(id);
    if (job === undefined) return null;
    return { waitingFor: this.#waitingFor(job), expectedStartMs: job.expectedStartMs };
  }

  #waitingFor({ id, reading }: Job): string {
    if (id === null) return this.#outbox.fault ?? 'Slurm to accept its job';
    if (reading === null) return 'the first report of Slurm about its job';
    return reading.kind === 'pending' ? reading.waitingFor : 'its node to start the command';
  }

  close(): void {
    this.#isClosed = true;
    this.#outbox.close();
    this.#watch.close();
    this.#stopBell?.();
  }

  #dirOf(id: TaskId, attempt: number): string {
    return join(this.tasksDir, id, String(attempt));
  }

  #add(handover: Handover): Job {
    const { task, attempt } = handover;
    const job = new Job(handover, this.#dirOf(task.id, attempt.number), this.#deps.nowMs());
    this.#jobs.set(task.id, job);
    return job;
  }

  #accepted(job: Job, id: string, array: string | null): void {
    if (this.#isClosed) return;
    if (job.isReleased) {
      this.#cancellations.add({ id, comment: this.#names.commentOf(job.key, array) });
      return;
    }
    this.#is(job, id, array);
    this.#changes.limits(job);
    this.#watch.look(this.#deps.pace.minMs);
  }

  #is(job: Job, id: string, array: string | null): void {
    const before = job.array;
    job.is(id, array, array === null ? null : `${this.#names.outputOf(array)}.${indexOf(id)}`);
    if (array !== null) this.#count(array, 1);
    if (before !== null) this.#count(before, -1);
    const { task, attempt } = job.handover;
    const { group } = attempt;
    if (group.job === id) return;
    this.#deps.reports().queued(task.id, attempt.number, { ...group, job: id, array });
  }

  /** Removes the files of an array whose elements are all released. */
  #count(array: string, by: 1 | -1): void {
    const count = (this.#elements.get(array) ?? 0) + by;
    this.#elements.set(array, count);
    if (count > 0) return;
    this.#elements.delete(array);
    // It fails while the shared directory is away.
    void this.#names.forget(array).catch(() => {});
  }

  /** Throws when the shared directory is full or away. */
  #files(): SharedFiles {
    this.#shared ??= writeSharedFiles(this.tasksDir);
    this.#stopBell ??= listenToBell(this.#shared.bell, (taskId) => {
      const id = taskId as TaskId;
      if (this.#jobs.has(id)) this.#deps.reports().changed(id);
      this.#watch.look(this.#deps.pace.minMs);
    });
    return this.#shared;
  }

  #limitsOf({ handover: { task, attempt } }: Job): JobLimits {
    return {
      timeLimitMs: task.limits.killTimeoutMs + this.#deps.graceMs,
      memBytes: attempt.envelope.memMaxBytes,
      cpus: attempt.envelope.cpuMaxCores,
    };
  }

  #wanted(job: Job): Wanted {
    const { task } = job.handover;
    return {
      ...PLAIN,
      ...this.#limitsOf(job),
      gpus: task.resources?.gpus ?? 0,
      licenses: task.resources?.named ?? [],
      after: this.#dependenciesOf(task),
    };
  }

  /** Of a task that still waits for others: the jobs of those. */
  #dependenciesOf({ state, after }: Task): Wanted['after'] {
    const kind = after?.mode === 'any' ? 'afterany' : 'afterok';
    const ids = state.status === 'pending' ? state.waitsFor : [];
    return ids.flatMap((id) => {
      const job = this.#jobs.get(id);
      const own = job === undefined ? null : this.#own(job);
      return own === null ? [] : [{ ...own, kind }];
    });
  }

  #destroy(job: Job): void {
    const nowMs = this.#deps.nowMs();
    job.destroySince ??= nowMs;
    const own = this.#own(job);
    if (own === null || nowMs - job.destroySince < DESTROY_AFTER_MS) return;
    job.destroySince = nowMs;
    void this.#cancellations.kill(own);
  }

  /** Null until Slurm has accepted it. */
  #own({ id, key, array }: Job): OwnJob | null {
    return id === null ? null : { id, comment: this.#names.commentOf(key, array) };
  }

  #unreachable(message: string): void {
    if (!this.#isUnreachable)
      this.#deps.log.warn(
        { message },
        'Slurm or its shared directory is not available; tasks keep their state',
      );
    this.#isUnreachable = true;
  }

  #answered(): void {
    if (this.#isUnreachable) this.#deps.log.info({}, 'Slurm is available again');
    this.#isUnreachable = false;
    this.#changes.repeat();
  }
}
