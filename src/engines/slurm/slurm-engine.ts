// The engine of a Slurm cluster: a job for each attempt. Its own supervisor writes the records on the shared directory.
import { join } from 'node:path';
import { BabysitError } from '../../core/errors.ts';
import { CAP_FACTOR } from '../../core/estimate.ts';
import type { Attempt, GroupRef, Task, TaskId } from '../../core/task.ts';
import { readRecords } from '../../exec/records.ts';
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
import { openLane } from './client/lane.ts';
import type { SlurmClient, Submission } from './client/slurm-client.ts';
import { Job, type JobLimits, outputOf } from './job.ts';
import { lossOf, startFailure } from './job-end.ts';
import {
  jobScript,
  NOT_SHARED,
  removeJobFile,
  type SharedFiles,
  writeJobFile,
  writeSharedFiles,
} from './job-files.ts';
import { jobPlace } from './place.ts';
import { nextPollMs, type PollPace } from './poll-pace.ts';
import { readUse } from './usage-file.ts';

export interface SlurmEngineDeps {
  readonly client: SlurmClient;
  /** On the file system that the nodes share. */
  readonly tasksDir: string;
  /** Of the database: part of each job's comment. */
  readonly identity: string;
  readonly pace: PollPace;
  /** Time that Slurm grants beyond the kill timeout, so that the watchdog's kill comes first. */
  readonly graceMs: number;
  readonly log: { warn(data: object, message: string): void; info(data: object, message: string): void };
  reports(): EngineReports;
  nowMs(): number;
}

