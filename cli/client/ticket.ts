// Holds a place in the queue over as many daemons as it takes, until it becomes a lease.
import type { LeaseView, TicketBody, WaitingView } from '../../src/api/schemas/capacity.ts';
import { SocketError, send } from './client.ts';
import { Aborted, lineReader } from './follow.ts';
import { Reconnection } from './reconnection.ts';
import { problemOf, type Session } from './session.ts';

const ANSWER_MS = 30_000;

type Line = WaitingView | LeaseView | { readonly event: 'daemon_stopping' };

/** Throws BabysitError. An abort rejects; the daemon then passes the turn on. Who comes back says with `since_ms` since when it waits. */
export async function holdTicket(
  session: Session,
  body: TicketBody,
  onWaiting: (view: WaitingView) => void,
  signal: AbortSignal,
): Promise<LeaseView> {
  // Kept over a restart of the daemon, so that the place in the queue is.
  // biome-ignore lint/plugin/no-wall-clock: the time is stored; a restarted daemon has no other
  const ticket = { since_ms: Date.now(), ...body };
  const reconnection = new Reconnection(session);
  for (;;) {
    if (signal.aborted) throw new Aborted();
    let lease: LeaseView | null = null;
    const onData = lineReader((text) => {
      const line = JSON.parse(text) as Line;
      reconnection.heard();
      if (line.event === 'capacity_available') lease = line;
      else if (line.event === 'waiting_for_capacity') onWaiting(line);
      else reconnection.stopping();
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
      await reconnection.lost(error, request);
    }
    if (lease !== null) return lease;
    await reconnection.pause();
  }
}
