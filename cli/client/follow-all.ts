// Reads the events of all tasks from a cursor on; with `follow` across restarts of the daemon.
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { HostEventView } from '../../src/api/schemas/events/host-events.ts';
import { lineReader } from './follow.ts';
import { SocketError, send } from './http.ts';
import { Reconnection } from './reconnection.ts';
import { ANSWER_MS, type Session, silenceOf } from './session.ts';

/** A line of the stream without the lines that only the client needs. */
export type FeedLine = EventView | HostEventView | { readonly event: 'gap'; readonly [key: string]: unknown };

/** Resolves with the next cursor. With `follow` in the query it ends only by an error. */
export async function followAll(
  session: Session,
  query: URLSearchParams,
  onLine: (line: FeedLine) => void,
): Promise<number> {
  const reconnection = new Reconnection(session);
  const next = new URLSearchParams(query);
  for (;;) {
    let end: number | null = null;
    const lines = lineReader((text) => {
      const line = JSON.parse(text) as { readonly event: string; readonly seq?: number };
      if (line.event === 'daemon_stopping') {
        reconnection.stopping();
        return;
      }
      if (line.event === 'cursor') end = line.seq ?? null;
      else onLine(line as FeedLine);
      if (line.seq !== undefined) next.set('since', String(line.seq));
    });
    try {
      const path = `/v1/events?${next}`;
      const onData = reconnection.reading(lines);
      const quiet = silenceOf(session);
      const request = { method: 'GET', path, timeoutMs: ANSWER_MS, onData, quiet } as const;
      reconnection.ended(await send(session.home.socket, request));
      if (end !== null && !query.has('follow')) return end;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      await reconnection.lost(error, { method: 'GET' });
    }
    await reconnection.pause();
  }
}
