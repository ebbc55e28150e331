// Reads the frames that the daemon pushes after each sampling pass and each change, across restarts of the daemon.
import type { FrameView, LiveTask } from '../../src/api/schemas/observe/live.ts';
import type { Ref } from '../input/refs.ts';
import { lineReader } from './follow.ts';
import { type Frame, Frames, tasksOf } from './frames.ts';
import { SocketError, send } from './http.ts';
import { Reconnection } from './reconnection.ts';
import { ANSWER_MS, type Session } from './session.ts';

export interface FrameSink {
  frame(frame: Frame): void;
  /** The connection broke, or the daemon stops. */
  lost?(why: string): void;
}

/** Returns after `signal`. Throws BabysitError when no daemon can be expected. */
export async function followFrames(session: Session, sink: FrameSink, signal: AbortSignal): Promise<void> {
  const reconnection = new Reconnection(session);
  while (!signal.aborted) {
    const frames = new Frames();
    const lines = lineReader((line) => {
      const news = JSON.parse(line) as FrameView | { readonly event: 'daemon_stopping' };
      if (news.event === 'frame') {
        sink.frame(frames.take(news));
        return;
      }
      reconnection.stopping();
      sink.lost?.('the daemon is stopping; tasks keep running');
    });
    try {
      const onData = reconnection.reading(lines);
      const request = { method: 'GET', path: '/v1/live', timeoutMs: ANSWER_MS, onData, signal } as const;
      reconnection.ended(await send(session.home.socket, request));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof SocketError)) throw error;
      sink.lost?.('no connection to the daemon; connecting again');
      await reconnection.lost(error, { method: 'GET' });
    }
    await reconnection.pause();
  }
}

/** The task of a frame that a reference means; undefined: it is not among those that the frame shows. */
export function taskIn(frame: Frame, { text, project }: Ref): LiveTask | undefined {
  const tasks = tasksOf(frame);
  const isNamed = (task: LiveTask) => task.name === text && (project === null || task.project === project);
  return (
    tasks.find(({ id }) => id === text) ?? tasks.find(isNamed) ?? tasks.find(({ id }) => id.startsWith(text))
  );
}

/** Changes when a task begins, ends, or waits for something else; not with use and time. */
export function stateOf({ status, running, pending, ended, hold }: Frame): string {
  const states = [...running, ...pending].map(({ id, status: now, attempt, waiting, held_at }) =>
    [id, now, attempt, held_at, waiting?.dim, waiting?.position, waiting?.expected_start].join(' '),
  );
  return [status.tasks.pending, hold?.until, ended[0]?.id, ended[0]?.attempt, ...states].join('\n');
}
