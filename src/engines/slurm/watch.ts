// Asks Slurm about all jobs at once: what they do, when the pending ones are expected to start, and where lost ones are.
import type { TaskId } from '../../core/task.ts';
import type { SlurmClient } from './client/slurm-client.ts';
import type { Job } from './job.ts';
import type { JobNames } from './job-names.ts';
import { nextPollMs, type PollPace } from './poll-pace.ts';

export interface WatchDeps {
  readonly client: Pick<SlurmClient, 'jobs' | 'ownJobs' | 'expectedStarts' | 'bootedAt'>;
  readonly names: JobNames;
  readonly jobs: ReadonlyMap<TaskId, Job>;
  readonly pace: PollPace;
  nowMs(): number;
  /** Its job has another id than before. */
  found(job: Job, id: string, array: string | null): void;
  /** Its attempt may have begun, ended, or been lost. */
  changed(id: TaskId): void;
  answered(): void;
  failed(message: string): void;
}

/** Slurm makes a new plan at distances of about this size. */
const FORECAST_MS = 30_000;

export class Watch {
  readonly #deps: WatchDeps;
  #timer: NodeJS.Timeout | null = null;
  #dueAt = 0;
  #isAsking = false;
  #isClosed = false;
  #lastMs = 0;
  #forecastAt = 0;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  /** Asks in `inMs` at the latest. */
  look(inMs: number): void {
    const dueAt = this.#deps.nowMs() + inMs;
    if (this.#isClosed || (this.#timer !== null && this.#dueAt <= dueAt)) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#ask();
    }, inMs);
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      await this.#look();
      this.#deps.answered();
    } catch (error) {
      this.#deps.failed((error as Error).message);
    }
    this.#isAsking = false;
    if (this.#deps.jobs.size === 0) return;
    const { pace, nowMs } = this.#deps;
    this.#lastMs = nextPollMs(this.#deps.jobs.values(), this.#lastMs, nowMs(), pace);
    this.look(this.#lastMs);
  }

  async #look(): Promise<void> {
    const { client, names, changed, nowMs } = this.#deps;
    const asked = [...this.#deps.jobs.values()].filter(({ id, hasEnded }) => id !== null && !hasEnded);
    const rows = new Map(
      (await client.jobs(asked.flatMap(({ id }) => id ?? []))).map((row) => [row.id, row] as const),
    );
    const reports = asked.map((job) => {
      const row = rows.get(job.id ?? '');
      return { job, row: row !== undefined && names.attemptOf(row) === job.key ? row : null };
    });
    const isDoubtful = reports.some(({ job, row }) => row !== null && job.mayEndByMistake(row));
    const bootedAt = isDoubtful ? await client.bootedAt() : null;
    for (const { job, row } of reports) if (row !== null) job.see(row, nowMs(), bootedAt);
    const missing = reports.flatMap(({ job, row }) => (row === null && job.miss() ? [job] : []));
    if (missing.length > 0) await this.#find(missing);
    if (nowMs() - this.#forecastAt >= FORECAST_MS) await this.#forecast(asked);
    // A job that runs may just have written its first record, and one that has ended its last.
    for (const job of this.#deps.jobs.values())
      if (job.hasEnded || (job.reading !== null && job.reading.kind !== 'pending'))
        changed(job.handover.task.id);
  }

  async #forecast(jobs: readonly Job[]): Promise<void> {
    const waiting = jobs.filter(({ reading }) => reading?.kind === 'pending');
    if (waiting.length === 0) return;
    this.#forecastAt = this.#deps.nowMs();
    const starts = await this.#deps.client.expectedStarts(waiting.flatMap(({ id }) => id ?? []));
    for (const job of waiting) job.expectedStartMs = starts.get(job.id ?? '') ?? null;
  }

  /** A restarted slurmctld may have lost the jobs, or given them other ids. */
  async #find(jobs: readonly Job[]): Promise<void> {
    const { client, nowMs } = this.#deps;
    const { names } = this.#deps;
    const rows = await client.ownJobs();
    const found = names.find(rows);
    // Slurm keeps no record of a waiting element that scancel takes out of its array (22.05).
    const arrays = new Set(rows.map((row) => names.arrayOf(row)));
    const isTakenOut = ({ key, array, isClaimed }: Job) =>
      array !== null && !found.has(key) && arrays.has(array) && !isClaimed;
    const bootedAt = jobs.some(isTakenOut) ? await client.bootedAt() : null;
    for (const job of jobs) {
      const row = found.get(job.key);
      if (job.isReleased) continue;
      if (row !== undefined) this.#deps.found(job, row.id, names.arrayOf(row));
      else if (isTakenOut(job)) job.cancelled(nowMs(), bootedAt);
      else job.forgotten(nowMs());
    }
  }
}
