// Reads the frames of GET /v1/live, and connects again when the daemon restarts.

import type { FrameView, HostPoint } from '../../src/api/schemas/observe/live.ts';
import type { SeriesView } from '../../src/api/schemas/observe/series.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { lineReader } from '../client/follow.ts';
import { SocketError, send } from '../client/http.ts';
import { Reconnection } from '../client/reconnection.ts';
import { ANSWER_MS, call, type Session, throwUnlessStopping } from '../client/session.ts';

export interface FrameSink {
  frame(frame: FrameView): void;
  /** The connection broke, or the daemon stops. */
  lost(why: string): void;
}

/** Returns after `signal`. Throws BabysitError when no daemon can be expected. */
export async function followLive(session: Session, sink: FrameSink, signal: AbortSignal): Promise<void> {
  const reconnection = new Reconnection(session);
  while (!signal.aborted) {
    const onData = lineReader((line) => {
      const news = JSON.parse(line) as FrameView | { readonly event: string };
      reconnection.connected();
      if (isFrame(news)) sink.frame(news);
      else if (news.event === 'daemon_stopping') {
        reconnection.stopping();
        sink.lost('the daemon is stopping; tasks keep running');
      }
    });
    try {
      const request = { method: 'GET', path: '/v1/live', timeoutMs: ANSWER_MS, onData, signal } as const;
      throwUnlessStopping(await send(session.home.socket, request));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof SocketError)) throw error;
      sink.lost('no connection to the daemon; connecting again');
      await reconnection.lost(error, { method: 'GET' });
    }
    await reconnection.pause();
  }
}

function isFrame(news: FrameView | { readonly event: string }): news is FrameView {
  return news.event === 'frame';
}

/** The minute before the first frame. */
export async function readHistory(session: Session): Promise<HostPoint[]> {
  const { fields, points } = await call<SeriesView>(session, 'GET', '/v1/series?since=60s&step=1s').catch(
    (error: unknown) => {
      if (error instanceof BabysitError) return { fields: [], points: [] };
      throw error;
    },
  );
  return points.map(
    (values) =>
      Object.fromEntries(
        fields.map((field, index) => [field, values[index] ?? null]),
      ) as unknown as HostPoint,
  );
}
