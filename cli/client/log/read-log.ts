// Reads a task's log from the daemon, or follows it across restarts of the daemon.
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventView } from '../../../src/api/schemas/events/events.ts';
import type { LogRangeView } from '../../../src/api/schemas/log.ts';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import type { Home } from '../../../src/config/home.ts';
import { BabysitError } from '../../../src/core/errors.ts';
import { lockHolder } from '../../daemon-control/lock-holder.ts';
import { type Ref, taskPath } from '../../input/refs.ts';
import { Aborted, followTask } from '../follow.ts';
import { ANSWER_MS, call, type Session, silentFor, stream } from '../session.ts';

type OnData = (chunk: Buffer) => void;
const RETRY_MS = 100;

/** Reads the log as it is now. */
export async function readLog(
  session: Session,
  ref: Ref | string,
  query: URLSearchParams,
  maxBytes: number,
  onData: OnData,
): Promise<void> {
  const limit = Number.isFinite(maxBytes) ? `&max_bytes=${maxBytes}` : '';
  // An error of `onData`, such as a closed pipe, is not an error of the connection.
  let failure: { readonly error: unknown } | null = null;
  const guarded: OnData = (chunk) => {
    try {
      onData(chunk);
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  await stream(session, taskPath(ref, `/log?${query}${limit}`), guarded).catch((error: unknown) => {
    throw failure === null ? error : failure.error;
  });
}

/** Returns the id of the task and the position of the requested part in its whole output. */
export function findLog(session: Session, ref: Ref | string, query: URLSearchParams): Promise<LogRangeView> {
  return call<LogRangeView>(session, 'GET', taskPath(ref, `/log/range?${query}`));
}

/** Resolves when a pending task has started its next attempt or has ended, at once for any other one. */
export async function untilStarted(session: Session, ref: Ref, onWait: () => void): Promise<void> {
  const task = await call<TaskView>(session, 'GET', taskPath(ref));
  if (task.status !== 'pending') return;
  onWait();
  const started = new AbortController();
  const onEvent = (event: EventView): void => {
    if (event.event === 'started' && Number(event.attempt) > task.attempt) started.abort();
  };
  try {
    await followTask(session, task.id, onEvent, started.signal);
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
  }
}

/**
 * Follows the log from position `from` until the task ends or `maxBytes` have come. Continues at the same byte after a
 * reconnection. Waits for a stopped daemon; starts a daemon again that was killed.
 */
export async function followLog(
  session: Session,
  { id, from }: Pick<LogRangeView, 'id' | 'from'>,
  maxBytes: number,
  onData: OnData,
): Promise<void> {
  let at = from;
  const end = from + maxBytes;
  let isSilent = false;
  while (at < end) {
    const query = new URLSearchParams({ follow: '1', from: String(at) });
    const reading = {
      ...session,
      // Asked when the socket is absent: the daemon may stop after the request began.
      get autostart() {
        return session.autostart && wasKilled(session.home);
      },
    };
    try {
      await readLog(reading, id, query, end - at, (chunk) => {
        at += chunk.length;
        isSilent = false;
        onData(chunk);
      });
      return;
    } catch (error) {
      if (!(error instanceof BabysitError && error.code === 'daemon_unreachable')) throw error;
      const { reason } = error.extra;
      if (reason === 'denied') throw error;
      if (reason === 'silent' && !isSilent) session.onSilent?.(silentFor(ANSWER_MS));
      isSilent = reason === 'silent';
    }
    await delay(RETRY_MS);
  }
}

/** A daemon that stops closes its socket first, and removes its pid file before its process ends. */
function wasKilled(home: Home): boolean {
  return existsSync(home.pidFile) && lockHolder(home) === null;
}
