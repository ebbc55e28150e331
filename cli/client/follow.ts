// Follows one task until it ends, across restarts of the daemon, without losing or repeating an event.
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { lineSplitter } from '../../src/text/line-splitter.ts';
import { type Ref, taskPath } from '../input/refs.ts';
import { SocketError, send } from './http.ts';
import { Reconnection } from './reconnection.ts';
import { ANSWER_MS, type Session, silenceOf } from './session.ts';

export interface FollowOptions {
  /** Also report `progress` events; `waiting` events come in any case. */
  readonly progress?: boolean | undefined;
  /** Also report `listening` when a process of the task listens on this port. */
  readonly port?: number | undefined;
  /** The `seq` of the last event known. */
  readonly after?: number;
}

/**
 * Calls `onEvent` for every later event, `ended` included. Resolves with the ended task. Throws BabysitError when the
 * task cannot be followed, and Aborted after an abort.
 */
export async function followTask(
  session: Session,
  ref: Ref | string,
  onEvent: (event: EventView) => void,
  signal: AbortSignal,
  { progress = false, after = 0, port }: FollowOptions = {},
): Promise<TaskView> {
  let id: string | null = null;
  let lastSeq = after;
  const reconnection = new Reconnection(session);
  for (;;) {
    if (signal.aborted) throw new Aborted();
    let ended: TaskView | null = null;
    const lines = lineReader((line) => {
      const event = JSON.parse(line) as EventView;
      if (event.event === 'daemon_stopping') {
        reconnection.stopping();
        onEvent(event);
        return;
      }
      // Names are reused: after a reconnection only the id refers to the same task.
      id ??= event.id;
      // What is not stored has no `seq`.
      if (event.seq === undefined) {
        onEvent(event);
        return;
      }
      if (event.task !== undefined) ended = event.task;
      if (event.seq > lastSeq) onEvent(event);
      lastSeq = Math.max(lastSeq, event.seq);
    });
    try {
      const more = `${progress ? '&progress=1' : ''}${port === undefined ? '' : `&port=${port}`}`;
      const path = taskPath(id ?? ref, `/events?after=${lastSeq}&waiting=1${more}`);
      const answer = await send(session.home.socket, {
        method: 'GET',
        path,
        timeoutMs: ANSWER_MS,
        onData: reconnection.reading(lines),
        quiet: silenceOf(session),
        signal,
      });
      reconnection.ended(answer);
    } catch (error) {
      if (ended !== null) return ended;
      if (signal.aborted) throw new Aborted();
      if (!(error instanceof SocketError)) throw error;
      await reconnection.lost(error, { method: 'GET' });
    }
    if (ended !== null) return ended;
    await reconnection.pause();
  }
}

export class Aborted extends Error {}

/** Calls `onLine` for each complete, non-empty line. Drops the rest of a broken stream. */
export function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  const lines = lineSplitter(Number.POSITIVE_INFINITY);
  return (chunk) => {
    for (const line of lines.push(chunk)) if (line.trim() !== '') onLine(line.trim());
  };
}
