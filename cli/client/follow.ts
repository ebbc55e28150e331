// Follows one task to its end, over as many daemons as it takes, without losing or repeating an event.
import type { EventView } from '../../src/api/schemas/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import type { BabysitError } from '../../src/core/errors.ts';
import { lineSplitter } from '../../src/text/line-splitter.ts';
import { taskPath } from '../input/refs.ts';
import { SocketError, send } from './client.ts';
import { Reconnection } from './reconnection.ts';
import { problemOf, type Session } from './session.ts';

const ANSWER_MS = 30_000;

export interface FollowOptions {
  /** Hear of progress, too. */
  readonly progress?: boolean | undefined;
  /** The `seq` of the last event known. */
  readonly after?: number;
}

/**
 * `onEvent` hears every later event, the end included. Resolves with the ended task. Throws BabysitError when
 * the task cannot be followed; an abort rejects with `Aborted`.
 */
export async function followTask(
  session: Session,
  ref: string,
  onEvent: (event: EventView) => void,
  signal: AbortSignal,
  { progress = false, after = 0 }: FollowOptions = {},
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
      // Of the present and not of the record: it has no number.
      if (event.event === 'progress') {
        onEvent(event);
        return;
      }
      // Names may be used again; after a break only the id is sure to mean the same task.
      id ??= event.id;
      reconnection.heard();
      if (event.task !== undefined) ended = event.task;
      if (event.seq > lastSeq) onEvent(event);
      lastSeq = Math.max(lastSeq, event.seq);
    });
    try {
      const path = taskPath(id ?? ref, `/events?after=${lastSeq}${progress ? '&progress=1' : ''}`);
      const answer = await send(session.home.socket, {
        method: 'GET',
        path,
        timeoutMs: ANSWER_MS,
        onData: lines,
        signal,
      });
      if (answer.status >= 400) retryOrThrow(problemOf(answer));
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

function retryOrThrow(problem: BabysitError): void {
  if (problem.code !== 'daemon_stopping') throw problem;
}

/** Calls back with each whole, non-empty line; what a broken stream leaves unfinished is dropped. */
export function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  const lines = lineSplitter(Number.POSITIVE_INFINITY);
  return (chunk) => {
    for (const line of lines.push(chunk)) if (line.trim() !== '') onLine(line.trim());
  };
}
