// Feeds the page of one task: its events, and its output as it grows.
import { setTimeout as delay } from 'node:timers/promises';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { Aborted, followTask } from '../client/follow.ts';
import { SocketError, send } from '../client/http.ts';
import { findLog } from '../client/log/read-log.ts';
import { ANSWER_MS, type Session } from '../client/session.ts';
import { taskPath } from '../input/refs.ts';

export interface DetailSink {
  event(event: EventView): void;
  output(text: string): void;
}

const TAIL_LINES = 500;
const RETRY_MS = 500;
/** After 0 the daemon sends only the end of an ended task. The first event of all is never one that a user opens. */
const FROM_START = { after: 1 };

/** Ends with `signal`. Never rejects: a page without a log shows none. */
export function feedDetail(session: Session, task: LiveTask, sink: DetailSink, signal: AbortSignal): void {
  const quiet = { ...session, autostart: false };
  let attempt = 0;
  let reading = new AbortController();
  /** Each attempt has a log of its own; the one before it is complete. */
  const read = (next: number): void => {
    if (next <= attempt) return;
    attempt = next;
    reading.abort();
    reading = new AbortController();
    void followOutput(quiet, task.id, sink, AbortSignal.any([signal, reading.signal]));
  };
  const onEvent = (event: EventView): void => {
    // It is about no task. The frames say that the daemon stops.
    if (event.event === 'daemon_stopping') return;
    sink.event(event);
    if (event.event === 'started') read(Number(event.attempt));
  };
  read(task.attempt);
  void followTask(quiet, task.id, onEvent, signal, FROM_START).catch(ignoreEnd);
}

function ignoreEnd(error: unknown): void {
  if (error instanceof TypeError && !(error instanceof Aborted)) throw error;
}

/** Until the end of the log, across restarts of the daemon. */
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
      const request = { method: 'GET', path, timeoutMs: ANSWER_MS, onData, signal } as const;
      const { status } = await send(session.home.socket, request);
      if (status < 500) return;
    } catch (error) {
      const isLost = error instanceof SocketError || isUnreachable(error);
      if (!isLost) return;
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof BabysitError && error.code === 'daemon_unreachable';
}
