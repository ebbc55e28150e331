// Changes what Slurm does with a job: its limits, and whether it is suspended. What Slurm did not answer is sent again.
import { isDeepStrictEqual } from 'node:util';
import { BabysitError } from '../../core/errors.ts';
import type { Limits } from '../../core/estimate.ts';
import type { JobChange, SlurmClient } from './client/slurm-client.ts';
import type { Job, JobLimits } from './job.ts';
import { type OwnJob, stillOwn } from './own-jobs.ts';

export interface JobChangesDeps {
  readonly client: Pick<SlurmClient, 'jobs' | 'update' | 'suspend' | 'resume'>;
  /** Pause by Slurm, which frees the CPUs, instead of by signals. */
  readonly suspends: boolean;
  readonly log: { warn(data: object, message: string): void };
  /** Slurm has refused limits, and perhaps applied a part of them. */
  refused(job: Job, error: BabysitError): void;
  /** Null until Slurm has accepted it. */
  own(job: Job): OwnJob | null;
  limitsOf(job: Job): JobLimits;
}

export class JobChanges {
  readonly #deps: JobChangesDeps;
  /** Slurm gave no answer about their limits. */
  readonly #limitsDue = new Set<Job>();
  readonly #resumesDue = new Set<Job>();
  /** What Slurm refused of the limits that one adjust has set: each later change of the task would send it again. */
  readonly #refused = new WeakMap<Limits, JobChange>();

  constructor(deps: JobChangesDeps) {
    this.#deps = deps;
  }

  /** Slurm answers: sends again what it has not answered. */
  repeat(): void {
    for (const job of take(this.#limitsDue)) this.limits(job);
    for (const job of take(this.#resumesDue))
      if (!job.isSuspended && job.reading?.kind === 'suspended') this.#sendResume(job);
  }

  /** Sends the limits that changed since the last request. A running job keeps its memory and CPUs. */
  limits(job: Job): void {
    const wanted = this.#deps.limitsOf(job);
    const { asked } = job;
    const isWaiting = job.reading === null || job.reading.kind === 'pending';
    const change: JobChange = {
      ...(wanted.timeLimitMs === asked?.timeLimitMs ? {} : { timeLimitMs: wanted.timeLimitMs }),
      ...(!isWaiting || wanted.memBytes === asked?.memBytes ? {} : { memBytes: wanted.memBytes }),
      ...(!isWaiting || wanted.cpus === asked?.cpus ? {} : { cpus: wanted.cpus }),
    };
    const { limits } = job.handover.task;
    if (isDeepStrictEqual(change, this.#refused.get(limits))) return;
    job.asked = wanted;
    if (asked === null || Object.keys(change).length === 0) return;
    this.#send(job, (id) => this.#deps.client.update(id, change)).catch((error: Error) => {
      this.#warn(job, error, 'job not changed');
      // Also after a refusal Slurm may have applied a part of it (22.05): the next change sends all of it again.
      job.asked = { ...asked, ...unknown(change) };
      if (isPassing(error)) this.#limitsDue.add(job);
      else {
        this.#refused.set(limits, change);
        if (error instanceof BabysitError) this.#deps.refused(job, error);
      }
    });
  }

  /** `otherwise`: stops it by signals. */
  suspend(job: Job, otherwise: () => void): void {
    if (!this.#deps.suspends || job.id === null) {
      otherwise();
      return;
    }
    job.isSuspended = true;
    this.#send(job, (id) => this.#deps.client.suspend(id)).catch((error: Error) => {
      job.isSuspended = false;
      this.#warn(job, error, 'job not suspended');
      otherwise();
    });
  }

  /** Does nothing for a job that Slurm has not suspended. */
  resume(job: Job): void {
    if (!job.isSuspended && job.reading?.kind !== 'suspended') return;
    job.isSuspended = false;
    this.#sendResume(job);
  }

  #sendResume(job: Job): void {
    this.#send(job, (id) => this.#deps.client.resume(id)).catch((error: Error) => {
      this.#warn(job, error, 'job not resumed');
      if (isPassing(error)) this.#resumesDue.add(job);
    });
  }

  /** One command of a job after the other: Slurm runs them in the order in which their programs end. */
  #send(job: Job, command: (id: string) => Promise<void>): Promise<void> {
    const sent = job.commands.then(async () => {
      const own = this.#deps.own(job);
      const [id] = own === null ? [] : await stillOwn(this.#deps.client, [own]);
      if (id === undefined)
        throw new BabysitError('engine_unreachable', 'Slurm has lost the job, or given it another id');
      await command(id);
    });
    job.commands = sent.catch(() => {});
    return sent;
  }

  #warn(job: Job, { message }: Error, what: string): void {
    this.#deps.log.warn({ task: job.handover.task.id, message }, what);
  }
}

/** Equal to nothing. */
function unknown(change: JobChange): JobChange {
  return Object.fromEntries(Object.keys(change).map((key) => [key, Number.NaN]));
}

function isPassing(error: Error): boolean {
  return error instanceof BabysitError && error.code === 'engine_unreachable';
}

function take(jobs: Set<Job>): Job[] {
  const taken = [...jobs].filter(({ isReleased }) => !isReleased);
  jobs.clear();
  return taken;
}
