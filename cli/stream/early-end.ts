// Ends this process by a signal that comes before its command has started, and cancels the task first.
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { call } from '../client/session.ts';
import type { Context } from '../command.ts';
import { heeded } from '../input/ignored-signals.ts';
import { endAs } from './end-as.ts';
import { terminalWatch } from './terminal.ts';

type Submitted = Pick<TaskView, 'id' | 'name'>;

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** How long the daemon has to confirm the cancel. */
const CONFIRM_MS = 3000;
/** After a second signal: the request leaves this process, and a daemon that is not busy answers. */
const SEND_MS = 500;

export class EarlyEnd {
  readonly #context: Context;
  readonly #isHungUp = terminalWatch();
  readonly #onSignal = (signal: NodeJS.Signals): void => this.by(signal);
  #name: string | undefined;
  #submitted: Promise<Submitted> | null = null;
  #isCancelled: Promise<boolean> | null = null;
  #ending: Promise<number> | null = null;

  /** `name`: of the task, if known. */
  constructor(context: Context, name?: string) {
    this.#context = context;
    this.#name = name;
  }

  /** Resolves with the exit code, unless the signal ends this process before. Null without a signal. */
  get ending(): Promise<number> | null {
    return this.#ending;
  }

  by(signal: NodeJS.Signals): void {
    // The terminal was closed: the task keeps running.
    const submitted = signal === 'SIGHUP' && this.#isHungUp() ? null : this.#submitted;
    const limitMs = this.#ending === null ? CONFIRM_MS : SEND_MS;
    const cancelled = submitted === null ? Promise.resolve() : this.#cancel(submitted, limitMs);
    const ending = cancelled.then(() => endAs({ code: null, signal }));
    this.#ending ??= ending;
  }

  /**
   * Listens until `release`, and cancels what it has submitted. Resolves with the answer; null after a signal. Throws a
   * refusal.
   */
  async submit<T extends Submitted>(send: () => Promise<T>): Promise<T | null> {
    for (const signal of heeded(ENDING, this.#context.env)) process.on(signal, this.#onSignal);
    try {
      const submitted = send();
      this.#submitted = submitted;
      const task = await submitted;
      return this.#ending === null ? task : null;
    } catch (error) {
      if (this.#ending === null) throw error;
      return null;
    }
  }

  /** Call when another listener has taken over: in between a signal would end this process at once. */
  release(): void {
    for (const signal of ENDING) process.off(signal, this.#onSignal);
  }

  async #cancel(submitted: Promise<Submitted>, limitMs: number): Promise<void> {
    this.#isCancelled ??= this.#kill(submitted);
    // After the delay one more turn of the event loop, which sends what waits, also when this process got no time.
    const late = delay(limitMs).then(() => immediate(false));
    if (await Promise.race([this.#isCancelled, late])) return;
    const [what, how] =
      this.#name === undefined
        ? ['the task', 'if babysit list shows it, babysit kill NAME cancels it']
        : [this.#name, `babysit kill ${this.#name}`];
    this.#context.output.message(`babysit: the daemon has not confirmed that ${what} is cancelled: ${how}\n`);
  }

  /** False when the task may be left. */
  async #kill(submitted: Promise<Submitted>): Promise<boolean> {
    let id: string;
    try {
      ({ id, name: this.#name } = await submitted);
    } catch (error) {
      return isRefusal(error);
    }
    const killing = call(this.#context.session, 'POST', `/v1/tasks/${id}/kill`, {});
    return killing.then(
      () => true,
      (error) => error instanceof BabysitError && error.code === 'already_ended',
    );
  }
}

/** The daemon has said that it queues nothing. */
function isRefusal(error: unknown): boolean {
  return error instanceof BabysitError && !['daemon_unreachable', 'internal'].includes(error.code);
}
