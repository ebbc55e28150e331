// Job control: stops this process together with its command, so that its shell sees a stopped job, and continues both.
import type { Attached } from './attached.ts';

/** A process group without a parent in its session (orphaned) ignores SIGTSTP: then nothing would send SIGCONT. */
const NOT_STOPPED_MS = 50;

export class Job {
  readonly #attached: Attached;
  readonly #onSignal: (signal: NodeJS.Signals) => void;
  #isStopped = false;

  /** `onSignal`: the listener for SIGTSTP. */
  constructor(attached: Attached, onSignal: (signal: NodeJS.Signals) => void) {
    this.#attached = attached;
    this.#onSignal = onSignal;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const hadKeys = this.#attached.release();
    // The default action of a signal that no listener waits for.
    process.removeAllListeners('SIGTSTP');
    // The terminal sends SIGTSTP to its whole foreground group, unless the key went to the task.
    process.kill(hadKeys ? 0 : process.pid, 'SIGTSTP');
    process.on('SIGTSTP', this.#onSignal);
    setTimeout(() => {
      if (this.#isStopped) this.resume();
    }, NOT_STOPPED_MS);
  }

  /** Also continues a command that was stopped in another way. */
  resume(): void {
    this.#isStopped = false;
    this.#attached.resume();
  }
}
