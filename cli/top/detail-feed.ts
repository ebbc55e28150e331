// Feeds the page of one task: its events, and its output as it grows.
import { setTimeout as delay } from 'node:timers/promises';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { Aborted, followTask } from '../client/follow.ts';
import { SocketError, send } from '../client/http.ts';
import { findLog } from '../client/read-log.ts';
import { ANSWER_MS, type Session } from '../client/session.ts';
import { taskPath } from '../input/refs.ts';

export interface DetailSink {
  event(event: EventView): void;
  output(text: string): void;
}

const TAIL_LINES = 500;
const RETRY_MS = 500;

/** Ends with `signal`. Never rejects: a page without a log shows none. */
export function feedDetail(session: Session, task: LiveTask, sink: DetailSink, signal: AbortSignal): void {
  const quiet = { ...session, autostart: false };
  void followTask(quiet, task.id, sink.event, signal).catch(ignoreEnd);
  void followOutput(quiet, task.id, sink, signal);
}

function ignoreEnd(error: unknown): void {
  if (error instanceof TypeError && !(error instanceof Aborted)) throw error;
}

/** A pending task has no log yet: asks again after a while. */
async function followOutput(
  session: Session,
  id: string,
  sink: DetailSink,
  signal: AbortSignal,
): Promise<void> {
  let at: number | null = null;
  const decoder = new TextDecoder();
  while (!signal.aborted) {
    try {
      at ??= (await findLog(session, id, new URLSearchParams({ tail: String(TAIL_LINES) }))).from;
      const from: number = at;
      let read = 0;
      const onData = (chunk: Buffer): void => {
        read += chunk.length;
        at = from + read;
        sink.output(decoder.decode(chunk, { stream: true }));
      };
      const path = taskPath(id, `/log?follow=1&from=${from}`);
      await send(session.home.socket, { method: 'GET', path, timeoutMs: ANSWER_MS, onData, signal });
      if (at > from) return;
    } catch (error) {
      if (!(error instanceof SocketError) && at !== null) return;
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}
