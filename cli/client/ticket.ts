// Holds a ticket in the queue, across restarts of the daemon, until the daemon grants the lease.
import type { LeaseView, TicketBody, WaitingView } from '../../src/api/schemas/capacity.ts';
import { Aborted, lineReader } from './follow.ts';
import { SocketError, send } from './http.ts';
import { Reconnection } from './reconnection.ts';
import { ANSWER_MS, type Session, silenceOf } from './session.ts';

type Line = WaitingView | LeaseView | { readonly event: 'daemon_stopping' };

/** Throws BabysitError. An abort rejects and ends the ticket. `since_ms` in the body keeps the place of an earlier ticket. */
export async function holdTicket(
  session: Session,
  body: TicketBody,
  onWaiting: (view: WaitingView) => void,
  signal: AbortSignal,
): Promise<LeaseView> {
  // A restarted daemon restores the place in the queue from this time.
  // biome-ignore lint/plugin/no-wall-clock: the time is stored; a restarted daemon has no other
  const ticket = { since_ms: Date.now(), ...body };
  const reconnection = new Reconnection(session);
  for (;;) {
    if (signal.aborted) throw new Aborted();
    let lease: LeaseView | null = null;
    const lines = lineReader((text) => {
      const line = JSON.parse(text) as Line;
      if (line.event === 'capacity_available') lease = line;
      else if (line.event === 'waiting_for_capacity') onWaiting(line);
      else reconnection.stopping();
    });
    const request = {
      method: 'POST',
      path: '/v1/tickets',
      body: ticket,
      timeoutMs: ANSWER_MS,
      onData: reconnection.reading(lines),
      quiet: silenceOf(session),
      signal,
    } as const;
    try {
      reconnection.ended(await send(session.home.socket, request));
    } catch (error) {
      if (lease !== null) return lease;
      if (!(error instanceof SocketError) || signal.aborted) throw error;
      await reconnection.lost(error, request);
    }
    if (lease !== null) return lease;
    await reconnection.pause();
  }
}
