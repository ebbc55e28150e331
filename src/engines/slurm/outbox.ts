// Submits attempts to Slurm, a few jobs at a time and those of a batch as arrays, until Slurm has answered about each.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { BabysitError } from '../../core/errors.ts';
import { type SlurmClient, SUBMIT_AT_ONCE, type Submission } from './client/slurm-client.ts';
import type { Job } from './job.ts';
import { isNearStart } from './job-end.ts';
import { arrayScript, jobScript } from './job-files.ts';
import type { JobNames } from './job-names.ts';
import { type OwnJob, stillOwn } from './own-jobs.ts';

/** What a job asks for. Elements of an array ask for the same. */
export interface Wanted
  extends Omit<Submission, 'name' | 'comment' | 'script' | 'outputPath' | 'elements' | 'after'> {
  /** The jobs that it waits for in Slurm. */
  readonly after: readonly (OwnJob & { readonly kind: 'afterok' | 'afterany' })[];
}

export interface OutboxDeps {
  readonly client: Pick<SlurmClient, 'submit' | 'jobs' | 'ownJobs' | 'bootedAt'>;
  readonly names: JobNames;
  readonly tasksDir: string;
  newArray(): string;
  nowMs(): number;
  wanted(job: Job): Wanted;
  /** Writes the files that the job reads. Throws when the shared directory is full or away. */
  write(job: Job): void;
  /** `array`: the key of that of an element. */
  accepted(job: Job, id: string, array: string | null): void;
  refused(job: Job, error: BabysitError): void;
  /** Slurm has no job for an attempt that was claimed. */
  vanished(job: Job): void;
  /** Slurm does not answer, or the files cannot be written. */
  failed(message: string): void;
}

/** MaxArraySize is 1001 by default. */
const ELEMENTS_MAX = 1_000;
/** Files are written in small groups: a thousand at once would keep the loop busy. */
const FILES_A_TURN = 8;
/** The daemon stores a batch in slices: its lines are submitted when none was added for this time, but see GATHER_LOOKS. */
const GATHER_MS = 500;
/** So that the first lines of a long batch on a slow host start before its last ones are stored. */
const GATHER_LOOKS = 10;
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 15_000;
/** The request may be accepted later. */
const PASSING: ReadonlySet<string> = new Set(['engine_unreachable', 'queue_full']);

