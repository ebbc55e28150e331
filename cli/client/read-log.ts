// Reads a task's log from the daemon; one that is followed, over as many daemons as it takes.
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogRangeView } from '../../src/api/schemas/log.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { taskPath } from '../input/refs.ts';
import { call, type Session, stream } from './session.ts';

type OnData = (chunk: Buffer) => void;
const RETRY_MS = 100;

/** What is there now. */
export async function readLog(
  session: Session,
  ref: string,
  query: URLSearchParams,
  maxBytes: number,
  onData: OnData,
): Promise<void> {
  const limit = Number.isFinite(maxBytes) ? `&max_bytes=${maxBytes}` : '';
  // Whoever reads our output may have gone: that is no fault of the daemon's.
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

/** Which task that is, and where in all that it has printed the part of its log lies. */
export function findLog(session: Session, ref: string, query: URLSearchParams): Promise<LogRangeView> {
  return call<LogRangeView>(session, 'GET', taskPath(ref, `/log/range?${query}`));
}

/**
 * From a position of the log on, until the task has ended or `maxBytes` have come. Goes on at the same byte after a break;
 * a daemon that was stopped is waited for, one that was killed is started again.
 */
export async function followLog(
  session: Session,
  { id, from }: Pick<LogRangeView, 'id' | 'from'>,
  maxBytes: number,
  onData: OnData,
): Promise<void> {
  let at = from;
  const end = from + maxBytes;
  while (at < end) {
    const query = new URLSearchParams({ follow: '1', from: String(at) });
    // A daemon that stops takes its pid file away.
    const autostart = session.autostart && existsSync(session.home.pidFile);
    try {
      await readLog({ ...session, autostart }, id, query, end - at, (chunk) => {
        at += chunk.length;
        onData(chunk);
      });
      return;
    } catch (error) {
      if (!(error instanceof BabysitError && error.code === 'daemon_unreachable')) throw error;
      if (error.extra.reason === 'denied') throw error;
    }
    await delay(RETRY_MS);
  }
}
