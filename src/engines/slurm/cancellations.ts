// Cancels jobs: all that wait for it by one program, and none of another attempt that has the id by now.
import type { SlurmClient } from './client/slurm-client.ts';
import { type OwnJob, stillOwn } from './own-jobs.ts';

const JOBS_MAX = 500;
/** Nothing waits for it: the attempt of each job is over, or withdrawn by its claim. */
const DELAY_MS = 200;

export class Cancellations {
  readonly #client: Pick<SlurmClient, 'jobs' | 'cancel' | 'kill'>;
  readonly #failed: (message: string) => void;
  #waiting: OwnJob[] = [];
  #isRunning = false;

  constructor(client: Pick<SlurmClient, 'jobs' | 'cancel' | 'kill'>, failed: (message: string) => void) {
    this.#client = client;
    this.#failed = failed;
  }

  /** A job that stays in the queue of Slurm for lack of an answer finds that its attempt was withdrawn. */
  add(job: OwnJob): void {
    this.#waiting.push(job);
    if (this.#isRunning) return;
    this.#isRunning = true;
    setTimeout(() => void this.#run(), DELAY_MS).unref();
  }

  /** Ends every process of the job at once. */
  async kill(job: OwnJob): Promise<void> {
    await this.#end([job], async (ids) => {
      for (const id of ids) await this.#client.kill(id);
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0)
      await this.#end(this.#waiting.splice(0, JOBS_MAX), async (ids) => {
        if (ids.length > 0) await this.#client.cancel(ids);
      });
    this.#isRunning = false;
  }

  async #end(jobs: readonly OwnJob[], end: (ids: readonly string[]) => Promise<void>): Promise<void> {
    try {
      await end(await stillOwn(this.#client, jobs));
    } catch (error) {
      this.#failed((error as Error).message);
    }
  }
}
