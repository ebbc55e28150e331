// What a caller who stays connected over many daemons does in between: start another where it may, and wait a little.
import { setTimeout as delay } from 'node:timers/promises';
import type { Request, SocketError } from './client.ts';
import { type Session, startDaemon, unreachable } from './session.ts';

const START_TRIES = 5;
const BACKOFF_MIN_MS = 20;
const BACKOFF_MAX_MS = 1_000;

export class Reconnection {
  readonly #session: Session;
  #mayStart: boolean;
  #wasConnected = false;
  #failedStarts = 0;
  #backoffMs = 0;

  constructor(session: Session) {
    this.#session = session;
    this.#mayStart = session.autostart;
  }

  /** A daemon has answered what was asked. */
  heard(): void {
    this.#wasConnected = true;
    this.#backoffMs = 0;
  }

  /** Somebody wants the daemon stopped: whoever starts it again is waited for. */
  stopping(): void {
    this.#mayStart = false;
  }

  /** Starts a daemon where none is and one may be. Throws BabysitError when there is nothing to come back to. */
  async lost(error: SocketError, request: Pick<Request, 'method'>): Promise<void> {
    this.#wasConnected ||= error.fault === 'broken';
    if (error.fault === 'denied') throw unreachable(this.#session, error, request);
    if (error.fault !== 'absent') return;
    if (!this.#mayStart) {
      // The first turn may find that nobody ever started a daemon; later ones, that it died.
      if (!this.#wasConnected) throw unreachable(this.#session, error, request);
      return;
    }
    try {
      await startDaemon(this.#session);
      this.#failedStarts = 0;
    } catch (failure) {
      this.#failedStarts += 1;
      // A daemon may be killed while it starts; one that cannot start will not do so at the next try either.
      if (!this.#wasConnected || this.#failedStarts >= START_TRIES) throw failure;
    }
  }

  /** Not all of a hundred waiters come back at once. */
  async pause(): Promise<void> {
    await delay(this.#backoffMs * (0.5 + Math.random()));
    this.#backoffMs = Math.min(BACKOFF_MAX_MS, Math.max(BACKOFF_MIN_MS, this.#backoffMs * 2));
  }
}
