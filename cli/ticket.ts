// Holds a place in the queue over as many daemons as it takes, until it becomes a lease.
import { setTimeout as delay } from 'node:timers/promises';
import type { LeaseView, TicketBody, WaitingView } from '../src/api/shapes.ts';
import { SocketError, send } from './client.ts';
import { Aborted, lineReader } from './follow.ts';
import { problemOf, type Session, startDaemon, unreachable } from './session.ts';

const ANSWER_MS = 30_000;
const START_TRIES = 5;
const BACKOFF_MIN_MS = 20;
const BACKOFF_MAX_MS = 1_000;

type Line = WaitingView | LeaseView | { readonly event: 'daemon_stopping' };

/** Throws BabysitError. An abort rejects; the daemon then passes the turn on. Who comes back says with `since_ms` since when it waits. */
export async function holdTicket(
  session: Session,
  body: TicketBody,
  onWaiting: (view: WaitingView) => void,
  signal: AbortSignal,
): Promise<LeaseView> {
  // Kept over a restart of the daemon, so that the place in the queue is.
  const ticket = { since_ms: Date.now(), ...body };
  let mayStart = session.autostart;
  let failedStarts = 0;
  let backoffMs = 0;
  let wasConnected = false;
  for (;;) {
    if (signal.aborted) throw new Aborted();
    let lease: LeaseView | null = null;
    const onData = lineReader((text) => {
      const line = JSON.parse(text) as Line;
      wasConnected = true;
      backoffMs = 0;
      if (line.event === 'capacity_available') lease = line;
      else if (line.event === 'waiting_for_capacity') onWaiting(line);
      else mayStart = false;
    });
    const request = {
      method: 'POST',
      path: '/v1/tickets',
      body: ticket,
      timeoutMs: ANSWER_MS,
      onData,
      signal,
    } as const;
    try {
      const answer = await send(session.home.socket, request);
      if (answer.status >= 400) {
        const problem = problemOf(answer);
        if (problem.code !== 'daemon_stopping') throw problem;
      }
    } catch (error) {
      if (lease !== null) return lease;
      if (!(error instanceof SocketError) || signal.aborted) throw error;
      wasConnected ||= error.fault === 'broken';
      if (error.fault === 'denied' || (error.fault === 'absent' && !mayStart && !wasConnected))
        throw unreachable(session, error, request);
      if (error.fault === 'absent' && mayStart) {
        try {
          await startDaemon(session);
          failedStarts = 0;
        } catch (failure) {
          failedStarts += 1;
          if (!wasConnected || failedStarts >= START_TRIES) throw failure;
        }
      }
    }
    if (lease !== null) return lease;
    // Not all of a hundred waiters at once.
    await delay(backoffMs * (0.5 + Math.random()));
    backoffMs = Math.min(BACKOFF_MAX_MS, Math.max(BACKOFF_MIN_MS, backoffMs * 2));
  }
}
