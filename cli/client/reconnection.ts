// Decides what a stream does after it lost the daemon: start another one, wait, or give up.
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Request, SocketError } from './http.ts';
import {
  ANSWER_MS,
  isPassing,
  problemOf,
  type Session,
  silentFor,
  startDaemon,
  unreachable,
} from './session.ts';

const START_TRIES = 5;
/** In a row: about ten seconds. */
const READ_TRIES = 15;
const BACKOFF_MIN_MS = 20;
const BACKOFF_MAX_MS = 1_000;

export class Reconnection {
  readonly #session: Session;
  #mayStart: boolean;
  #wasConnected = false;
  #isSilent = false;
  #failedStarts = 0;
  #failedReads = 0;
  #backoffMs = 0;

  constructor(session: Session) {
    this.#session = session;
    this.#mayStart = session.autostart;
  }

  /** Passes the parts of a stream to `read`. Each of them, also an empty line, comes from a daemon that was not stopped. */
  reading(read: (chunk: Buffer) => void): (chunk: Buffer) => void {
    return (chunk) => {
      this.#wasConnected = true;
      this.#isSilent = false;
      this.#mayStart = this.#session.autostart;
      this.#backoffMs = 0;
      this.#failedReads = 0;
      read(chunk);
    };
  }

  /** Call at the end of a stream. Throws its problem, except one after which the stream can be opened again. */
  ended(answer: Answer): void {
    if (answer.status < 400) return;
    const problem = problemOf(answer);
    if (problem.code === 'disk_error') this.#failedReads += 1;
    if (!isPassing(problem, { method: 'GET' }) || this.#failedReads > READ_TRIES) throw problem;
  }

  /** Call when a user stops the daemon. The stream then waits for the next daemon, and starts none before that one answers. */
  stopping(): void {
    this.#mayStart = false;
  }

  /** Starts a daemon when none runs and the session may. Throws BabysitError when no daemon can be expected. */
  async lost(error: SocketError, request: Pick<Request, 'method'>): Promise<void> {
    this.#wasConnected ||= error.fault === 'broken';
    if (error.fault === 'denied' || error.fault === 'foreign')
      throw unreachable(this.#session, error, request);
    if (error.fault === 'silent' && !this.#isSilent) this.#session.onSilent?.(silentFor(ANSWER_MS));
    this.#isSilent = error.fault === 'silent';
    if (error.fault !== 'absent') return;
    if (!this.#mayStart) {
      // A stream that was connected waits for the next daemon.
      if (!this.#wasConnected) throw unreachable(this.#session, error, request);
      return;
    }
    try {
      await startDaemon(this.#session);
      this.#failedStarts = 0;
    } catch (failure) {
      this.#failedStarts += 1;
      // A daemon killed during its start deserves another try, a daemon that cannot start does not.
      if (!this.#wasConnected || this.#failedStarts >= START_TRIES) throw failure;
    }
  }

  /** The random part keeps many waiting clients from reconnecting at the same time. */
  async pause(): Promise<void> {
    await delay(this.#backoffMs * (0.5 + Math.random()));
    this.#backoffMs = Math.min(BACKOFF_MAX_MS, Math.max(BACKOFF_MIN_MS, this.#backoffMs * 2));
  }
}
