// Cancels jobs: all that wait for it by one program.
import type { SlurmClient } from './client/slurm-client.ts';

const IDS_MAX = 500;
/** Nothing waits for it: the attempt of each job is over, or withdrawn by its claim. */
const DELAY_MS = 200;

export class Cancellations {
  readonly #client: Pick<SlurmClient, 'cancel'>;
  readonly #failed: (message: string) => void;
  #waiting: string[] = [];
  #isRunning = false;

  constructor(client: Pick<SlurmClient, 'cancel'>, failed: (message: string) => void) {
    this.#client = client;
    this.#failed = failed;
  }

  /** A job that stays in the queue of Slurm for lack of an answer finds that its attempt was withdrawn. */
  add(id: string): void {
    this.#waiting.push(id);
    if (this.#isRunning) return;
    this.#isRunning = true;
    setTimeout(() => void this.#run(), DELAY_MS).unref();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const ids = this.#waiting.splice(0, IDS_MAX);
      await this.#client.cancel(ids).catch((error: Error) => this.#failed(error.message));
    }
    this.#isRunning = false;
  }
}