const SUBMIT_AT_ONCE = 8;
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 15_000;
/** A kill by the agent of the job takes up to a second; one by Slurm ends the supervisor, too. */
const DESTROY_AFTER_MS = 5_000;
/** Slurm plans anew at distances of about this size. */
const FORECAST_MS = 30_000;
/** An exit by a signal waits this long for Slurm to say whether it sent it. */
const ASK_WHY_MS = 20_000;
const ASK_AGAIN_MS = 200;
/** A submission waits this long for a forecast. */
const ANSWER_MS = 2_000;
/** What a job script gets for its own programs. The launch script sets the caller's variables. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin' };

export class SlurmEngine implements QueueEngine {
  readonly tasksDir: string;
  readonly fixedWhileRunning = 'memory and cores';
  readonly #deps: SlurmEngineDeps;
  readonly #jobs = new Map<TaskId, Job>();
  /** Files are written in small groups: a thousand at once would keep the loop busy. */
  readonly #turns = openLane(SUBMIT_AT_ONCE);
  readonly #stop = new AbortController();
  #shared: SharedFiles | null = null;
  #timer: NodeJS.Timeout | null = null;
  #dueAt = 0;
  #isPolling = false;
  #lastMs = 0;
  #stopBell: (() => void) | null = null;
  #forecastAt = 0;
  #isUnreachable = false;

  constructor(deps: SlurmEngineDeps) {
    this.#deps = deps;
    this.tasksDir = deps.tasksDir;
  }

  refOf(name: string): GroupRef {
    return { driver: 'slurm', name, job: null };
  }

  submit(handover: Handover): void {
    void this.#submit(this.#add(handover, null), false);
  }

  async expectedStart({ memBytes, cpuCores, killTimeoutMs }: EngineNeed): Promise<number | null> {
    const answer = this.#deps.client.testOnly({
      name: 'babysit-test',
      comment: '',
      script: '#!/bin/sh\n',
      cwd: '/',
      environment: ENVIRONMENT,
      outputPath: '/dev/null',
      timeLimitMs: killTimeoutMs + this.#deps.graceMs,
      memBytes: Math.floor(CAP_FACTOR * memBytes),
      cpus: Math.ceil(cpuCores),
      gpus: 0,
      licenses: [],
      after: [],
      arraySize: null,
    });
    const late = new Promise<null>((resolve) => setTimeout(resolve, ANSWER_MS, null).unref());
    return Promise.race([answer.catch(() => null), late]);
  }

  adopt(handover: Handover): void {
    const { job } = handover.attempt.group;
    const id = typeof job === 'string' ? job : null;
    const added = this.#add(handover, id);
    this.#share();
    // The daemon may have died between the submission and its record.
    if (id === null) void this.#submit(added, true);
    this.#poll(0);
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
        const peak = readUse(`${dir}.usage`)?.peakMemBytes ?? 0;
        return lossOf(ended, job.handover.task, job.handover.attempt, nowMs(), peak);
      },
      silent: () => this.#poll(this.#deps.pace.minMs),
      destroy: () => job !== undefined && this.#destroy(job),
    });
  }

  /** The script ends a moment before its job. */
  #askWhy(job: Job): 'unknown' | null {
    const nowMs = this.#deps.nowMs();
    job.askedWhyAt ??= nowMs;
    if (nowMs - job.askedWhyAt > ASK_WHY_MS) return null;
    this.#poll(ASK_AGAIN_MS);
    return 'unknown';
  }

  failureOf(id: TaskId): StartFailure | null {
    const job = this.#jobs.get(id);
    const end = job?.end(this.#deps.nowMs()) ?? null;
    return job === undefined || end === null ? null : startFailure(end, job.output(), NOT_SHARED);
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
    // Its script is about to end by itself.
    const isClosed = readRecords(job.dir).closedAt !== null;
    if (job.id !== null && !job.hasEnded && !isClosed) this.#cancel(job.id);
  }

  adjust(task: Task, attempt: Attempt): void {
    const job = this.#jobs.get(task.id);
    if (job === undefined) return;
    job.handover = { ...job.handover, task, attempt };
    if (job.id !== null) this.#update(job, job.id);
  }

  /** Tells Slurm what it was not told yet. A running job keeps its memory and CPUs. */
  #update(job: Job, id: string): void {
    const wanted = this.#limitsOf(job);
    const { asked } = job;
    const isWaiting = job.reading === null || job.reading.kind === 'pending';
    const change = {
      ...(wanted.timeLimitMs === asked?.timeLimitMs ? {} : { timeLimitMs: wanted.timeLimitMs }),
      ...(!isWaiting || wanted.memBytes === asked?.memBytes ? {} : { memBytes: wanted.memBytes }),
      ...(!isWaiting || wanted.cpus === asked?.cpus ? {} : { cpus: wanted.cpus }),
    };
    job.asked = wanted;
    if (asked === null || Object.keys(change).length === 0) return;
    this.#deps.client.update(id, change).catch((error: Error) => {
      this.#deps.log.warn({ task: job.handover.task.id, message: error.message }, 'job not changed');
      // Only a larger limit can be missing now, and the next change sends it again.
      job.asked = asked;
    });
  }

  queueView(id: TaskId): EngineQueueView | null {
    const job = this.#jobs.get(id);
    if (job === undefined) return null;
    if (job.fault !== null) return { waitingFor: job.fault, expectedStartMs: null };
    const waitingFor = job.reading?.kind === 'pending' ? job.reading.waitingFor : 'Slurm';
    return { waitingFor, expectedStartMs: job.expectedStartMs };
  }

  close(): void {
    this.#stop.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#stopBell?.();
  }

  #dirOf(id: TaskId, attempt: number): string {
    return join(this.tasksDir, id, String(attempt));
  }

  #add(handover: Handover, jobId: string | null): Job {
    const { task, attempt } = handover;
    const comment = `babysit:${this.#deps.identity}:${task.id}:${attempt.number}`;
    const job = new Job(handover, this.#dirOf(task.id, attempt.number), comment, jobId, this.#deps.nowMs());
    this.#jobs.set(task.id, job);
    return job;
  }

  /** Repeats the submission until Slurm has answered. `looksFirst`: an earlier try may have succeeded. */
  async #submit(job: Job, looksFirst: boolean): Promise<void> {
    const { client, reports } = this.#deps;
    const { task, attempt } = job.handover;
    for (
      let isSent = looksFirst, waitMs = RETRY_MS;
      !job.isReleased;
      waitMs = Math.min(RETRY_MAX_MS, 2 * waitMs)
    ) {
      try {
        await this.#turns.run(async () => {
          const known = isSent ? await client.findByComment(job.comment) : null;
          if (job.isReleased) return;
          if (known === null) this.#writeFiles(job);
          isSent = true;
          job.asked = this.#limitsOf(job);
          job.id = known?.id ?? (await client.submit(this.#submission(job)));
        });
        job.fault = null;
        break;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const message = (error as Error).message;
        if (error instanceof BabysitError && error.code !== 'engine_unreachable') {
          reports().refused(task.id, attempt.number, error);
          return;
        }
        this.#unreachable(message);
        job.fault = message;
        await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
      }
    }
    if (this.#stop.signal.aborted || job.id === null) return;
    if (job.isReleased) return this.#cancel(job.id);
    reports().queued(task.id, attempt.number, { ...attempt.group, job: job.id });
    this.#update(job, job.id);
    this.#poll(this.#deps.pace.minMs);
  }

  /** Listens to the jobs of an earlier daemon. */
  #share(): void {
    try {
      this.#shared ??= writeSharedFiles(this.tasksDir);
      this.#listen(this.#shared);
    } catch (error) {
      this.#unreachable((error as Error).message);
    }
  }

  /** Throws when the shared directory is full or away. */
  #writeFiles(job: Job): void {
    this.#shared ??= writeSharedFiles(this.tasksDir);
    this.#listen(this.#shared);
    writeJobFile(job.handover.describe(), job.handover.task.id, this.#shared);
  }

  #limitsOf({ handover: { task, attempt } }: Job): JobLimits {
    return {
      timeLimitMs: task.limits.killTimeoutMs + this.#deps.graceMs,
      memBytes: attempt.envelope.memMaxBytes,
      cpus: attempt.envelope.cpuMaxCores,
    };
  }

  #submission(job: Job): Submission {
    const { handover, comment, dir } = job;
    const { task } = handover;
    return {
      name: task.name,
      comment,
      script: jobScript(dir),
      // The launch script enters the directory of the task, and reports one that a node does not have.
      cwd: '/',
      environment: ENVIRONMENT,
      outputPath: outputOf(dir),
      ...this.#limitsOf(job),
      gpus: 0,
      licenses: [],
      after: [],
      arraySize: null,
    };
  }

  #destroy(job: Job): void {
    const nowMs = this.#deps.nowMs();
    job.destroySince ??= nowMs;
    if (job.id === null || nowMs - job.destroySince < DESTROY_AFTER_MS) return;
    job.destroySince = nowMs;
    this.#deps.client.signal(job.id, 'SIGKILL').catch((error: Error) => this.#unreachable(error.message));
  }

  /** A job that stays in the queue of Slurm for lack of an answer finds that its attempt was withdrawn. */
  #cancel(id: string): void {
    this.#deps.client.cancel(id).catch((error: Error) => this.#unreachable(error.message));
  }

  /** Asks Slurm in `inMs` at the latest. */
  #poll(inMs: number): void {
    const dueAt = this.#deps.nowMs() + inMs;
    if (this.#stop.signal.aborted || (this.#timer !== null && this.#dueAt <= dueAt)) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#ask();
    }, inMs);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    try {
      await this.#look();
      if (this.#isUnreachable) this.#deps.log.info({}, 'Slurm answers again');
      this.#isUnreachable = false;
    } catch (error) {
      this.#unreachable((error as Error).message);
    }
    this.#isPolling = false;
    if (this.#jobs.size === 0) return;
    const { pace, nowMs } = this.#deps;
    this.#lastMs = nextPollMs(this.#jobs.values(), this.#lastMs, nowMs(), pace);
    this.#poll(this.#lastMs);
  }

  async #look(): Promise<void> {
    const { client, reports, nowMs } = this.#deps;
    const asked = [...this.#jobs.values()].filter(({ id, hasEnded }) => id !== null && !hasEnded);
    const rows = new Map(
      (await client.jobs(asked.flatMap(({ id }) => id ?? []))).map((row) => [row.id, row] as const),
    );
    for (const job of asked) {
      const row = rows.get(job.id ?? '');
      const isOwn = row?.comment === job.comment;
      if (row !== undefined && isOwn) job.see(row, nowMs());
      else if (job.miss()) await this.#find(job);
    }
    if (nowMs() - this.#forecastAt >= FORECAST_MS) await this.#forecast(asked);
    // A job that runs may just have written its first record, and one that has ended its last.
    for (const job of this.#jobs.values())
      if (job.reading !== null && job.reading.kind !== 'pending') reports().changed(job.handover.task.id);
      else if (job.hasEnded) reports().changed(job.handover.task.id);
  }

  async #forecast(jobs: readonly Job[]): Promise<void> {
    const waiting = jobs.filter(({ reading }) => reading?.kind === 'pending');
    if (waiting.length === 0) return;
    this.#forecastAt = this.#deps.nowMs();
    const starts = await this.#deps.client.expectedStarts(waiting.flatMap(({ id }) => id ?? []));
    for (const job of waiting) job.expectedStartMs = starts.get(job.id ?? '') ?? null;
  }

  async #find(job: Job): Promise<void> {
    const { client, reports, nowMs } = this.#deps;
    const found = await client.findByComment(job.comment);
    if (job.isReleased) return;
    if (found === null) return job.forgotten(nowMs());
    job.found(found.id);
    const { task, attempt } = job.handover;
    reports().queued(task.id, attempt.number, { ...attempt.group, job: found.id });
  }

  #unreachable(message: string): void {
    if (!this.#isUnreachable)
      this.#deps.log.warn({ message }, 'Slurm does not answer; tasks keep their state');
    this.#isUnreachable = true;
  }

  #listen({ bell }: SharedFiles): void {
    this.#stopBell ??= listenToBell(bell, (taskId) => {
      const id = taskId as TaskId;
      if (this.#jobs.has(id)) this.#deps.reports().changed(id);
      this.#poll(this.#deps.pace.minMs);
    });
  }
}