export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #waiting = new Set<Job>();
  /** An earlier try may have succeeded: look for them before they are submitted. */
  readonly #unsure = new Set<Job>();
  /** One of the jobs that they wait for has been lost, or Slurm has refused them with these: each change tries again. */
  readonly #parked = new Set<Job>();
  /** Of an array that Slurm refused, or that it may confuse: they are submitted one by one. */
  readonly #alone = new WeakSet<Job>();
  /** The batches of which lines were just added. */
  readonly #growing = new Map<string, { hasGrown: boolean; looksLeft: number }>();
  #gather: NodeJS.Timeout | null = null;
  #sending = 0;
  #isLooking = false;
  #isScheduled = false;
  #isClosed = false;
  #retry: NodeJS.Timeout | null = null;
  #retryMs = RETRY_MS;
  /** What the jobs here wait for; null: they are about to be submitted. */
  fault: string | null = null;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** `isUnsure`: an earlier daemon may have submitted it. */
  add(job: Job, isUnsure = false): void {
    (isUnsure ? this.#unsure : this.#waiting).add(job);
    const { batch } = job.handover.task;
    if (batch !== undefined && !isUnsure) this.#grow(batch);
    this.#wake();
  }

  #grow(batch: string): void {
    const growing = this.#growing.get(batch);
    if (growing !== undefined) growing.hasGrown = true;
    else this.#growing.set(batch, { hasGrown: false, looksLeft: GATHER_LOOKS });
    this.#gather ??= setInterval(() => this.#lookAtGrowing(), GATHER_MS).unref();
  }

  #lookAtGrowing(): void {
    for (const [batch, growing] of this.#growing) {
      growing.looksLeft -= 1;
      if (!growing.hasGrown || growing.looksLeft === 0) this.#growing.delete(batch);
      growing.hasGrown = false;
    }
    if (this.#growing.size === 0) this.#stopGathering();
    this.#wake();
  }

  #stopGathering(): void {
    if (this.#gather !== null) clearInterval(this.#gather);
    this.#gather = null;
  }

  /** Its task has changed: it may wait for fewer tasks. */
  changed(job: Job): void {
    if (this.#parked.delete(job)) this.add(job);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopGathering();
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  /** In the next turn, when all that a round has placed is added. */
  #wake(): void {
    if (this.#isScheduled || this.#isClosed || this.#retry !== null) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#unsure.size > 0 && !this.#isLooking) void this.#lookUp();
      while (this.#sending < SUBMIT_AT_ONCE && this.#retry === null && !this.#isClosed) {
        const group = this.#take();
        if (group === null) return;
        void this.#send(group.jobs, group.wanted);
      }
    });
  }

  /** One job, or the elements of an array. */
  #take(): { readonly jobs: readonly Job[]; readonly wanted: Wanted } | null {
    const jobs: Job[] = [];
    let wanted: Wanted | null = null;
    for (const job of this.#waiting) {
      const { batch } = job.handover.task;
      if (job.isReleased) this.#waiting.delete(job);
      else if (batch !== undefined && this.#growing.has(batch)) continue;
      else if (wanted === null) {
        wanted = this.#deps.wanted(job);
        jobs.push(job);
        if (batch === undefined || this.#alone.has(job)) break;
      } else if (batch === jobs[0]?.handover.task.batch && !this.#alone.has(job)) {
        if (isDeepStrictEqual(wanted, this.#deps.wanted(job))) jobs.push(job);
      }
      if (jobs.length === ELEMENTS_MAX) break;
    }
    if (wanted === null) return null;
    for (const job of jobs) {
      this.#waiting.delete(job);
      job.asked = wanted;
    }
    return { jobs, wanted };
  }

  async #send(group: readonly Job[], wanted: Wanted): Promise<void> {
    this.#sending += 1;
    let isSent = false;
    try {
      if (!(await this.#areOwn(wanted.after))) {
        for (const job of group) this.#parked.add(job);
        return;
      }
      if (group.length > 1 && (await this.#mayConfuse())) {
        this.#separate(group);
        return;
      }
      for (const [at, job] of group.entries()) {
        if (at % FILES_A_TURN === FILES_A_TURN - 1) await nextTurn();
        if (!job.isReleased) this.#deps.write(job);
      }
      const submission = this.#submission(group, wanted);
      if (submission === null) return;
      isSent = true;
      const id = await this.#deps.client.submit(submission.request);
      this.#answered();
      const elements = new Set(submission.request.elements);
      for (const [index, job] of group.entries()) {
        if (submission.array === null) this.#deps.accepted(job, id, null);
        else if (elements.has(index)) this.#deps.accepted(job, `${id}_${index}`, submission.array);
      }
    } catch (error) {
      this.#failed(group, wanted, error as Error, isSent);
    } finally {
      this.#sending -= 1;
      this.#wake();
    }
  }

  /** Null when every attempt was withdrawn. */
  #submission(group: readonly Job[], wanted: Wanted) {
    const { names, tasksDir, newArray } = this.#deps;
    const elements = [...group.keys()].filter((index) => group[index]?.isReleased === false);
    const first = group[elements[0] ?? 0];
    if (first === undefined || elements.length === 0) return null;
    const { task } = first.handover;
    if (group.length === 1)
      return {
        array: null,
        request: {
          ...wanted,
          name: task.name,
          comment: names.comment(first.key),
          script: jobScript(first.dir),
          outputPath: first.output,
          elements: null,
        },
      };
    const key = newArray();
    const list = names.writeList(
      key,
      group.map((job) => job.key),
    );
    return {
      array: key,
      request: {
        ...wanted,
        name: task.batch ?? task.name,
        comment: names.arrayComment(key),
        script: arrayScript(list, tasksDir),
        outputPath: names.outputOf(key),
        elements,
      },
    };
  }

  async #areOwn(after: Wanted['after']): Promise<boolean> {
    return after.length === 0 || (await stillOwn(this.#deps.client, after)).length === after.length;
  }

  #answered(): void {
    this.#retryMs = RETRY_MS;
    this.fault = null;
  }

  #failed(group: readonly Job[], { after }: Wanted, error: Error, isSent: boolean): void {
    if (this.#isClosed) return;
    if (!(error instanceof BabysitError) || PASSING.has(error.code)) {
      for (const job of group) {
        (isSent ? this.#unsure : this.#waiting).add(job);
        // The queue may never have room for the whole array.
        if (isFull(error)) this.#alone.add(job);
      }
      this.#pause(error);
      return;
    }
    this.#answered();
    for (const job of group)
      if (after.length > 0) this.#parked.add(job);
      else if (group.length === 1) this.#deps.refused(job, error);
      else this.#separate([job]);
  }

  #separate(group: readonly Job[]): void {
    for (const job of group) {
      this.#alone.add(job);
      this.#waiting.add(job);
    }
  }

  /** An element of an array whose start fails takes the whole array with it, or counts as running for long (22.05). */
  async #mayConfuse(): Promise<boolean> {
    return isNearStart(await this.#deps.client.bootedAt(), this.#deps.nowMs());
  }

  #pause(error: Error): void {
    const { message } = error;
    const answer = isFull(error) ? 'room in the queue of Slurm' : 'an answer of Slurm';
    this.fault = `${error instanceof BabysitError ? answer : 'the shared directory'} (${message})`;
    if (!isFull(error)) this.#deps.failed(message);
    if (this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#wake();
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(RETRY_MAX_MS, 2 * this.#retryMs);
  }

  async #lookUp(): Promise<void> {
    this.#isLooking = true;
    const jobs = [...this.#unsure];
    try {
      const found = this.#deps.names.find(await this.#deps.client.ownJobs());
      this.fault = null;
      for (const job of jobs) {
        this.#unsure.delete(job);
        const row = found.get(job.key);
        if (row !== undefined) this.#deps.accepted(job, row.id, this.#deps.names.arrayOf(row));
        else if (job.isClaimed) this.#deps.vanished(job);
        else this.#waiting.add(job);
      }
    } catch (error) {
      if (!this.#isClosed) this.#pause(error as Error);
    }
    this.#isLooking = false;
    this.#wake();
  }
}

/** Of the cluster, or what the account may submit. */
function isFull(error: Error): boolean {
  return error instanceof BabysitError && error.code === 'queue_full';
}
